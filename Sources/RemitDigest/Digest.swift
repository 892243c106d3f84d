import COpenSSL

/// SHA-256, by OpenSSL.
public enum Digest {
  public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    // Fails only where OpenSSL is not usable at all; an empty digest then matches nothing.
    guard EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil) == 1, length == 32 else { return [] }
    return digest
  }

  /// HMAC-SHA-256 (RFC 2104); empty where OpenSSL is not usable.
  public static func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    guard HMAC(EVP_sha256(), key, Int32(clamping: key.count), bytes, bytes.count, &code, &length) != nil, length == 32 else { return [] }
    return code
  }

  public static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

/// SHA-256 of what comes in parts.
public final class IncrementalSHA256 {
  private let context: OpaquePointer

  public init() throws(DigestError) {
    guard let context = EVP_MD_CTX_new() else { throw DigestError() }
    self.context = context
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw DigestError() }
  }

  deinit { EVP_MD_CTX_free(context) }

  public func update(_ bytes: some Collection<UInt8>) {
    let isDone: Int32? = bytes.withContiguousStorageIfAvailable { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    if isDone == nil {
      let copy = Array(bytes)
      EVP_DigestUpdate(context, copy, copy.count)
    }
  }

  /// Ends it.
  public func value() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    EVP_DigestFinal_ex(context, &digest, &length)
    return digest
  }
}

public struct DigestError: Error, Sendable, CustomStringConvertible {
  public let description = "OpenSSL gives no digest"
}
