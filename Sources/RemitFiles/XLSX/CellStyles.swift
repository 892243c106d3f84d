import RemitAPI

/// Which of the formats that cells refer to by their index show dates and times.
final class CellStyles: XMLVisitor {
  /// Excel has 65,490.
  private static let countMax = 1 << 16

  private var areDates: [Bool] = []
  private var isDateByFormat: [Int: Bool] = [:]
  private var isInFormats = false
  private var isInCells = false

  func isDate(_ index: Int) -> Bool { areDates.indices.contains(index) && areDates[index] }

  func open(_ element: String, _ attributes: XMLAttributes) throws(CallError) {
    switch element {
    case "numFmts": isInFormats = true
    case "cellXfs": isInCells = true
    case "numFmt" where isInFormats:
      if let id = attributes["numFmtId"].flatMap({ Int($0) }), let code = attributes["formatCode"] {
        isDateByFormat[id] = Self.isDate(code)
      }
    case "xf" where isInCells:
      let id = attributes["numFmtId"].flatMap { Int($0) } ?? 0
      areDates.append(isDateByFormat[id] ?? Self.isBuiltInDate(id))
    default: break
    }
    guard areDates.count <= Self.countMax, isDateByFormat.count <= Self.countMax else {
      throw .file("is no workbook that a spreadsheet program wrote: it has more than \(Self.countMax) formats of cells")
    }
  }

  func close(_ element: String, text: String) {
    if element == "numFmts" { isInFormats = false }
    if element == "cellXfs" { isInCells = false }
  }

  /// ECMA-376 part 1, 18.8.30, with those of East Asia. Of the numbers between, 48 is scientific and 49 text.
  private static func isBuiltInDate(_ id: Int) -> Bool {
    switch id {
    case 14...22, 27...36, 45...47, 50...58: true
    default: false
    }
  }

  /// Whether a code such as "yyyy-mm-dd" or "[$-407]d. mmmm;@" has letters of dates and times that are no text.
  static func isDate(_ code: String) -> Bool {
    var (isQuoted, isBracketed, isEscaped) = (false, false, false)
    for byte in code.utf8 {
      switch byte {
      case _ where isEscaped: isEscaped = false
      case UInt8(ascii: "\"") where !isBracketed: isQuoted.toggle()
      case _ where isQuoted: break
      case UInt8(ascii: "["): isBracketed = true
      case UInt8(ascii: "]"): isBracketed = false
      case _ where isBracketed: break
      // Behind these stands a character as it is, or one by whose width to move.
      case UInt8(ascii: "\\"), UInt8(ascii: "_"), UInt8(ascii: "*"): isEscaped = true
      default: if "ymdhsYMDHS".utf8.contains(byte) { return true }
      }
    }
    return false
  }
}
