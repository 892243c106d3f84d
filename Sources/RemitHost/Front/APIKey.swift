import FoundationEssentials
import RemitDigest

/// A bearer key: `remit_<key id>_<43 characters base64url>`. The database holds only the SHA-256 of its secret.
public struct APIKey: Sendable, CustomStringConvertible {
  /// Not secret: 12 hexadecimal digits.
  public let id: String
  private let secret: String

  /// Makes a new key from 38 random bytes of OpenSSL.
  public init() throws(KeyError) {
    guard let random = Digest.randomBytes(38) else { throw KeyError("OpenSSL gives no random bytes") }
    id = Digest.hexadecimal(Array(random[0..<6]))
    secret = Data(random[6...]).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// Takes apart what a client sent; nil where it is no key.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "remit", !parts[1].isEmpty, parts[1].utf8.count <= 32, parts[2].utf8.count == 43 else { return nil }
    id = String(parts[1])
    secret = String(parts[2])
  }

  public var secretSHA256: [UInt8] { Digest.sha256(Array(secret.utf8)) }

  /// The whole key: shown once, when it is made.
  public var description: String { "remit_\(id)_\(secret)" }
}

public struct KeyError: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
