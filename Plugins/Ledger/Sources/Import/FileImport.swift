import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// What differs between the files of customers, invoices and receipts.
protocol FileImport {
  associatedtype Record
  /// As in ledger.import_file: "invoices".
  var kind: String { get }
  var fields: [ImportField] { get }
  /// Groups of fields by which a row is known: in a row of totals one group is blank.
  var keys: [[String]] { get }
  /// What is taken before the books are read.
  var locks: [Statement] { get }

  /// What a row says, checked by itself; nil where it was refused.
  func record(from row: inout ImportRow) -> Record?
  /// Makes one record, the first, of rows that are parts of one; gives the other rows of it by its index.
  func join(_ records: inout [Record?], _ rows: inout [ImportRow]) -> [Int: [Int]]
  /// What must be known of the books to decide, one result each for `learn`. Rows that will change are locked.
  func lookups(_ records: [Record]) -> [Statement]
  mutating func learn(_ results: [Rows]) throws
  /// The same, of what can be asked only when that is known.
  func furtherLookups(_ records: [Record]) -> [Statement]
  mutating func learnFurther(_ results: [Rows]) throws
  /// Takes note of a record that this file brought before; what has become of it since goes to the row.
  mutating func pass(_ record: Record, _ row: inout ImportRow)
  /// Whether the record is to be written, given the books and the rows before it. What it refuses or notes goes to the row.
  mutating func isNew(_ record: inout Record, _ row: inout ImportRow) -> Bool
  /// The method that enters one record, whose forms it has to pass; nil: there is none.
  var method: String? { get }
  /// The request of that method, encoded.
  func request(of record: Record) throws -> [UInt8]
  /// Takes a record as the company's forms shaped its request. What is wrong with it goes to the row.
  func take(_ request: [UInt8], into record: inout Record, _ row: inout ImportRow) throws
  /// Gives numbers to new records that have none, where the company has a series for them.
  func number(_ records: inout [Record]) async throws
  /// What writes new records, and what is told of them.
  mutating func writes(_ records: [Record]) throws -> (statements: [Statement], events: [Event])
}

extension FileImport {
  var locks: [Statement] { [] }
  func join(_: inout [Record?], _: inout [ImportRow]) -> [Int: [Int]] { [:] }
  func furtherLookups(_: [Record]) -> [Statement] { [] }
  mutating func learnFurther(_: [Rows]) throws {}
  mutating func pass(_: Record, _: inout ImportRow) {}
  func number(_: inout [Record]) async throws {}
  var method: String? { nil }
  func request(of _: Record) throws -> [UInt8] { [] }
  func take(_: [UInt8], into _: inout Record, _: inout ImportRow) throws {}

  private typealias Update = Remit_Ledger_V1_ImportUpdate

