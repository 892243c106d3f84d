import RemitAPI
import RemitDigest
import RemitDocuments
import RemitExpressions
import RemitFiles
import RemitJSON
import RemitSDK
import SwiftProtobuf

/// A row of a file, as it was kept.
struct FileRow: Sendable {
  let line: Int
  /// Of each column one.
  var cells: [String]
  /// The first line of the rows that are one request with it, where that is settled.
  var group: Int?
}

/// What one or more rows of a file ask for.
struct FileRequest: Sendable {
  let rows: [FileRow]
  /// nil: it cannot be made.
  private(set) var request: [UInt8]?
  /// SHA-256 of the request, by which it is known again.
  private(set) var digest: [UInt8]?
  var problems: [Remit_Platform_V1_RowProblem] = []

  init(_ rows: [FileRow]) { self.rows = rows }

  mutating func ask(for request: [UInt8]) {
    self.request = request
    digest = Digest.sha256(request)
  }

  /// The first of its lines, by which it is named.
  var line: Int { rows.first?.line ?? 0 }
}

/// Makes requests of the rows of one file.
struct FileRequests {
  let program: SourceProgram
  let columns: [String]
  private let schema: MessageSchema
  private let values: CellValue
  private let today: DateValue
  /// Of each field its column; nil: it has a value of its own, or may be absent.
  private let places: [Int?]
  private let groupPlace: Int?
  /// Of each field that is looked up: text -> what was found.
  var found: [[String: String]]

  /// - Throws: a column that the file lacks.
  init(
    _ program: SourceProgram, columns: [String], rows: [FileRow], caller: Caller, schema: MessageSchema
  ) throws(CallError) {
    self.program = program
    self.columns = columns
    self.schema = schema
    guard let today = DateValue(caller.businessDate) else { throw CallError(.internal, "CLOCK", "the host gave no day that there is") }
    self.today = today
    let names = columns.map(Self.key)
    func place(_ headers: [String]) -> Int? { headers.lazy.compactMap { names.firstIndex(of: Self.key($0)) }.first }
    var missing: [(String, String)] = []
    func lacks(_ headers: [String]) {
      let words = headers.joined(separator: " or ").cut(toBytes: 200)
      missing.append(("file", "lacks the column \(words); it has \(columns.joined(separator: ", ").cut(toBytes: 800))"))
    }
    places = program.fields.map { field in
      guard field.value == nil else { return nil }
      let found = place(field.headers)
      if let found, names.contains(Self.key("\(columns[found]) (2)")) {
        missing.append(("file", "has two columns that are headed \(columns[found].cut(toBytes: 100)): which is meant?"))
      }
      if found == nil, !field.source.optional { lacks(field.headers) }
      return found
    }
    groupPlace = program.source.group.isEmpty ? nil : place([program.source.group])
    if !program.source.group.isEmpty, groupPlace == nil { lacks([program.source.group]) }
    if !missing.isEmpty { throw .invalid(missing) }
    let dates = zip(program.fields, places).compactMap { $0.isDate ? $1 : nil }
    let form = program.source.file
    let order = DateText.Order(form.dateOrder)
    values = CellValue(
      mark: AmountText.Mark(form.decimalMark), order: order, fileOrder: order == .unspecified ? Self.order(of: rows, dates) : nil,
      currency: caller.tenant.baseCurrency)
    found = program.fields.map { _ in [:] }
  }

  private static let headerBytesMax = 200

  /// The names of a file's columns: its headers, at most 200 bytes of each; "#3" where there is none.
  static func columns(of table: TableFile) -> [String] {
    table.columns.enumerated().map { $1.isEmpty ? "#\($0 + 1)" : $1.cut(toBytes: headerBytesMax) }
  }

  /// Headers that differ in case, width and blanks only are the same.
  static func key(_ header: String) -> String { CellText.plain(header).lowercased().filter { !$0.isWhitespace } }

  private static func order(of rows: [FileRow], _ places: [Int]) -> FileDateOrder? {
    for row in rows {
      for place in places {
        if let order = DateText.order(of: row.cells[place]) { return FileDateOrder(order: order, line: row.line) }
      }
    }
    return nil
  }

