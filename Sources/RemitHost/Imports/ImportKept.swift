import FoundationEssentials
import RemitAPI
import RemitFiles
import RemitJSON
import RemitPostgres
import SwiftProtobuf

/// An import as it is kept.
struct ImportKept {
  let summary: Remit_Platform_V1_Import
  let columns: [String]
}

extension HostCall {
  func importKept(_ id: UInt64) async throws -> ImportKept {
    let number = Int64(clamping: id)
    let found = try await query([
      SQL("\(Remit_Platform_V1_Import.select) WHERE i.id = $1", [.int8(number)]),
      SQL("SELECT columns::text FROM host.import WHERE id = $1", [.int8(number)]),
    ])
    guard let summary = try found[0].map({ row in try Remit_Platform_V1_Import(from: &row) }).first,
      let columns = try found[1].map({ row in try row.text() }).first
    else { throw CallError(.notFound, "NO_IMPORT", "there is no import \(id)", field: "id") }
    return ImportKept(summary: summary, columns: try [String](jsonTexts: columns))
  }

  /// A row that was not done, with those that are one request with it.
  func rowsToDo(_ kept: ImportKept, _ id: Int64, _ line: UInt32) async throws -> [FileRow] {
    let found = try await query([
      SQL(
        """
        SELECT r.line, r.cells::text, r.group_line, r.state FROM host.import_row r WHERE r.import = $1
           AND r.group_line = (SELECT o.group_line FROM host.import_row o WHERE o.import = $1 AND o.line = $2) ORDER BY r.line FOR UPDATE OF r
        """, [.int8(id), .int4(Int32(clamping: line))])
    ])[0].map { row in (row: try FileRow(from: &row), state: try row.text()) }
    guard !found.isEmpty else { throw CallError(.notFound, "NO_ROW", "import \(id) has no row on line \(line)", field: "line") }
    if let done = found.first(where: { !["waiting", "review", "left"].contains($0.state) }) {
      let words = done.state == "taking" ? "being taken; where its import has ended, go on with it" : done.state
      throw CallError(.failedPrecondition, "ROW_DONE", "line \(done.row.line) is \(words)", field: "line")
    }
    return found.map(\.row)
  }
}

extension FileRow {
  init(from row: inout CellReader) throws {
    self.init(line: Int(try row.int4()), cells: try [String](jsonTexts: try row.text()), group: Int(try row.int4()))
  }

  var json: String { JSONValue.array(cells.map { .string($0) }).text }
}

extension [String] {
  /// Of a JSON array of texts.
  init(jsonTexts text: String) throws {
    guard case .array(let items) = try JSONValue(Array<UInt8>(text.utf8)) else {
      throw CallError(.internal, "CELLS", "the cells are no list")
    }
    self = items.map { $0.string ?? "" }
  }
}

extension FileRequest {
  func shown(
    _ columns: [String], _ state: Remit_Platform_V1_RowState, _ problems: [Remit_Platform_V1_RowProblem]
  ) -> [Remit_Platform_V1_ImportRow] {
    rows.enumerated().map { index, row in
      .with {
        $0.line = UInt32(clamping: row.line)
        $0.group = UInt32(clamping: line)
        $0.state = state
        $0.cells = Dictionary(zip(columns, row.cells)) { first, _ in first }
        if index == 0 { $0.problems = problems }
      }
    }
  }
}

extension Remit_Platform_V1_Import {
  static let select = """
    SELECT i.id, i.source, i.file_name, i.imported_at, i.imported_by, n.* FROM host.import i CROSS JOIN LATERAL (
           SELECT count(*), count(*) FILTER (WHERE state IN ('waiting', 'taking')), count(*) FILTER (WHERE state = 'taken'), count(*) FILTER (WHERE state = 'known'),
                  count(*) FILTER (WHERE state = 'review'), count(*) FILTER (WHERE state = 'left') FROM host.import_row WHERE import = i.id) n
    """

  init(from row: inout CellReader) throws {
    self.init()
    id = UInt64(clamping: try row.int8())
    source = try row.text()
    fileName = try row.text()
    importedAt = try row.timestamptz()
    importedBy = try row.text()
    rows = UInt32(clamping: try row.int8())
    waiting = UInt32(clamping: try row.int8())
    taken = UInt32(clamping: try row.int8())
    known = UInt32(clamping: try row.int8())
    review = UInt32(clamping: try row.int8())
    left = UInt32(clamping: try row.int8())
  }

  mutating func count(_ outcome: ImportRun.Outcome) {
    let count = UInt32(clamping: outcome.lines.count)
    waiting -= min(count, waiting)
    switch outcome.state {
    case .taken: taken += count
    case .known: known += count
    case .review: review += count
    }
  }
}

extension Remit_Platform_V1_ImportRow {
  static let select =
    "SELECT r.line, r.group_line, r.state, r.cells::text, r.problems, r.resource, r.note FROM host.import_row r"

  init(from row: inout CellReader, _ columns: [String]) throws {
    self.init()
    line = UInt32(clamping: try row.int4())
    group = UInt32(clamping: try row.int4())
    let state = try row.text().replacing("taking", with: "waiting")
    self.state = Remit_Platform_V1_RowState.allCases.first { $0.words == state } ?? .unspecified
    cells = Dictionary(zip(columns, try [String](jsonTexts: try row.text()))) { first, _ in first }
    problems = try Remit_Platform_V1_ImportRow(serializedBytes: try row.bytes()).problems
    resource = try row.text()
    note = try row.text()
  }
}

extension Remit_Platform_V1_RowState {
  /// As the database has it.
  var words: String {
    switch self {
    case .waiting: "waiting"
    case .taken: "taken"
    case .known: "known"
    case .review: "review"
    case .left: "left"
    case .unspecified, .UNRECOGNIZED: ""
    }
  }
}

extension Remit_Document_V1_FileForm {
  func options(locale: String) -> TableFile.Options {
    var options = TableFile.Options()
    options.format =
      switch format {
      case .csv: .csv
      case .xlsx: .xlsx
      case .json: .json
      case .unspecified, .UNRECOGNIZED: nil
      }
    options.sheet = sheet
    options.header = Int(header)
    options.delimiter = delimiterByte
    options.encoding = encoding
    options.locale = locale
    options.list = list
    return options
  }
}
