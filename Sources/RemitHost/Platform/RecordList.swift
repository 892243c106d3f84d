import RemitAPI
import RemitDigest
import RemitExpressions
import RemitJSON
import RemitPostgres

/// Which records of a kind a list shows, and in which order.
struct RecordList {
  let page: Page
  let statement: SQL
  /// Of what the list is: the page of another has nothing to do with it.
  private let asked: String

  /// - Parameter kind: of which the records are.
  init(
    _ request: Remit_Platform_V1_ListRecordsRequest, of kind: Remit_Document_V1_RecordKind, _ schema: MessageSchema, _ call: HostCall
  ) throws {
    page = try Page(size: request.pageSize, token: request.pageToken, keys: 4)
    asked = String(Digest.hexadecimal(Digest.sha256(Array("\(kind.name)\n\(request.orderBy)\n\(request.filter)".utf8))).prefix(16))
    let columns = Self.columns(of: kind)
    var parameters: [Parameter] = [.text(kind.name)]
    var conditions = ["r.kind = $1"]
    if !request.filter.isEmpty {
      let filter = try Self.filter(request.filter, of: kind, columns, schema, call, firstParameter: 2)
      conditions.append("(\(filter.sql))")
      parameters += filter.parameters.map { Parameter.text($0) }
    }
    let (column, isDescending) = try Self.order(request.orderBy, columns)
    let order = column.sql
    func parameter(_ value: Parameter) -> String {
      parameters.append(value)
      return "$\(parameters.count)"
    }
    if let after = page.after {
      guard after[3] == asked, after[0].isEmpty || Self.isValue(after[1], of: column.type) else { throw Page.badToken }
      let id = parameter(.text(after[2]))
      if after[0].isEmpty {
        conditions.append("\(order) IS NULL AND r.id > \(id)")
      } else {
        let key = parameter(.text(after[1]))
        let value = "\(key)::text::\(Self.cast(column.type))"
        conditions.append("(\(order) \(isDescending ? "<" : ">") \(value) OR \(order) = \(value) AND r.id > \(id) OR \(order) IS NULL)")
      }
    }
    let limit = parameter(.int8(Int64(page.size + 1)))
    statement = SQL(
      """
      SELECT \(Remit_Platform_V1_Record.columns), (\(order))::text FROM host.record r WHERE \(conditions.joined(separator: " AND "))
       ORDER BY \(order)\(isDescending ? " DESC" : "") NULLS LAST, r.id LIMIT \(limit)
      """, parameters)
  }

  /// What a page's token has of its last row.
  func key(_ value: String?, _ id: String) -> [String] { [value == nil ? "" : "=", value ?? "", id, asked] }

  /// Whether a text is what the database makes of a value.
  private static func isValue(_ text: String, of type: ValueType) -> Bool {
    switch type {
    case .bool: ["true", "false"].contains(text)
    case .int: Int64(text) != nil
    case .decimal, .money: text.utf8.count <= 60 && DecimalValue(text) != nil
    case .date: DateValue(text) != nil
    case .timestamp: text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,15}[-+0-9:]{3,6}/) != nil
    default: true
    }
  }

  /// The database's type of a column's values.
  private static func cast(_ type: ValueType) -> String {
    switch type {
    case .bool: "boolean"
    case .int: "bigint"
    case .decimal, .money: "numeric"
    case .date: "date"
    case .timestamp: "timestamptz"
    default: "text"
    }
  }

  private static func filter(
    _ text: String, of kind: Remit_Document_V1_RecordKind, _ columns: [String: SQLColumn], _ schema: MessageSchema, _ call: HostCall,
    firstParameter: Int
  ) throws -> SQLExpression {
    let judged = try JudgedCall.required(call.order)
    let records = MessageRecords(from: recordType, in: schema, own: kind.ownFields)
    let environment = Environment(
      variables: [.init("it", .record(recordType)), .init("today", .date), .init("now", .timestamp)], records: Array(records.types.values))
    do throws(ExpressionErrors) {
      let expression = try Expression(text, in: environment, expecting: .bool)
      return try SQLExpression(
        expression, columns: { columns[$0] }, given: ["today": .date(judged.today), "now": .timestamp(judged.now)],
        firstParameter: firstParameter)
    } catch {
      throw CallError.invalid(error.items.map { ("filter", $0.description) })
    }
  }

  private static let recordType = "remit.platform.v1.Record"

  /// By their paths: "it.custom.limit".
  private static func columns(of kind: Remit_Document_V1_RecordKind) -> [String: SQLColumn] {
    var columns: [String: SQLColumn] = [
      "it.id": SQLColumn("r.id", .string), "it.version": SQLColumn("r.version::bigint", .int),
      "it.closed": SQLColumn("r.closed", .bool), "it.recorded_at": SQLColumn("r.recorded_at", .timestamp),
      "it.recorded_by": SQLColumn("r.recorded_by", .string), "it.state_note": SQLColumn("r.state_note", .string),
    ]
    for field in kind.fields where field.type != .unspecified {
      let text = "(r.custom ->> '\(field.name)')"
      columns["it.custom.\(field.name)"] =
        switch field.type.valueType {
        case .bool: SQLColumn("\(text)::boolean", .bool)
        case .int: SQLColumn("\(text)::numeric::bigint", .int)
        case .decimal: SQLColumn("\(text)::numeric", .decimal)
        case .date: SQLColumn("\(text)::date", .date)
        case .money:
          SQLColumn(
            "(r.custom #>> '{\(field.name),amount}')::numeric", .money, currency: "(r.custom #>> '{\(field.name),currency}')")
        default: SQLColumn(text, .string)
        }
    }
    return columns
  }

  /// "custom.ends_on desc" as SQL.
  private static func order(_ text: String, _ columns: [String: SQLColumn]) throws(CallError) -> (column: SQLColumn, isDescending: Bool) {
    let words = text.split(separator: " ").map(String.init)
    guard let path = words.first else { return (SQLColumn("r.id", .string), false) }
    let isDescending = words.dropFirst().first == "desc"
    guard words.count == 1 || words.count == 2 && (isDescending || words[1] == "asc"),
      let column = columns["it.\(path)"] ?? columns[path]
    else {
      let names = columns.keys.sorted().map { $0.trimmingPrefix("it.") }.joined(separator: ", ").cut(toBytes: 600)
      throw .invalid([("order_by", "must be one of \(names), and may be followed by desc")])
    }
    return (column, isDescending)
  }
}