  /// Columns that the source does not read.
  var unused: [String] {
    let used = Set(places.compactMap { $0 } + [groupPlace].compactMap { $0 })
    // What an expression reads is not known.
    if program.fields.contains(where: { $0.value != nil }) { return [] }
    return columns.indices.filter { !used.contains($0) }.map { columns[$0] }
  }

  /// Rows that are one request, in the order of the file.
  func groups(_ rows: [FileRow]) -> [[FileRow]] {
    if rows.first?.group != nil {
      return Dictionary(grouping: rows) { $0.group ?? $0.line }.sorted { $0.key < $1.key }.map(\.value)
    }
    guard let groupPlace else { return rows.map { [$0] } }
    var places: [String: Int] = [:]
    var groups: [[FileRow]] = []
    for row in rows {
      // Composed, so that what Swift holds for the same is the same by its bytes.
      let key = CellText.number(row.cells[groupPlace])
      if !key.isEmpty, let place = places[key] {
        groups[place].append(row)
      } else {
        places[key] = groups.count
        groups.append([row])
      }
    }
    return groups
  }

  // ---- look-ups

  /// What finds the rows that cells name: of each field that looks up, and each column by which it does.
  func lookups(_ rows: [FileRow]) -> [(field: Int, statement: SQL)] {
    program.fields.enumerated().flatMap { index, field -> [(field: Int, statement: SQL)] in
      guard let find = field.find else { return [] }
      let texts = Set(
        rows.compactMap { try? text(index, $0, field.value == nil ? .null : map($0)) }.filter { !$0.isEmpty && !$0.utf8.contains(0) }
          .flatMap(Self.forms)
      ).sorted()
      guard !texts.isEmpty else { return [] }
      return find.by.map { column in
        let condition = find.view.condition.isEmpty ? "" : "\(find.view.condition) AND "
        return (
          index,
          SQL(
            """
            SELECT lower(v.\(column)::text), min(v.\(find.gives)::text) FROM \(find.view.relation) v
             WHERE \(condition)lower(v.\(column)::text) = ANY (SELECT lower(t) FROM unnest($1) t) GROUP BY 1 HAVING count(*) = 1 AND min(v.\(find.gives)::text) IS NOT NULL
            """, [.texts(texts)])
        )
      }
    }
  }

  /// As names and numbers are kept, and with half-width letters and signs too.
  private static func forms(_ text: String) -> [String] { [text.plain, CellText.plain(text).plain] }

  /// - Parameter rows: of the statement; those of an earlier column of the same field hold.
  mutating func add(_ rows: Remit_Plugin_V1_Rows, of field: Int) throws {
    let pairs = try rows.map { row in (text: try row.text().lowercased(), given: try row.text()) }
    // What the database tells apart, and people do not, is not one.
    for (text, all) in Dictionary(grouping: pairs, by: \.text) where all.count == 1 && found[field][text] == nil {
      found[field][text] = all[0].given
    }
  }

  // ---- requests

  /// The row as expressions see it.
  private func map(_ row: FileRow) -> Value {
    guard program.fields.contains(where: { $0.value != nil }) else { return .null }
    let entries = zip(columns, row.cells).map { MapValue.Entry(key: .string($0), value: .string(CellText.trimmed($1))) }
    return .map((try? MapValue(entries)) ?? .empty)
  }

  /// The text that a field is made of.
  private func text(_ index: Int, _ row: FileRow, _ map: Value) throws(CellProblem) -> String {
    if let place = places[index] { return CellText.trimmed(row.cells[place]) }
    guard let value = program.fields[index].value else { return "" }
    do throws(EvaluationError) {
      let given = try value.evaluate([map, .date(today)], budget: 20_000)
      switch given {
      case .list, .map, .record, .bytes: throw EvaluationError(.invalidArgument, "it gives no single value")
      case .string(let text) where text.utf8.contains(0): throw EvaluationError(.invalidArgument, "it gives a zero byte")
      default: return FieldPath.words(given)
      }
    } catch {
      throw CellProblem("cannot be computed: \(error.message)")
    }
  }

  /// Of one request no more is told.
  static let problemsMax = 20

  private func column(_ index: Int) -> String { places[index].map { columns[$0] } ?? "" }

