import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitJSON

/// Where forms may look things up.
struct LookupViews: Sendable {
  /// Published views: name -> full name of the message of its columns.
  var published: [String: String] = [:]
  /// Kinds of a company's own records, each the view record.<kind>.
  var records: [String: Remit_Document_V1_RecordKind] = [:]

  /// The names that documents give.
  var names: Set<String> { Set(published.keys).union(records.keys.map { "record.\($0)" }) }

  struct View: Sendable {
    let message: String
    /// The relation that holds its rows.
    let relation: String
    /// Which of them; empty: all.
    let condition: String
    /// Types of the company's own fields; nil: they are not known.
    let own: [RecordType.Field]?
  }

  func view(_ name: String) -> View? {
    if let message = published[name] { return View(message: message, relation: name, condition: "", own: nil) }
    guard name.hasPrefix("record."), let own = records[String(name.dropFirst(7))]?.ownFields else { return nil }
    return View(
      message: "remit.platform.v1.Record", relation: "host.record", condition: "v.kind = '\(name.dropFirst(7))'", own: own)
  }
}

/// What a form looks up before it judges: rows of a published view, as the host reads them for the company.
final class LookupProgram: Sendable {
  private struct Key: Sendable {
    /// In the view; "custom.contract" of a field of the company's own.
    let column: String
    let value: Expression
  }

  let name: String
  let record: RecordType
  /// Of the company's own fields in it; nil: their types are not known.
  private let own: RecordType?
  private let view: LookupViews.View
  private let isAll: Bool
  private let keys: [Key]
  /// The view's columns as its message has them.
  private let columns: [MessageSchema.Field]

  static func compile(
    _ lookup: Remit_Document_V1_Lookup, at path: String, in environment: Environment, views: LookupViews, schema: MessageSchema
  ) -> (program: LookupProgram?, problems: [ContentProblem], cost: Int) {
    var problems: [ContentProblem] = []
    var cost = 0
    if lookup.name.wholeMatch(of: /[a-z][a-z0-9_]{0,39}/) == nil || environment.variables.contains(where: { $0.name == lookup.name })
      || lookup.name == "row"
    {
      problems.append(
        ContentProblem(
          path: "\(path).name", wording: Wording("a name of a-z, 0-9 and _ is wanted that means nothing else", "应为由 a-z、0-9 和 _ 组成的未占用名称")))
    }
    // A view that is not there is told as a reference.
    guard let view = views.view(lookup.view), let type = try? schema.message(view.message) else { return (nil, problems, 0) }
    var keys: [Key] = []
    for (index, key) in lookup.where.enumerated() {
      let place = "\(path).where[\(index)]"
      let isOwn = key.column.wholeMatch(of: /custom\.[a-z][a-z0-9_]{0,39}/) != nil && type.byName["custom"] != nil
      if !isOwn, type.byName[key.column]?.name != key.column {
        let near = Suggestion.name(nearestTo: key.column, among: type.fields.map(\.name))
        let hint = near.map { "; did you mean '\($0)'?" } ?? ""
        problems.append(
          ContentProblem(
            path: "\(place).column",
            wording: Wording("\(lookup.view) has no column '\(key.column)'\(hint)", "\(lookup.view) 没有列 '\(key.column)'\(hint)")))
      }
      do throws(ExpressionErrors) {
        let expression = try Expression(key.is, in: environment)
        cost += expression.cost
        keys.append(Key(column: key.column, value: expression))
      } catch {
        problems += error.items.map { ContentProblem($0, at: "\(place).is") }
      }
    }
    guard problems.isEmpty else { return (nil, problems, cost) }
    return (LookupProgram(lookup, view, keys, type), [], cost)
  }

  private init(_ lookup: Remit_Document_V1_Lookup, _ view: LookupViews.View, _ keys: [Key], _ type: MessageSchema.MessageType) {
    name = lookup.name
    self.view = view
    isAll = lookup.all
    self.keys = keys
    columns = type.fields
    let typeName = "lookups.\(lookup.name)"
    let own = lookup.all ? nil : view.own.map { RecordType("\(typeName).custom", fields: $0) }
    self.own = own
    record =
      isAll
      ? RecordType(typeName, fields: [.init("count", .int)] + type.fields.filter(\.isWholeNumber).map { .init($0.name, .int) })
      : RecordType(
        typeName,
        fields: type.fields.map { field in
          if let own, field.name == "custom" { .init(field.name, .record(own.name)) } else { .init(field.name, field.lookupType) }
        })
  }

