import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitJSON
import RemitSDK

/// A source, checked and compiled: it makes requests of the rows of files.
final class SourceProgram: Sendable {
  struct Field: Sendable {
    let source: Remit_Document_V1_SourceField
    /// From the request to what the cell gives.
    let path: [MessageSchema.Field]
    /// Of the company's own, below the last of `path`.
    let own: RecordType.Field?
    /// Over `row` and `today`, instead of a column.
    let value: Expression?
    let find: Find?

    /// As JSON has it.
    var keys: [String] { path.map(\.name) + (own.map { [$0.name] } ?? []) }
    /// How many of `keys` lead to the list that it is in an element of; nil: it is in none.
    var listDepth: Int? { path.dropLast().firstIndex(where: \.isRepeated).map { $0 + 1 } }
    /// The headers that its column may have.
    var headers: [String] { (source.column.isEmpty ? [] : [source.column]) + source.or }
  }

  struct Find: Sendable {
    let view: LookupViews.View
    let by: [String]
    let gives: String
    let words: String
  }

  let source: Remit_Document_V1_Source
  let method: ServedMethod
  let fields: [Field]

  fileprivate init(_ source: Remit_Document_V1_Source, _ method: ServedMethod, _ fields: [Field]) {
    self.source = source
    self.method = method
    self.fields = fields
  }

  static let environment = Environment(variables: [.init("row", .map(.string, .string)), .init("today", .date)])

  /// - Parameter own: fields of the company's own in a message of the request, by the name of the request's field that holds it.
  static func compile(
    _ source: Remit_Document_V1_Source, for method: ServedMethod, schema: MessageSchema, views: LookupViews,
    own: [String: [RecordType.Field]]
  ) -> (program: SourceProgram?, problems: [ContentProblem]) {
    guard let request = try? schema.message(method.requestType) else { return (nil, []) }
    var builder = SourceBuilder(source: source, schema: schema, views: views, own: own)
    let fields = builder.fields(in: request)
    builder.checkRecord(of: method)
    return (builder.problems.isEmpty ? SourceProgram(source, method, fields) : nil, builder.problems)
  }
}

/// Finds all that is wrong with a source.
private struct SourceBuilder {
  let source: Remit_Document_V1_Source
  let schema: MessageSchema
  let views: LookupViews
  let own: [String: [RecordType.Field]]
  private(set) var problems: [ContentProblem] = []

  init(source: Remit_Document_V1_Source, schema: MessageSchema, views: LookupViews, own: [String: [RecordType.Field]]) {
    self.source = source
    self.schema = schema
    self.views = views
    self.own = own
  }

  private mutating func add(_ path: String, _ english: String, _ chinese: String) {
    problems.append(ContentProblem(path: path, wording: Wording(english, chinese)))
  }

  mutating func checkRecord(of method: ServedMethod) {
    if method.keepsRecords, source.record.isEmpty { add("method", "records are of a kind: say record", "请用 record 指明记录类型") }
    if !method.keepsRecords, !source.record.isEmpty { add("record", "\(source.method) keeps no records", "\(source.method) 不保存记录") }
  }

  mutating func fields(in request: MessageSchema.MessageType) -> [SourceProgram.Field] {
    var seen: Set<String> = []
    var found: [SourceProgram.Field] = []
    for (index, field) in source.fields.enumerated() {
      let place = "fields[\(index)]"
      if !seen.insert(field.field).inserted {
        add("\(place).field", "'\(field.field)' stands in the source twice", "'\(field.field)' 重复出现")
      }
      let hasColumn = !field.column.isEmpty || !field.or.isEmpty
      if hasColumn == !field.value.isEmpty {
        add("\(place).field", "a column or a value is wanted, and not both", "应指明 column 或 value 之一")
      }
      guard let (path, own) = path(field.field, at: "\(place).field", in: request) else { continue }
      found.append(
        SourceProgram.Field(
          source: field, path: path, own: own, value: value(field.value, at: "\(place).value"),
          find: field.hasFind ? find(field.find, at: "\(place).find") : nil))
    }
    if source.hasFile, !source.file.delimiter.isEmpty, source.file.delimiterByte == nil {
      add("file.delimiter", "is a comma, a semicolon, a bar, or tab", "应为逗号、分号、竖线或 tab")
    }
    if !source.file.encoding.isEmpty, TextDecoding.encodings[source.file.encoding] == nil {
      let all = TextDecoding.encodings.keys.sorted().joined(separator: ", ")
      add("file.encoding", "is one of \(all)", "应为以下之一：\(all)")
    }
    return found
  }

