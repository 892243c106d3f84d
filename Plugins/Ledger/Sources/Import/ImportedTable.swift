import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// An uploaded file as rows, with the columns found by their headers.
struct ImportedTable {
  /// A record of the file, of which only the cells of fields are kept.
  struct Row {
    let line: Int
    let fieldCount: Int
    /// Whether there is text beyond the header's columns.
    let hasMore: Bool
    let filledCount: Int
    /// In the order of `places`.
    let cells: [String]
  }

  static let rowsMax = 50_000
  private static let headerRecordsMax = 20
  private static let leftOutMax = 10_000

  private(set) var rows: [Row] = []
  /// The header's fields.
  let header: [ColumnHeader]
  /// Field -> index of its column.
  let columns: [String: Int]
  /// Field -> index of the column that is it in rows where that is filled.
  private let standIns: [String: Int]
  /// Field -> indices of all columns that it is in.
  private let allColumns: [String: [Int]]
  /// Index of a column -> that of its cell in a row.
  private let places: [Int: Int]
  /// Rows of totals and remarks, by their line.
  private(set) var leftOut: [(line: Int, value: String, reason: String)] = []
  /// What the dates of the file say of their order.
  private(set) var dateOrder: FileDateOrder?

  /// - Parameter keys: groups of fields of which one is blank in a row of totals.
  init(
    _ request: Remit_Ledger_V1_ImportRequest, fields: [ImportField], keys: [[String]] = [], locale: String
  ) throws {
    guard !request.file.isEmpty else { throw CallError.invalid([("file", "is empty")]) }
    let text = try TextDecoding.utf8(Array(request.file), encoding: request.encoding.lowercased(), locale: locale)
    var file = try DelimitedText(text, delimiter: try Self.delimiter(request))
    let names = fields.map(\.name)
    for (field, header) in request.columns
    where header.isEmpty && fields.contains(where: { $0.name == field && $0.isRequired && $0.orElse.isEmpty }) {
      throw CallError.invalid([("columns", "set \(field) aside, which is needed")])
    }
    let unknown = request.columns.keys.sorted().filter { !names.contains($0) }
    guard unknown.isEmpty else {
      throw CallError.invalid(unknown.map { ("columns", "name the field \($0); there are \(names.joined(separator: ", "))") })
    }
    let found = try Self.header(of: &file, fields, given: request.columns)
    (header, columns, standIns, allColumns) = (found.header, found.columns, found.standIns, found.allColumns)
    let read = Set(found.columns.values).union(found.allColumns.values.joined())
    places = Dictionary(uniqueKeysWithValues: read.sorted().enumerated().map { ($1, $0) })

    let keyColumns = keys.map { group in group.flatMap { [found.columns[$0], found.standIns[$0]].compactMap { $0 } } }
    let dateColumns = ImportField.dates.compactMap { found.columns[$0] }
    while let record = try file.next() {
      if (rows.count + leftOut.count).isMultiple(of: 1000) { try Task.checkCancellation() }
      if TotalsRow.isOne(record.fields, keys: keyColumns, dates: dateColumns) {
        leaveOut(record.line, record.fields, "is a row of totals, and was left out")
        continue
      }
      guard rows.count < Self.rowsMax else {
        throw CallError.invalid([("file", "has more than \(Self.rowsMax) rows; at most \(Self.rowsMax) are imported at once: part it")])
      }
      rows.append(row(of: record))
    }
    leaveOutRemarks()
    if request.dateOrder == .unspecified { dateOrder = Self.dateOrder(of: rows, places: dateColumns.compactMap { places[$0] }) }
  }

  /// The index of a field's column in a row; nil: the file has none.
  func column(of field: String, in row: Row) -> Int? {
    if let standIn = standIns[field], !RowWords.isPlaceholder(CellText.trimmed(cell(standIn, of: row))) { return standIn }
    return columns[field]
  }

  /// Those that have text in a row.
  func columns(ofAll field: String, in row: Row) -> [Int] {
    (allColumns[field] ?? []).filter { !CellText.trimmed(cell($0, of: row)).isEmpty }
  }

