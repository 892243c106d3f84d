/// What is wrong with a cell, to be read after its column and value.
struct CellProblem: Error, Equatable, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A cell's text in plain form.
enum CellText {
  /// Full-width digits, letters and signs (U+FF01 to U+FF5E) and blanks as their ASCII forms; without blanks around.
  static func plain(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0xFF01...0xFF5E: scalars.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
      case 0x3000, 0xA0, 0x2007, 0x2009, 0x202F: scalars.append(" ")
      case 0xFEFF, 0x200B, 0x200E, 0x200F: continue
      default: scalars.append(scalar)
      }
    }
    return trimmed(String(scalars))
  }

  /// Without blanks and line breaks around; spreadsheets leave such.
  static func trimmed(_ text: String) -> String {
    guard text.utf8.first.map({ $0 <= 0x20 || $0 >= 0x80 }) ?? false || text.utf8.last.map({ $0 <= 0x20 || $0 >= 0x80 }) ?? false else {
      return text
    }
    let start = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    guard let end = start.lastIndex(where: { !$0.isWhitespace && $0 != "\u{FEFF}" }) else { return "" }
    return String(start[...end])
  }
}
