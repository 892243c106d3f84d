import FoundationEssentials
import RemitDigest

/// What a company and its receiver know: 32 random bytes, written whsec_<base64> (Standard Webhooks).
struct WebhookSecret {
  let bytes: [UInt8]

  init() throws(KeyError) {
    guard let random = Digest.randomBytes(32) else { throw KeyError("OpenSSL gives no random bytes") }
    bytes = random
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  var text: String { "whsec_" + Data(bytes).base64EncodedString() }

  /// For the header webhook-signature: HMAC-SHA-256 over id, time in seconds since 1970 and body.
  func signature(id: String, time: Int64, body: [UInt8]) -> String {
    "v1," + Data(Digest.hmacSHA256(key: bytes, Array("\(id).\(time).".utf8) + body)).base64EncodedString()
  }
}
