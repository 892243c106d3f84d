import RemitAPI
import RemitSDK

/// The rows of a sheet.
final class SheetRows: XMLVisitor {
  private(set) var rows = TableRows()

  private let name: String
  private let texts: [String]
  private let styles: CellStyles
  private let is1904: Bool

  private var isInData = false
  private var line = 0
  private var cells: [String] = []
  /// Of the cell, from 0.
  private var column = -1
  private var type = ""
  private var style = 0
  private var value = ""
  private var runs = TextRuns()
  private var isFormula = false
  private var mergedAreas = 0
  private var mergedCells = 0

  init(name: String, texts: [String], styles: CellStyles, is1904: Bool) {
    (self.name, self.texts, self.styles, self.is1904) = (name, texts, styles, is1904)
  }

  func open(_ element: String, _ attributes: XMLAttributes) throws(CallError) {
    switch element {
    case "sheetData": isInData = true
    case "row" where isInData: try openRow(attributes["r"])
    case "c" where isInData: try openCell(attributes)
    case "mergeCell": try merge(attributes["ref"] ?? "")
    default: runs.open(element)
    }
  }

  func close(_ element: String, text: String) throws(CallError) {
    switch element {
    case "sheetData": isInData = false
    case "v" where isInData: value = text
    case "f" where isInData: isFormula = true
    case "c" where isInData: try closeCell()
    case "row" where isInData: if !cells.isEmpty { try rows.add(cells, line: line) }
    default: if isInData { try runs.close(element, text, place: place) }
    }
  }

  private func damaged(_ what: String) -> CallError {
    .file("is damaged: \(what) of the sheet \(name); save it again in a spreadsheet program")
  }

  private func openRow(_ number: String?) throws(CallError) {
    guard let next = number.map({ Int($0) }) ?? line + 1, next > line else { throw damaged("row \(line) is followed by none that can be") }
    guard next <= FileLimits.rowsMax else { throw .file("has more than \(FileLimits.rowsMax) rows") }
    line = next
    cells = []
    column = -1
  }

  private func openCell(_ attributes: XMLAttributes) throws(CallError) {
    column += 1
    if let reference = attributes["r"] {
      guard let place = Self.place(reference) else { throw damaged("row \(line) has a cell that stands nowhere") }
      column = place.column
    }
    type = attributes["t"] ?? "n"
    style = attributes["s"].flatMap { Int($0) } ?? 0
    (value, isFormula) = ("", false)
    _ = runs.take()
  }

  private func closeCell() throws(CallError) {
    let text = try text()
    guard !text.isEmpty else { return }
    guard text.utf8.count <= FileLimits.cellBytesMax else { throw FileLimits.tooLong(place) }
    guard column < FileLimits.columnsMax else { throw FileLimits.tooManyColumns(line: line) }
    while cells.count <= column { cells.append("") }
    cells[column] = text
  }

  private func text() throws(CallError) -> String {
    switch type {
    case "inlineStr": return runs.take()
    case "str", "e": return TextRuns.unescaped(value)
    case _ where value.isEmpty && isFormula:
      throw .file("has a formula without its result in \(place); open it in a spreadsheet program, which computes it, and save it again")
    case _ where value.isEmpty: return ""
    case "s":
      guard let index = Int(CellText.trimmed(value)), texts.indices.contains(index) else { throw damaged("there is no text for \(place)") }
      return texts[index]
    case "b": return value == "1" || value == "true" ? "true" : "false"
    case "d": return value.hasSuffix("T00:00:00") ? String(value.dropLast(9)) : value
    case "n":
      guard let number = CellNumber.value(CellText.trimmed(value)) else { throw damaged("there is no number in \(place)") }
      return (styles.isDate(style) ? CellNumber.date(number, is1904: is1904) : nil) ?? CellNumber.text(number)
    default: throw damaged("there is another kind of value in \(place)")
    }
  }

  /// Of a merged area the first cell counts, as that is what it shows.
  private func merge(_ area: String) throws(CallError) {
    let ends = area.split(separator: ":")
    guard ends.count == 2, let first = Self.place(ends[0]), let last = Self.place(ends[1]), first.line <= last.line,
      first.column <= last.column
    else { return }
    mergedAreas += 1
    mergedCells += rows.merge(lines: first.line...last.line, columns: first.column...last.column)
    // They do not overlap in a workbook that a spreadsheet program wrote.
    guard mergedAreas <= FileLimits.rowsMax, mergedCells <= FileLimits.cellsMax + FileLimits.rowsMax else {
      throw damaged("there are too many merged cells")
    }
  }

  /// "cell B3 of the sheet Invoices"
  private var place: String {
    var letters = ""
    var rest = column + 1
    while rest > 0 {
      letters = String(UnicodeScalar(UInt8(ascii: "A") + UInt8((rest - 1) % 26))) + letters
      rest = (rest - 1) / 26
    }
    return "cell \(letters)\(line) of the sheet \(name)"
  }

  /// Of "B3" column 1, from 0, and row 3; nil: it is no cell.
  private static func place(_ reference: some StringProtocol) -> (column: Int, line: Int)? {
    var (column, line, letters) = (0, 0, 0)
    for byte in reference.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z") where line == 0 && letters < 3:
        column = column * 26 + Int(byte - UInt8(ascii: "A")) + 1
        letters += 1
      case UInt8(ascii: "0")...UInt8(ascii: "9") where letters > 0 && line <= FileLimits.rowsMax:
        line = line * 10 + Int(byte - UInt8(ascii: "0"))
      default: return nil
      }
    }
    return line > 0 ? (column - 1, line) : nil
  }
}