  /// Checks every row, then writes all new ones in one transaction; nothing where a row is refused, unless asked to leave those out.
  mutating func run(_ request: Remit_Ledger_V1_ImportRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_ImportUpdate> {
    let options: [(field: String, isGiven: Bool, kinds: [String])] = [
      ("take_early_due_dates", request.takeEarlyDueDates, ["invoices"]),
      ("add_up_lines", request.addUpLines, ["invoices", "credit notes"]),
      ("net_days", request.due != nil, ["invoices"]), ("repeated_are_new", request.repeatedAreNew, ["receipts"]),
      ("posted_on", !request.postedOn.isEmpty, ["invoices", "credit notes", "open items"]),
    ]
    for option in options where option.isGiven && !option.kinds.contains(kind) {
      throw CallError.invalid([(option.field, "is for \(option.kinds.joined(separator: ", ")), not for \(kind)")])
    }
    let table = try ImportedTable(request, fields: fields, keys: keys, locale: call.tenant.locale)
    let count = table.rows.count
    let issues = ImportIssues()
    for row in table.leftOut { issues.add(.note, line: row.line, column: "", value: row.value, row.reason) }
    var rows: [ImportRow] = []
    var records: [Record?] = []
    for row in table.rows {
      if rows.count.isMultiple(of: 1000) { try Task.checkCancellation() }
      if rows.count.isMultiple(of: 5000) { try await call.send(Update(.checking, rows.count, of: count)) }
      var row = ImportRow(row, in: table, request: request, issues: issues)
      let record = self.record(from: &row)
      records.append(row.isRefused ? nil : record)
      rows.append(row)
    }
    try await call.send(Update(.checking, count, of: count))
    let others = join(&records, &rows)

    let asked = records.compactMap { $0 }
    let found = Array(try await call.query(locks + [findFile(request)] + lookups(asked)).dropFirst(locks.count))
    let file = try KnownFile(found[0])
    try learn(Array(found.dropFirst()))
    let further = furtherLookups(asked)
    if !further.isEmpty { try learnFurther(try await call.query(further)) }
    for index in rows.indices where file.holds(line: rows[index].line) {
      if let record = records[index] { pass(record, &rows[index]) }
    }

    var new: [Record] = []
    var lines: [Int] = []
    // Of rows, of which a record may have several.
    var (created, unchanged) = (0, 0)
    for index in rows.indices {
      if index.isMultiple(of: 1000) { try Task.checkCancellation() }
      guard var record = records[index] else { continue }
      let parts = others[index] ?? []
      if file.holds(line: rows[index].line) {
        unchanged += 1 + parts.count
      } else if isNew(&record, &rows[index]) {
        new.append(record)
        lines.append(index)
        created += 1 + parts.count
      } else if !rows[index].isRefused {
        unchanged += 1 + parts.count
      } else {
        for part in parts { rows[part].refuse(nil, "belongs to line \(rows[index].line), which is refused") }
      }
    }

    let refusedByForms = try await judge(&new, lines, &rows, call)
    created -= refusedByForms.reduce(0) { $0 + 1 + (others[$1]?.count ?? 0) }
    for index in refusedByForms {
      for part in others[index] ?? [] { rows[part].refuse(nil, "belongs to line \(rows[index].line), which is refused") }
    }

    let refusedLines = rows.filter(\.isRefused).map { Int32($0.line) }
    let isHeldBack = !refusedLines.isEmpty && !request.skipRefused
    let result = Update.with {
      $0.result = .with {
        $0.rows = UInt32(count)
        $0.created = isHeldBack ? 0 : UInt32(created)
        $0.unchanged = UInt32(unchanged)
        $0.refused = UInt32(refusedLines.count)
        $0.heldBack = isHeldBack ? UInt32(created) : 0
        $0.issues = issues.sorted
        $0.issuesLeftOut = UInt32(issues.leftOut)
        $0.dryRun = request.dryRun
      }
    }
    guard !isHeldBack, !request.dryRun, !new.isEmpty else { return .nothing(reply: result) }

    try await write(&new, call)
    return Write(
      [file.record(request, kind: kind, rows: count, refusedLines: refusedLines, call)], reply: result,
      resource: "import/\(kind)/\(file.sha256)", refusals: ["import_file_pkey": changedMeanwhile])
  }

  /// Shapes new records as the company's forms do when they are entered one by one, and leaves out those that are refused.
  ///
  /// - Parameter lines: of each record its index among the rows.
  /// - Returns: the rows that were refused.
  private func judge(_ new: inout [Record], _ lines: [Int], _ rows: inout [ImportRow], _ call: Call) async throws -> [Int] {
    guard let method, !new.isEmpty, try await call.checked(method, []) != nil else { return [] }
    var kept: [Record] = []
    var refused: [Int] = []
    var serials: Set<String> = []
    for start in stride(from: 0, to: new.count, by: 1000) {
      let chunk = start..<min(start + 1000, new.count)
      let checked = try await call.checked(method, try new[chunk].map(request)) ?? []
      guard checked.count == chunk.count else {
        throw CallError(.aborted, "CONFIGURATION_CHANGED", "the forms were changed meanwhile; try again")
      }
      for (place, result) in zip(chunk, checked) {
        let index = lines[place]
        if let serial = result.serials.first(where: { !serials.insert($0).inserted }) {
          rows[index].refuse(nil, "is judged after another row with \(serial.lastSegment): import the file again when that is in the books")
        }
        for fault in result.violations { rows[index].refuse(fault.field.lastPart, fault.message) }
        for fault in result.warnings { rows[index].note(fault.field.lastPart, fault.message) }
        for change in result.changes where !change.before.isEmpty { rows[index].note(change.field.lastPart, "is taken as \(change.after)") }
        if !rows[index].isRefused, !result.request.isEmpty { try take(Array(result.request), into: &new[place], &rows[index]) }
        if rows[index].isRefused { refused.append(index) } else { kept.append(new[place]) }
      }
    }
    new = kept
    return refused
  }

  private mutating func write(_ new: inout [Record], _ call: Call) async throws {
    try await number(&new)
    let chunk = 2000
    for start in stride(from: 0, to: new.count, by: chunk) {
      try Task.checkCancellation()
      try await call.send(Update(.writing, start, of: new.count))
      do {
        let (statements, events) = try writes(Array(new[start..<min(start + chunk, new.count)]))
        _ = try await call.query(statements, events: events)
      } catch let error as CallError {
        throw error.metadata["sqlstate"] == "23505" ? changedMeanwhile : error
      }
    }
  }

  private var changedMeanwhile: CallError {
    CallError(
      .aborted, "CHANGED_MEANWHILE", "another call wrote some of the same \(kind) meanwhile; nothing was imported; import the file again")
  }

  private func findFile(_ request: Remit_Ledger_V1_ImportRequest) -> Statement {
    Statement(
      """
      WITH given AS MATERIALIZED (SELECT encode(sha256($1), 'hex') AS sha256)
      SELECT g.sha256, f.sha256 IS NOT NULL, coalesce(array_to_string(f.refused_lines, ' '), '')
        FROM given g
        LEFT JOIN LATERAL (
          SELECT sha256, refused_lines FROM ledger.import_file WHERE kind = $2 AND sha256 = decode(g.sha256, 'hex') FOR UPDATE) f ON true
      """, [.bytea(Array(request.file)), .text(kind)])
  }
}

/// Whether the file was imported before, and which of its lines were refused then.
private struct KnownFile {
  let sha256: String
  private let isKnown: Bool
  private let refusedLines: Set<Int>

