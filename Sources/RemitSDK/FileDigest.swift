public import RemitAPI
import RemitDigest

/// SHA-256 of a file that is sent in parts.
public struct FileDigest {
  private let digest: IncrementalSHA256

  /// Of something short.
  public static func sha256(_ bytes: [UInt8]) -> [UInt8] { Digest.sha256(bytes) }

  public init() throws(CallError) {
    do throws(DigestError) { digest = try IncrementalSHA256() } catch { throw CallError(.internal, "DIGEST", "\(error)") }
  }

  public func update(_ part: String) { digest.update(Array(part.utf8)) }

  /// In hexadecimal digits; ends it.
  public func end() -> String { Digest.hexadecimal(digest.value()) }
}
