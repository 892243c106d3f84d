import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// An uploaded file as rows, with the columns found by their headers.
struct ImportedTable {
  static let rowsMax = 50_000

  let rows: [DelimitedText.Record]
  /// The header's fields.
  let header: [String]
  /// Field -> index of its column.
  let columns: [String: Int]

  init(_ request: Remit_Ledger_V1_ImportRequest, fields: [ImportField], locale: String) throws(CallError) {
    guard !request.file.isEmpty else { throw .invalid([("file", "is empty")]) }
    let text = try TextDecoding.utf8(Array(request.file), encoding: request.encoding.lowercased(), locale: locale)
    var delimiter: UInt8?
    if !request.delimiter.isEmpty {
      guard let byte = request.delimiter.utf8.first, request.delimiter.utf8.count == 1, DelimitedText.delimiters.contains(byte) else {
        throw .invalid([("delimiter", "must be a comma, a semicolon, a tab or a bar, or empty")])
      }
      delimiter = byte
    }
    let records = try DelimitedText(text, delimiter: delimiter).records
    guard let first = records.first else { throw .invalid([("file", "has no header")]) }
    guard records.count - 1 <= Self.rowsMax else {
      throw .invalid([("file", "has \(records.count - 1) rows; at most \(Self.rowsMax) are imported at once: part it")])
    }
    header = first.fields.map(CellText.trimmed)
    columns = try Self.columns(of: header, fields, given: request.columns)
    rows = Array(records.dropFirst())
  }

  private static func columns(
    of header: [String], _ fields: [ImportField], given: [String: String]
  ) throws(CallError) -> [String: Int] {
    var problems: [(field: String, message: String)] = []
    var missing: [String] = []
    let names = fields.map(\.name)
    for name in given.keys.sorted() where !names.contains(name) {
      problems.append(("columns", "name the field \(name); there are \(names.joined(separator: ", "))"))
    }
    var columns: [String: Int] = [:]
    let keys = header.map(ImportField.key)
    for field in fields {
      let wanted = given[field.name].map { [ImportField.key($0)] } ?? field.headers
      let found = keys.indices.filter { wanted.contains(keys[$0]) }
      if found.count == 1 {
        columns[field.name] = found[0]
      } else if found.count > 1 {
        let list = found.map { header[$0] }.joined(separator: " and ")
        problems.append(("columns", "are in doubt: \(list) may be the \(field.name); say which"))
      } else if let name = given[field.name] {
        problems.append(("columns", "have no header \(name)"))
      } else if field.isRequired {
        missing.append(field.name)
      }
    }
    if !missing.isEmpty {
      let shown = header.prefix(30).map { $0.prefix(60) }.joined(separator: ", ")
      problems.append(
        ("columns", "lack \(missing.joined(separator: ", ")): the header has \(shown); say which column each is in, or add it"))
    }
    guard problems.isEmpty else { throw .invalid(problems) }
    return columns
  }
}

/// One row, read field by field. What is wrong with it collects here.
struct ImportRow {
  let line: Int
  private let fields: [String]
  private let table: ImportedTable
  private let request: Remit_Ledger_V1_ImportRequest
  private(set) var issues: [Remit_Ledger_V1_ImportIssue] = []

  init(_ record: DelimitedText.Record, in table: ImportedTable, request: Remit_Ledger_V1_ImportRequest) {
    line = record.line
    fields = record.fields
    self.table = table
    self.request = request
    let extra = fields.dropFirst(table.header.count)
    if extra.contains(where: { !$0.isEmpty }) || fields.count < table.header.count {
      refuse(nil, "has \(fields.count) fields; the header has \(table.header.count)")
    }
  }

  mutating func refuse(_ field: String?, _ reason: String) { add(.refused, field, reason) }

  mutating func note(_ field: String?, _ reason: String) { add(.note, field, reason) }

  private mutating func add(_ severity: Remit_Ledger_V1_ImportIssue.Severity, _ field: String?, _ reason: String) {
    let column = field.flatMap { table.columns[$0] }
    issues.append(
      .with {
        $0.severity = severity
        $0.row = UInt32(line)
        $0.column = column.map { table.header[$0] } ?? field ?? ""
        $0.value = column.map { String((fields.indices.contains($0) ? fields[$0] : "").prefix(100)) } ?? ""
        $0.reason = reason
      })
  }

  /// Refuses what forbids the record, but for fields that were refused already.
  mutating func refuse(_ problems: [(field: String, message: String)]) {
    let columns = Set(issues.map(\.column))
    for problem in problems where !columns.contains(table.columns[problem.field].map { table.header[$0] } ?? problem.field) {
      refuse(problem.field, problem.message)
    }
  }

  var isRefused: Bool { issues.contains { $0.severity == .refused } }

  /// The cell without blanks around; empty also where there is no such column.
  func cell(_ field: String) -> String {
    guard let column = table.columns[field], fields.indices.contains(column) else { return "" }
    return CellText.trimmed(fields[column])
  }

  /// A text of the API; nil where it is empty, or was refused.
  mutating func text(_ field: String, charactersMax: Int, isRequired: Bool = false) -> String? {
    let text = cell(field)
    if text.isEmpty && !isRequired { return nil }
    if let problem = Violations.problem(of: text, charactersMax: charactersMax) {
      refuse(field, problem)
      return nil
    }
    return text
  }

  mutating func date(_ field: String) -> CivilDate? {
    let order = request.dateOrder
    return value(field, isRequired: true) { text throws(CellProblem) in try DateText.date(text, order: order) }
  }

  mutating func currency(base: Currency) -> Currency? {
    let text = CellText.plain(cell("currency")).uppercased()
    let code = text.isEmpty ? (request.currency.isEmpty ? base.code : request.currency) : text
    if ["RMB", "人民币", "人民币元"].contains(code) { return Currency("CNY") }
    let currency = Currency(code)
    if currency == nil { refuse("currency", "is no currency of ISO 4217, such as EUR: \(code)") }
    return currency
  }

  mutating func money(_ field: String, _ currency: Currency?, isRequired: Bool = false) -> Money? {
    guard let currency else { return nil }
    let mark = request.decimalMark
    return value(field, isRequired: isRequired) { text throws(CellProblem) in try AmountText.money(text, currency, mark: mark) }
  }

  mutating func rate() -> ExchangeRate? {
    let mark = request.decimalMark
    return value("exchange_rate", isRequired: false) { text throws(CellProblem) in try AmountText.rate(text, mark: mark) }
  }

  mutating func identifier(_ scheme: Identifier.Scheme) -> Identifier? {
    value(scheme.rawValue, isRequired: false) { text throws(CellProblem) in
      do throws(IdentifierProblem) {
        return try Identifier(text, scheme: scheme)
      } catch {
        throw CellProblem("\(error)")
      }
    }
  }

  private mutating func value<Value>(
    _ field: String, isRequired: Bool, _ read: (String) throws(CellProblem) -> Value
  ) -> Value? {
    let text = cell(field)
    guard !text.isEmpty else {
      if isRequired { refuse(field, "must be given") }
      return nil
    }
    do throws(CellProblem) {
      return try read(text)
    } catch {
      refuse(field, "\(error)")
      return nil
    }
  }
}
