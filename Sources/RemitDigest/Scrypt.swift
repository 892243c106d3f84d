import COpenSSL

/// scrypt (RFC 7914), by OpenSSL: makes a key of a password so that trying many takes much memory and time.
public struct Scrypt: Sendable, Equatable {
  /// log2 of the cost N; 128 * N * r bytes of memory are taken.
  public let costLog2: Int
  public let blockSize: Int
  public let parallelism: Int

  /// 32 MiB, about 0.1 s.
  public static let usual = Scrypt(costLog2: 15, blockSize: 8, parallelism: 1)
  private static let bytesMax: UInt64 = 256 << 20

  public init(costLog2: Int, blockSize: Int, parallelism: Int) {
    self.costLog2 = costLog2
    self.blockSize = blockSize
    self.parallelism = parallelism
  }

  /// nil where OpenSSL cannot, or the parameters are none.
  public func key(_ password: [UInt8], salt: [UInt8], bytes count: Int = 32) -> [UInt8]? {
    guard (1...24).contains(costLog2), (1...64).contains(blockSize), (1...16).contains(parallelism) else { return nil }
    var key = [UInt8](repeating: 0, count: count)
    let done = password.withUnsafeBufferPointer { password in
      password.withMemoryRebound(to: CChar.self) { text in
        EVP_PBE_scrypt(
          text.baseAddress, text.count, salt, salt.count, 1 << UInt64(costLog2), UInt64(blockSize), UInt64(parallelism), Self.bytesMax,
          &key,
          count)
      }
    }
    return done == 1 ? key : nil
  }
}

extension Digest {
  /// From OpenSSL; nil where it has none.
  public static func randomBytes(_ count: Int) -> [UInt8]? {
    var random = [UInt8](repeating: 0, count: count)
    return RAND_bytes(&random, Int32(count)) == 1 ? random : nil
  }

  /// Whether two are the same, in a time that does not tell where they differ.
  public static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
  }
}