  /// The column that a stand-in takes the place of in a row; nil: none does.
  func replacedColumn(of field: String, in row: Row) -> Int? {
    let own = columns[field]
    return column(of: field, in: row) == own ? nil : own
  }

  func cell(_ column: Int, of row: Row) -> String {
    guard let place = places[column], row.cells.indices.contains(place) else { return "" }
    return row.cells[place]
  }

  private func row(of record: DelimitedText.Record) -> Row {
    let fields = record.fields
    return Row(
      line: record.line, fieldCount: record.count,
      hasMore: record.count > fields.count || fields.dropFirst(header.count).contains { !$0.isEmpty },
      filledCount: fields.count { !CellText.trimmed($0).isEmpty },
      cells: places.sorted { $0.value < $1.value }.map { fields.indices.contains($0.key) ? fields[$0.key] : "" })
  }

  private mutating func leaveOut(_ line: Int, _ cells: [String], _ reason: String) {
    if leftOut.count < Self.leftOutMax { leftOut.append((line, cells.first { !$0.isEmpty } ?? "", reason)) }
  }

  /// Who wrote the list and when, signatures, page numbers.
  private mutating func leaveOutRemarks() {
    guard header.count >= 3 else { return }
    // A lone amount is no remark.
    let amounts = ["amount", "net", "tax"].compactMap { columns[$0] }
    let end = (rows.lastIndex { row in row.filledCount > 1 || amounts.contains { !CellText.trimmed(cell($0, of: row)).isEmpty } } ?? -1) + 1
    for row in rows[end...] { leaveOut(row.line, row.cells, "has one cell only, after the last row, and was left out") }
    rows.removeSubrange(end...)
  }

  private static func delimiter(_ request: Remit_Ledger_V1_ImportRequest) throws(CallError) -> UInt8? {
    if request.delimiter.isEmpty { return nil }
    guard let byte = request.delimiter.utf8.first, request.delimiter.utf8.count == 1, DelimitedText.delimiters.contains(byte) else {
      throw .invalid([("delimiter", "must be a comma, a semicolon, a tab or a bar, or empty")])
    }
    return byte
  }

  /// The first of the first records that has all fields that are needed: before it are titles.
  private static func header(
    of file: inout DelimitedText, _ fields: [ImportField], given: [String: String]
  ) throws(CallError) -> ImportColumns {
    var best: ImportColumns?
    var records = 0
    // Titles and rows that come before are read again by nobody: a header has all that is needed, or the file is refused.
    while records < headerRecordsMax, let record = try file.next() {
      records += 1
      guard record.count <= DelimitedText.fieldsMax else {
        throw .invalid([("file", "has \(record.count) columns on line \(record.line); there may be \(DelimitedText.fieldsMax)")])
      }
      if let unit = record.fields.lazy.compactMap(largeUnit).first {
        throw .invalid([("file", "says \(unit) on line \(record.line): amounts must be in whole units of the currency")])
      }
      let found = ImportColumns(of: record.fields.map(ColumnHeader.init), fields, given: given)
      if found.foundCount > best?.foundCount ?? -1 || found.missing.isEmpty { best = found }
      if found.missing.isEmpty { break }
    }
    guard let best else { throw .invalid([("file", "has no header")]) }
    let problems = best.problems(given: given)
    guard problems.isEmpty else { throw .invalid(problems) }
    return best
  }

  /// What a title says of amounts in thousands; nil: nothing.
  private static func largeUnit(_ title: String) -> String? {
    guard title.utf8.count <= 400 else { return nil }
    let words = CellText.plain(title).lowercased()
    return ["万元", "千元", "百万元", "亿元", "in thousands", "in tausend"].first(where: words.contains)
      ?? words.split { !$0.isLetter && $0 != "€" }.map(String.init).first(where: ["teur", "tusd", "t€"].contains)
  }

  private static func dateOrder(of rows: [Row], places: [Int]) -> FileDateOrder? {
    for row in rows {
      for place in places.sorted() {
        if let order = DateText.order(of: row.cells[place]) { return FileDateOrder(order: order, line: row.line) }
      }
    }
    return nil
  }
}
