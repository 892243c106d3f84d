import RemitAPI
import RemitSDK

/// A header's names as they stand, and the records.
struct Table {
  var columns: [String]
  var records: [TableFile.Record]
}

/// The rows of a file or a sheet as they are read, those above the header too.
struct TableRows {
  private(set) var rows: [(line: Int, cells: [String])] = []
  private var cellCount = 0

  var hasText: Bool { rows.contains { Self.filledCount($0.cells) > 0 } }

  /// How many cells there are up to the last that is filled.
  static func filledCount(_ cells: [String]) -> Int { (cells.lastIndex { !CellText.trimmed($0).isEmpty } ?? -1) + 1 }

  mutating func add(_ cells: [String], line: Int) throws(CallError) {
    if rows.count.isMultiple(of: 1024), Task.isCancelled { throw CallError(.cancelled, "CANCELLED", "the call was cancelled") }
    guard rows.count < FileLimits.rowsMax else { throw .file("has more than \(FileLimits.rowsMax) rows: part it") }
    cellCount += cells.count
    guard cellCount <= FileLimits.cellsMax else { throw FileLimits.tooManyCells }
    rows.append((line, cells))
  }

  /// Empties the cells of an area but the first of its first row.
  ///
  /// - Returns: how many it went through.
  mutating func merge(lines: ClosedRange<Int>, columns: ClosedRange<Int>) -> Int {
    var (index, end) = (0, rows.count)
    while index < end {
      let middle = (index + end) / 2
      if rows[middle].line < lines.lowerBound { index = middle + 1 } else { end = middle }
    }
    var count = 0
    while index < rows.count, rows[index].line <= lines.upperBound {
      for column in columns.clamped(to: 0...FileLimits.columnsMax) where column < rows[index].cells.count {
        if rows[index].line > lines.lowerBound || column > columns.lowerBound { rows[index].cells[column] = "" }
        count += 1
      }
      index += 1
      count += 1
    }
    return count
  }

  /// The index of the header.
  ///
  /// - Parameter line: of the file or sheet, from 1; 0: found.
  func header(_ line: Int) throws(CallError) -> Int {
    guard line == 0 else {
      if let index = rows.firstIndex(where: { $0.line == line && Self.filledCount($0.cells) > 0 }) { return index }
      throw .invalid([("header", "is row \(line), where nothing stands")])
    }
    func isFilled(_ cell: String) -> Bool { !CellText.trimmed(cell).isEmpty }
    let index = rows.firstIndex { $0.cells.count(where: isFilled) >= 2 } ?? rows.firstIndex { $0.cells.contains(where: isFilled) }
    guard let index else { throw .file("has no rows") }
    return index
  }

  /// - Parameter header: its index.
  func table(below header: Int) throws(CallError) -> Table { try table(rows[header].cells, rows[(header + 1)...]) }

  /// - Parameter columns: the header, where that is no row.
  func table(_ columns: [String]) throws(CallError) -> Table { try table(columns, rows[...]) }

  private func table(_ columns: [String], _ rows: ArraySlice<(line: Int, cells: [String])>) throws(CallError) -> Table {
    let records = rows.filter { Self.filledCount($0.cells) > 0 }
    let width = records.reduce(Self.filledCount(columns)) { max($0, Self.filledCount($1.cells)) }
    guard records.count * width <= FileLimits.cellsMax else { throw FileLimits.tooManyCells }
    func whole(_ cells: [String]) -> [String] {
      cells.count == width ? cells : cells.prefix(width) + Array(repeating: "", count: max(0, width - cells.count))
    }
    return Table(columns: whole(columns), records: records.map { .init(line: $0.line, cells: whole($0.cells)) })
  }
}
