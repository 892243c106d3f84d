@_spi(_Unicode) import Swift
import FoundationEssentials
import NIOPosix
import RemitAPI
import RemitDigest

/// A password as it is kept: "scrypt$15$8$1$<salt>$<key>", salt and key in Base64.
struct Password: Sendable {
  let text: String
  private let scrypt: Scrypt
  private let salt, key: [UInt8]

  static let charactersMin = 10
  private static let bytesMax = 1000

  /// nil where it is none that was kept.
  init?(_ text: String) {
    let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 6, parts[0] == "scrypt", let cost = Int(parts[1]), let block = Int(parts[2]), let parallel = Int(parts[3]),
      let salt = Data(base64Encoded: parts[4]), let key = Data(base64Encoded: parts[5])
    else { return nil }
    self.text = text
    scrypt = Scrypt(costLog2: cost, blockSize: block, parallelism: parallel)
    (self.salt, self.key) = (Array(salt), Array(key))
  }

  /// Takes memory and time: see `Scrypt`.
  static func keep(_ password: String) async throws -> Password {
    guard let salt = Digest.randomBytes(16), let key = try await key(of: password, salt: salt, .usual),
      let kept = Password("scrypt$15$8$1$\(Data(salt).base64EncodedString())$\(Data(key).base64EncodedString())")
    else { throw CallError(.internal, "PASSWORD", "OpenSSL cannot keep a password") }
    return kept
  }

  /// Takes the same time for right and wrong ones.
  func isThat(_ password: String) async throws -> Bool {
    guard password.utf8.count <= Self.bytesMax, let found = try await Self.key(of: password, salt: salt, scrypt) else { return false }
    return Digest.areEqual(found, key)
  }

  /// A password that nobody has, to be compared where there is none.
  static let none = Password(
    "scrypt$15$8$1$\(Data(repeating: 1, count: 16).base64EncodedString())$\(Data(repeating: 2, count: 32).base64EncodedString())")

  /// What keyboards compose differently is the same.
  private static func key(of password: String, salt: [UInt8], _ scrypt: Scrypt) async throws -> [UInt8]? {
    let bytes = Array(password.composed.utf8)
    return try await NIOThreadPool.singleton.runIfActive { scrypt.key(bytes, salt: salt) }
  }

  /// Refuses what is guessed at once (after NIST SP 800-63B 5.1.1.2: length, and words of the person's own; no rules of composition).
  ///
  /// - Parameter words: login, name, company.
  static func check(_ password: String, unlike words: [String], field: String) throws(CallError) {
    let plain = password.lowercased()
    let fault: String? =
      if password.unicodeScalars.count < charactersMin {
        "must have at least \(charactersMin) characters; a sentence is good"
      } else if password.utf8.count > bytesMax {
        "must have at most \(bytesMax) bytes"
      } else if Set(plain).count < 4 {
        "must have at least 4 different characters"
      } else if words.contains(where: { $0.count >= 3 && plain.replacing($0.lowercased(), with: "").count < 6 }) {
        "must not be made of your name, login or company"
      } else if isSequence(plain) {
        "must not be a row of the keyboard or the alphabet"
      } else {
        nil
      }
    if let fault { throw .invalid([(field, fault)]) }
  }

  private static let rows = [
    "1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "password",
  ]

  /// Nothing but pieces of at least four of well-known rows.
  private static func isSequence(_ plain: String) -> Bool {
    var rest = plain[...]
    while !rest.isEmpty {
      let taken = rows.map { row in longestBeginning(of: rest, in: row) }.max() ?? 0
      guard taken >= min(4, rest.count) else { return false }
      rest = rest.dropFirst(taken)
    }
    return true
  }

  private static func longestBeginning(of text: Substring, in row: String) -> Int {
    var count = 0
    while count < text.count, (row + row).contains(text.prefix(count + 1)) { count += 1 }
    return count
  }
}

extension String {
  /// In Unicode's normal form C.
  fileprivate var composed: String { String(String.UnicodeScalarView(_nfc)) }
}