  private mutating func path(
    _ name: String, at place: String, in request: MessageSchema.MessageType
  ) -> (path: [MessageSchema.Field], own: RecordType.Field?)? {
    var (type, path) = (request, [MessageSchema.Field]())
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    for (depth, part) in parts.enumerated() {
      guard let field = type.byName[part], field.name == part, schema.mapEntry(field) == nil else {
        let near = Suggestion.name(nearestTo: part, among: type.fields.map(\.name))
        add(
          place, "there is no field '\(part)' in \(type.name)\(near.map { "; did you mean '\($0)'?" } ?? "")",
          "\(type.name) 没有字段 '\(part)'\(near.map { "；是否指 '\($0)'？" } ?? "")")
        return nil
      }
      path.append(field)
      let isLast = depth == parts.count - 1
      switch field.kind {
      case .message("google.protobuf.Struct") where depth == parts.count - 2:
        let declared = own[path.dropLast().first?.name ?? ""] ?? []
        if let field = declared.first(where: { $0.name == parts[depth + 1] }) { return (path, field) }
        let near = Suggestion.name(nearestTo: parts[depth + 1], among: declared.map(\.name))
        add(
          place, "no form declares the field '\(parts[depth + 1])'\(near.map { "; did you mean '\($0)'?" } ?? "")",
          "没有表单声明字段 '\(parts[depth + 1])'\(near.map { "；是否指 '\($0)'？" } ?? "")")
        return nil
      case .message("remit.type.v1.Money") where isLast, .message("google.protobuf.Timestamp") where isLast: break
      case .message(let message):
        guard !isLast, let inner = try? schema.message(message), path.count(where: \.isRepeated) < 2 else {
          add(place, "'\(name)' is no single value", "'\(name)' 不是单个值")
          return nil
        }
        type = inner
      case .bytes:
        add(place, "'\(name)' is no text, number or day", "'\(name)' 不是文本、数字或日期")
        return nil
      default:
        guard isLast else {
          add(place, "there is nothing below '\(part)'", "'\(part)' 之下没有字段")
          return nil
        }
      }
    }
    return (path, nil)
  }

  private mutating func value(_ text: String, at place: String) -> Expression? {
    guard !text.isEmpty else { return nil }
    do throws(ExpressionErrors) {
      let expression = try Expression(text, in: SourceProgram.environment)
      switch expression.type.unwrapped {
      case .list, .map, .record, .bytes, .optional, .opaque, .type:
        add(place, "this gives a \(expression.type.name), where one text, number or day is wanted", "应得到单个文本、数字或日期")
      default: break
      }
      return expression
    } catch {
      problems += error.items.map { ContentProblem($0, at: place) }
      return nil
    }
  }

  private mutating func find(_ lookup: Remit_Document_V1_SourceLookup, at place: String) -> SourceProgram.Find? {
    guard let view = views.view(lookup.view), let type = try? schema.message(view.message) else { return nil }
    let named = lookup.by.enumerated().map { ("\(place).by[\($0)]", $1) } + [("\(place).gives", lookup.gives)]
    for (place, column) in named where type.byName[column]?.name != column {
      let near = Suggestion.name(nearestTo: column, among: type.fields.map(\.name))
      add(
        place, "\(lookup.view) has no column '\(column)'\(near.map { "; did you mean '\($0)'?" } ?? "")",
        "\(lookup.view) 没有列 '\(column)'\(near.map { "；是否指 '\($0)'？" } ?? "")")
    }
    return SourceProgram.Find(
      view: view, by: lookup.by, gives: lookup.gives,
      words:
        "\(lookup.view.split(separator: ".").last.map { $0.replacing(/_v[0-9]+$/, with: "") } ?? "row") of this \(lookup.by.joined(separator: " or "))"
    )
  }
}

extension ServedMethod {
  var keepsRecords: Bool { service == "remit.platform.v1.RecordService" }
}

extension Remit_Document_V1_FileForm {
  /// nil: none is said, or it is no separator.
  var delimiterByte: UInt8? {
    if delimiter == "tab" { return UInt8(ascii: "\t") }
    guard delimiter.utf8.count == 1, let byte = delimiter.utf8.first, DelimitedText.delimiters.contains(byte) else { return nil }
    return byte
  }
}