  func request(_ rows: [FileRow]) -> FileRequest {
    var made = FileRequest(rows)
    var request = JSONValue.object([])
    if !program.source.record.isEmpty { request[["record", "kind"]] = .string(program.source.record) }
    var lists: [[String]: [JSONValue]] = [:]
    for row in rows {
      let map = map(row)
      var elements: [[String]: JSONValue] = [:]
      for (index, field) in program.fields.enumerated() {
        do throws(CellProblem) {
          guard let value = try value(index, row, map) else { continue }
          if let depth = field.listDepth {
            elements[Array(field.keys.prefix(depth)), default: .object([])][Array(field.keys.dropFirst(depth))] = value
          } else {
            let given = field.path.last?.isRepeated == true ? JSONValue.array([value]) : value
            if let before = request[field.keys] {
              guard CellText.plain(before.text) == CellText.plain(given.text) else {
                throw CellProblem("is another on line \(made.line): rows with the same \(program.source.group) must be of one mind")
              }
            } else {
              request[field.keys] = given
            }
          }
        } catch {
          if made.problems.count < Self.problemsMax { made.problems.append(problem(index, row, error.description)) }
        }
      }
      for (list, element) in elements { lists[list, default: []].append(element) }
    }
    for (list, elements) in lists { request[list] = .array(elements) }
    guard made.problems.isEmpty else { return made }
    do throws(JSONError) {
      made.ask(for: try schema.wire(fromJSON: Array(request.text.utf8), as: program.method.requestType))
    } catch {
      made.problems.append(problem(at: error.path, error.message))
    }
    return made
  }

  private func value(_ index: Int, _ row: FileRow, _ map: Value) throws(CellProblem) -> JSONValue? {
    let field = program.fields[index]
    var text = try text(index, row, map)
    guard !text.isEmpty else { return nil }
    if let find = field.find {
      guard let given = Self.forms(text).lazy.compactMap({ found[index][$0.lowercased()] }).first else {
        throw CellProblem("finds no one \(find.words): there is none, or more than one")
      }
      text = given
    }
    // A currency without an amount says nothing.
    if field.isPartOfMoney, program.fields.contains(where: { $0.isMoney && $0.keys == Array(field.keys.dropLast()) }) { return nil }
    var currency = ""
    if let other = program.currencyField(of: field) { currency = try self.text(other, row, map) }
    return try values.json(text, for: field, currency: currency, line: row.line)
  }

  private func problem(_ index: Int, _ row: FileRow, _ message: String) -> Remit_Platform_V1_RowProblem {
    .with {
      $0.column = column(index)
      $0.field = program.fields[index].source.field
      // Which of several rows it is.
      $0.message = "\(message)\(groupPlace == nil ? "" : " (line \(row.line))")"
    }
  }

  /// What a refusal says of a request's rows.
  func problems(of error: CallError) -> [Remit_Platform_V1_RowProblem] {
    error.violations.isEmpty
      ? [problem(at: "", error.message)] : error.violations.prefix(Self.problemsMax).map { problem(at: $0.field, $0.message) }
  }

  /// - Parameter path: of the request, as errors name it: "invoice.instalments[1].due_on".
  func problem(at path: String, _ message: String) -> Remit_Platform_V1_RowProblem {
    let name = path.replacing(/\[[0-9]+\]/, with: "")
    let index = program.fields.firstIndex { field in
      name == field.source.field || name.hasPrefix("\(field.source.field).") || field.source.field.hasPrefix("\(name).")
    }
    return .with {
      $0.column = index.map(column) ?? ""
      $0.field = path.cut(toBytes: 200)
      $0.message = message.cut(toBytes: 500)
    }
  }
}

extension AmountText.Mark {
  fileprivate init(_ mark: Remit_Document_V1_DecimalMark) {
    self =
      switch mark {
      case .point: .point
      case .comma: .comma
      case .unspecified, .UNRECOGNIZED: .unspecified
      }
  }
}

extension DateText.Order {
  fileprivate init(_ order: Remit_Document_V1_DateOrder) {
    self =
      switch order {
      case .yearMonthDay: .yearMonthDay
      case .dayMonthYear: .dayMonthYear
      case .monthDayYear: .monthDayYear
      case .unspecified, .UNRECOGNIZED: .unspecified
      }
  }
}