  init(_ rows: Rows) throws {
    let found = try rows.map { row in (try row.text(), try row.bool(), try row.text()) }
    guard let (sha256, isKnown, lines) = found.first else {
      throw CallError(.internal, "NO_DIGEST", "the database gave no digest of the file")
    }
    self.sha256 = sha256
    self.isKnown = isKnown
    refusedLines = Set(lines.split(separator: " ").compactMap { Int($0) })
  }

  func holds(line: Int) -> Bool { isKnown && !refusedLines.contains(line) }

  func record(
    _ request: Remit_Ledger_V1_ImportRequest, kind: String, rows: Int, refusedLines: [Int32], _ call: Call
  ) -> Statement {
    let values: [Parameter] = [
      .text(sha256), .text(kind), .int4s(refusedLines), .timestamptz(call.now), .text(call.principal.name),
    ]
    if isKnown {
      return Statement(
        """
        UPDATE ledger.import_file SET refused_lines = $3, recorded_at = $4, recorded_by = $5
         WHERE kind = $2 AND sha256 = decode($1, 'hex')
        """, values)
    }
    return Statement(
      """
      INSERT INTO ledger.import_file (sha256, kind, refused_lines, recorded_at, recorded_by, file_name, rows)
      VALUES (decode($1, 'hex'), $2, $3, $4, $5, $6, $7)
      """, values + [.text(String(request.fileName.prefix(255))), .int4(Int32(rows))])
  }
}

extension Remit_Ledger_V1_ImportUpdate {
  fileprivate init(_ phase: Remit_Ledger_V1_ImportProgress.Phase, _ done: Int, of rows: Int) {
    self.init()
    progress = .with {
      $0.phase = phase
      $0.rowsDone = UInt32(done)
      $0.rows = UInt32(rows)
    }
  }
}

extension ImportRow {
  /// What the company's forms made of it cannot be entered.
  mutating func refuse(_ error: CallError) {
    for violation in error.violations { refuse(violation.field.lastPart, violation.message) }
    if error.violations.isEmpty { refuse(nil, error.message) }
  }
}

extension String {
  /// Of "invoice/C-1" it is C-1.
  fileprivate var lastSegment: String { split(separator: "/", maxSplits: 1).last.map(String.init) ?? self }

  /// Of "invoice.due_on" it is due_on, as import fields are called.
  fileprivate var lastPart: String { split(separator: ".").last.map(String.init) ?? self }
}
