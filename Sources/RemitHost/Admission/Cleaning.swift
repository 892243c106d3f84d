import FoundationEssentials
import RemitAPI
import RemitExpressions

/// How texts are brought into one form. Doing it twice changes nothing more.
enum Cleaning {
  static func clean(_ text: String, _ steps: [Remit_Document_V1_Clean]) -> String { steps.reduce(text) { clean($0, $1) } }

  private static func clean(_ text: String, _ step: Remit_Document_V1_Clean) -> String {
    switch step {
    case .trim: trimmed(text)
    case .oneSpace: text.split(whereSeparator: isBlank).joined(separator: " ")
    case .halfWidth: halfWidth(text)
    case .upper: text.uppercased()
    case .lower: text.lowercased()
    case .dateSpelling: date(text) ?? text
    case .amountSpelling: amount(text) ?? text
    case .legalForm: legalForm(text)
    case .unspecified, .UNRECOGNIZED: text
    }
  }

  private static func isBlank(_ character: Character) -> Bool {
    character.isWhitespace || character == "\u{FEFF}" || character == "\u{200B}"
  }

  private static func trimmed(_ text: String) -> String {
    guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(text[first...last])
  }

  /// The block Halfwidth and Fullwidth Forms of Unicode, as far as it repeats ASCII.
  private static func halfWidth(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0xFF01...0xFF5E: scalars.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
      case 0x3000: scalars.append(" ")
      case 0xFFE5: scalars.append("\u{A5}")
      default: scalars.append(scalar)
      }
    }
    return String(scalars)
  }

  /// Year first: what begins with a day or a month can mean two days.
  private static func date(_ text: String) -> String? {
    let plain = trimmed(halfWidth(text))
    if let match = plain.wholeMatch(of: /([0-9]{4})([0-9]{2})([0-9]{2})/) { return date(match.1, match.2, match.3) }
    guard let match = plain.wholeMatch(of: /([0-9]{4})\s*(?:[-\/.]|年)\s*([0-9]{1,2})\s*(?:[-\/.]|月)\s*([0-9]{1,2})\s*日?/) else {
      return nil
    }
    return date(match.1, match.2, match.3)
  }

  private static func date(_ year: Substring, _ month: Substring, _ day: Substring) -> String? {
    guard let year = Int(year), let month = Int(month), let day = Int(day) else { return nil }
    return DateValue(year: year, month: month, day: day)?.description
  }

  /// Where both , and . stand the last is the decimal mark; a comma alone that has three digits after it, and before it one to three, could be either: it stays.
  private static func amount(_ text: String) -> String? {
    let signs: Set<Character> = ["¥", "€", "$", "£", "元", "'", "\u{2019}", "_"]
    var digits = halfWidth(text).filter { !isBlank($0) && !signs.contains($0) }
    if digits.hasPrefix("("), digits.hasSuffix(")") { digits = "-" + digits.dropFirst().dropLast() }
    switch (digits.lastIndex(of: ","), digits.lastIndex(of: ".")) {
    case (let comma?, let point?):
      let isGrouped =
        comma < point
        ? digits.wholeMatch(of: /-?[0-9]{1,3}(,[0-9]{3})*\.[0-9]+/) != nil
        : digits.wholeMatch(of: /-?[0-9]{1,3}(\.[0-9]{3})*,[0-9]+/) != nil
      guard isGrouped else { return nil }
      digits = comma < point ? digits.replacing(",", with: "") : digits.replacing(".", with: "").replacing(",", with: ".")
    case (.some, nil):
      if digits.wholeMatch(of: /-?[0-9]{1,3}(,[0-9]{3}){2,}/) != nil {
        digits = digits.replacing(",", with: "")
      } else if digits.wholeMatch(of: /-?[0-9]+,[0-9]{1,2}/) != nil {
        digits = digits.replacing(",", with: ".")
      } else {
        return nil
      }
    default: break
    }
    return digits.wholeMatch(of: /-?[0-9]{1,30}(\.[0-9]{1,18})?/) == nil ? nil : digits
  }

  private static let legalForms = [
    "gmbh": "GmbH", "ag": "AG", "kg": "KG", "ohg": "OHG", "ug": "UG", "se": "SE", "ltd": "Ltd.", "ltd.": "Ltd.", "limited": "Ltd.",
    "inc": "Inc.", "inc.": "Inc.", "llc": "LLC", "plc": "plc", "corp": "Corp.", "corp.": "Corp.", "sa": "SA", "s.a.": "SA", "sarl": "SARL",
    "bv": "B.V.", "b.v.": "B.V.", "nv": "N.V.", "n.v.": "N.V.", "srl": "S.r.l.", "s.r.l.": "S.r.l.", "spa": "S.p.A.", "s.p.a.": "S.p.A.",
    "oy": "Oy", "ab": "AB", "as": "AS", "pty": "Pty", "co": "Co.", "co.": "Co.",
  ]

  /// The last words of a name, but never its first.
  private static func legalForm(_ text: String) -> String {
    var words = text.replacing("（", with: "(").replacing("）", with: ")").replacing(",", with: ", ").split(separator: " ").map(String.init)
    for index in words.indices.reversed() where index > 0 {
      let word = words[index].lowercased()
      let hasComma = word.hasSuffix(",")
      guard let form = legalForms[hasComma ? String(word.dropLast()) : word] else { break }
      words[index] = form + (hasComma ? "," : "")
    }
    return words.joined(separator: " ")
  }
}