  /// The types that expressions with it need.
  var records: [RecordType] { [record] + (own.map { [$0] } ?? []) }

  /// What finds it; nil: a key has no value, so that nothing can be found.
  func statement(_ values: [Value]) throws(EvaluationError) -> SQL? {
    var parameters: [Parameter] = []
    var conditions = view.condition.isEmpty ? [] : [view.condition]
    for key in keys {
      let text = FieldPath.words(try key.value.evaluate(values))
      if text.isEmpty { return nil }
      if let own = key.column.split(separator: ".").dropFirst().first {
        parameters.append(.text(text))
        conditions.append("v.custom ->> '\(own)' = $\(parameters.count)")
      } else {
        // As the column's own type reads it, so that its index serves.
        parameters.append(.text(JSONValue.object([(key.column, .string(text))]).text))
        conditions.append(
          "v.\(key.column) = (SELECT k.\(key.column) FROM jsonb_populate_record(NULL::\(view.relation), $\(parameters.count)::text::jsonb) k)"
        )
      }
    }
    let condition = conditions.joined(separator: " AND ")
    guard isAll else {
      return SQL("SELECT to_jsonb(r)::text FROM (SELECT v.* FROM \(view.relation) v WHERE \(condition) LIMIT 1) r", parameters)
    }
    let sums = columns.filter(\.isWholeNumber).map { ", '\($0.name)', coalesce(sum(v.\($0.name)), 0)::text" }.joined()
    return SQL("SELECT jsonb_build_object('count', count(*)::text\(sums))::text FROM \(view.relation) v WHERE \(condition)", parameters)
  }

  /// - Parameter rows: of the statement; nil: there was none.
  func value(_ rows: Remit_Plugin_V1_Rows?) throws -> Value {
    let text = try rows?.map { row in try row.text() }.first
    // Where there is no row nothing is there: has(customer.number) is false.
    guard let text else {
      return .record(
        PlainRecord(
          record,
          record.fields.map { field in
            if let own, field.name == "custom" { .record(PlainRecord(own, [])) } else { isAll ? .int(0) : .null }
          }))
    }
    let json = try JSONValue(Array(text.utf8))
    if isAll {
      let sums = try record.fields.map { field throws(CallError) -> Value in
        guard let number = json[field.name]?.string.flatMap({ Int64($0) }) else {
          throw CallError(.failedPrecondition, "SUM_TOO_LARGE", "the sum of \(field.name) that \(name) looks up is larger than can be held")
        }
        return .int(number)
      }
      return .record(PlainRecord(record, sums))
    }
    return .record(
      PlainRecord(
        record,
        columns.map { column in
          let value = json[column.name] ?? .null
          guard let own, column.name == "custom" else { return column.lookupValue(value) }
          return .record(PlainRecord(own, own.fields.map { OwnFields.value(value[$0.name] ?? .null, $0.type.unwrapped) ?? .null }))
        }))
  }
}

extension MessageSchema.Field {
  fileprivate var isWholeNumber: Bool {
    switch kind {
    case .int32, .int64: !isRepeated
    default: false
    }
  }

  /// What a column gives; NULL is null.
  fileprivate var lookupType: ValueType {
    if isRepeated { return .list(.string) }
    return switch kind {
    case .bool: .nullable(.bool)
    case .int32, .int64: .nullable(.int)
    case .string: .nullable(TextMeaning(self)?.type ?? .string)
    case .message("google.protobuf.Timestamp"): .nullable(.timestamp)
    case .message("google.protobuf.Struct"): .map(.string, .dyn)
    default: .dyn
    }
  }

  /// - Parameter json: as to_jsonb writes the column.
  fileprivate func lookupValue(_ json: JSONValue) -> Value {
    switch (json, kind) {
    case (.null, _): return .null
    case (.bool(let value), _): return .bool(value)
    case (.number(let text), _): return Int64(text).map { .int($0) } ?? DecimalValue(text).map { .decimal($0) } ?? .null
    case (.string(let text), .message("google.protobuf.Timestamp")): return TimestampValue(text).map { .timestamp($0) } ?? .null
    case (.string(let text), _): return TextMeaning(self).map { $0.value(of: text) ?? .null } ?? .string(text)
    case (.array(let items), _): return .list(items.map { .string($0.string ?? "") })
    case (.object(let members), _):
      let entries = members.map { MapValue.Entry(key: .string($0.key), value: lookupValue($0.value)) }
      return .map((try? MapValue(entries)) ?? .empty)
    }
  }
}
