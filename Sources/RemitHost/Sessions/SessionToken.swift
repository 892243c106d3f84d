import FoundationEssentials
import RemitDigest

/// What a browser keeps of a session: the cookie `__Host-remit=<id>.<secret>`. The database holds only the SHA-256 of the secret.
struct SessionToken: Sendable {
  /// Before the id of a session where a caller has the id of a key.
  static let keyPrefix = "session/"
  private static let cookieName = "__Host-remit"
  private static let headerBytesMax = 16 << 10

  /// 32 hexadecimal digits.
  let id: String
  private let secret: String

  /// nil where OpenSSL gives no random bytes.
  init?() {
    guard let random = Digest.randomBytes(48) else { return nil }
    id = Digest.hexadecimal(Array(random[..<16]))
    secret = Digest.hexadecimal(Array(random[16...]))
  }

  /// - Parameter cookies: the header Cookie.
  init?(cookies: String) {
    guard cookies.utf8.count <= Self.headerBytesMax else { return nil }
    let found = cookies.split(separator: ";").map { $0.drop { $0 == " " } }.first { $0.hasPrefix(Self.cookieName + "=") }
    guard let parts = found?.dropFirst(Self.cookieName.count + 1).split(separator: ".", omittingEmptySubsequences: false), parts.count == 2,
      parts[0].utf8.count == 32, parts[1].utf8.count == 64, (parts[0] + parts[1]).utf8.allSatisfy(Self.isHexadecimal)
    else { return nil }
    (id, secret) = (String(parts[0]), String(parts[1]))
  }

  private static func isHexadecimal(_ sign: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(sign) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(sign)
  }

  var secretSHA256: [UInt8] { Digest.sha256(Array(secret.utf8)) }

  /// For the header Set-Cookie.
  var cookie: String { Self.cookie("\(id).\(secret)", seconds: Int(Sessions.lifetimeSeconds)) }

  /// Has the browser forget it.
  static var noCookie: String { cookie("", seconds: 0) }

  private static func cookie(_ value: String, seconds: Int) -> String {
    "\(cookieName)=\(value); Path=/; Max-Age=\(seconds); Secure; HttpOnly; SameSite=Strict"
  }
}
