/// The text of a migration as single statements, so that each can be looked at and sent alone: Postgres takes no second statement in an
/// extended query, so that nothing depends on the cut being the right one.
enum SQLScript {
  /// Cuts at the semicolons that are in no comment, string, quoted name or dollar quote. Pieces of blanks and comments only are left out.
  static func statements(of text: String) -> [String] {
    let bytes = Array(text.utf8)
    var pieces: [String] = []
    var start = 0
    var at = 0
    func cut(_ end: Int) {
      let piece = String(decoding: bytes[start..<end], as: UTF8.self)
      if !isBlank(piece) { pieces.append(piece) }
    }
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: ";"):
        cut(at)
        start = at + 1
        at += 1
      case UInt8(ascii: "'"), UInt8(ascii: "\""): at = afterQuote(bytes, at)
      case UInt8(ascii: "-") where bytes[at...].starts(with: "--".utf8):
        at = bytes[at...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
      case UInt8(ascii: "/") where bytes[at...].starts(with: "/*".utf8):
        at = SQLGuard.skipComment(bytes[at...])?.startIndex ?? bytes.count
      case UInt8(ascii: "$"): at = afterDollarQuote(bytes, at)
      default: at += 1
      }
    }
    cut(bytes.count)
    return pieces
  }

  private static func afterQuote(_ bytes: [UInt8], _ start: Int) -> Int {
    let quote = bytes[start]
    // E'...' knows the backslash; a doubled quote ends one string and begins the next, which comes to the same.
    let isEscaping = quote == UInt8(ascii: "'") && start > 0 && bytes[start - 1] & 0xDF == UInt8(ascii: "E")
    var at = start + 1
    while at < bytes.count, bytes[at] != quote { at += isEscaping && bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
    return min(at + 1, bytes.count)
  }

  private static func afterDollarQuote(_ bytes: [UInt8], _ start: Int) -> Int {
    guard let end = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "$")) else { return start + 1 }
    let tag = bytes[start...end]
    let isTag = tag.dropFirst().dropLast().allSatisfy {
      $0 == UInt8(ascii: "_") || $0 >= 0x80 || ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || 0x30...0x39 ~= $0
    }
    guard isTag, !(bytes[start + 1] >= 0x30 && bytes[start + 1] <= 0x39) else { return start + 1 }
    var at = end + 1
    while at < bytes.count, !bytes[at...].starts(with: tag) { at += 1 }
    return min(at + tag.count, bytes.count)
  }

  private static func isBlank(_ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    while let byte = rest.first {
      if byte <= 0x20 {
        rest = rest.dropFirst()
      } else if rest.starts(with: "--".utf8) {
        rest = rest.drop { $0 != 0x0A && $0 != 0x0D }
      } else if rest.starts(with: "/*".utf8), let after = SQLGuard.skipComment(rest) {
        rest = after
      } else {
        return false
      }
    }
    return true
  }
}
