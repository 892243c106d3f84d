/// What is wrong with a cell, to be read after its column and value.
public struct CellProblem: Error, Equatable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// A cell's text in plain form. A cell is read by its bytes and code points, never by its characters: one of those may be as long as the
/// cell.
public enum CellText {
  /// Full-width digits, letters and signs (U+FF01 to U+FF5E) and blanks as their ASCII forms; without invisible signs, and blanks around.
  public static func plain(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 >= 0x80 }) else { return trimmed(text) }
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where !scalar.isInvisible {
      switch scalar.value {
      case 0xFF01...0xFF5E: scalars.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
      case 0x3000, 0xA0, 0x2007, 0x2009, 0x202F: scalars.append(" ")
      default: scalars.append(scalar)
      }
    }
    return trimmed(String(scalars))
  }

  /// ="00123" and '00123, by which spreadsheets are told that digits are a text.
  private static func withoutTextMark(_ text: String) -> String {
    if text.hasPrefix("=\""), text.hasSuffix("\""), text.utf8.count >= 3 { return String(text.dropFirst(2).dropLast()) }
    return text.hasPrefix("'") && text.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }) ? String(text.dropFirst()) : text
  }

  /// A number that others gave: full-width letters, digits and hyphens, and hyphens that do not break, as their ASCII forms.
  public static func number(_ text: String) -> String {
    let text = withoutTextMark(text)
    guard text.utf8.contains(where: { $0 >= 0x80 }) else { return text.plain }
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0xFF10...0xFF19, 0xFF21...0xFF3A, 0xFF41...0xFF5A, 0xFF0D: scalars.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
      case 0x2010, 0x2011: scalars.append("-")
      default: scalars.append(scalar)
      }
    }
    return String(scalars).plain
  }

  /// Without blanks and line breaks around; spreadsheets leave such.
  public static func trimmed(_ text: String) -> String {
    guard text.utf8.first.map({ $0 <= 0x20 || $0 >= 0x80 }) ?? false || text.utf8.last.map({ $0 <= 0x20 || $0 >= 0x80 }) ?? false else {
      return text
    }
    func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace || scalar.isInvisible }
    let start = text.unicodeScalars.drop(while: isBlank)
    guard let end = start.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(start[...end])
  }

  /// At most so many bytes of it, whole code points.
  public static func cut(_ text: String, bytesMax: Int) -> String {
    guard text.utf8.count > bytesMax else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: bytesMax)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text[..<end])
  }

  public static let changedBySpreadsheet = CellProblem(
    "was changed by a spreadsheet, which shows long numbers so; format the column as text and export again")

  /// Whether it is as a spreadsheet shows a number that it finds too long: "2.4952E+19", "1,5E+07".
  public static func isChangedBySpreadsheet(_ text: String) -> Bool {
    guard text.utf8.count <= 64, text.utf8.contains(where: { $0 == UInt8(ascii: "E") || $0 == UInt8(ascii: "e") || $0 >= 0x80 }) else {
      return false
    }
    let signs: [UInt8] = Array("+-".utf8)
    var rest = Array(plain(text.replacing("−", with: "-")).uppercased().utf8)[...]
    func digits() -> Int {
      let found = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest[found.endIndex...]
      return found.count
    }
    func take(_ bytes: [UInt8]) -> Bool {
      guard let first = rest.first, bytes.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    _ = take(signs)
    guard digits() > 0 else { return false }
    if take(Array(".,".utf8)), digits() == 0 { return false }
    return take([UInt8(ascii: "E")]) && take(signs) && digits() > 0 && rest.isEmpty
  }
}
