import CZlib

/// Bytes as gzip (RFC 1952), by zlib.
public enum Gzip {
  public enum Problem: Error {
    /// It is no gzip, not whole, or of more than one part.
    case malformed
    /// It is more than the reader takes, when it is unpacked.
    case tooLarge
  }

  /// - Parameter level: 1 is quickest, 9 gives least.
  public static func compress(_ bytes: [UInt8], level: Int32) -> [UInt8] {
    var stream = z_stream()
    precondition(remit_deflate_init_gzip(&stream, level) == Z_OK, "zlib has no memory")
    defer { deflateEnd(&stream) }
    let room = Int(deflateBound(&stream, UInt(bytes.count)))
    return [UInt8](unsafeUninitializedCapacity: room) { output, count in
      bytes.withUnsafeBufferPointer { input in
        // zlib reads it only.
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(room)
        precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END, "what deflateBound says is enough")
      }
      count = Int(stream.total_out)
    }
  }

  /// Reads no more than `bytesMax`, however much it says it has.
  public static func decompress(_ bytes: [UInt8], bytesMax: Int) throws(Problem) -> [UInt8] {
    var stream = z_stream()
    precondition(remit_inflate_init_gzip(&stream) == Z_OK, "zlib has no memory")
    defer { inflateEnd(&stream) }
    var result: [UInt8] = []
    var status = Z_OK
    var bytes = bytes
    bytes.withUnsafeMutableBufferPointer { input in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      while status == Z_OK, result.count <= bytesMax {
        let part = [UInt8](unsafeUninitializedCapacity: partBytes) { output, count in
          stream.next_out = output.baseAddress
          stream.avail_out = UInt32(partBytes)
          status = inflate(&stream, Z_NO_FLUSH)
          count = partBytes - Int(stream.avail_out)
        }
        result += part
      }
    }
    guard result.count <= bytesMax else { throw .tooLarge }
    guard status == Z_STREAM_END, stream.avail_in == 0 else { throw .malformed }
    return result
  }

  private static let partBytes = 64 << 10
}
