import FoundationEssentials
import RemitAPI
import RemitExpressions
import RemitJSON

/// Makes of a document's tree what its message's JSON is, and finds all that is wrong with it.
struct DocumentShaping {
  private static let problemsMax = 50
  static let textBytesMax = 4096
  static let itemsMax = 1000

  private let schema: DocumentSchema
  private let lines: Lines
  var places = DocumentPlaces()
  private(set) var problems: [DocumentProblem] = []
  private(set) var references: [Document.Reference] = []
  private(set) var expressions: [Document.Expression] = []

  init(_ schema: DocumentSchema, lines: Lines) {
    self.schema = schema
    self.lines = lines
  }

  mutating func add(_ place: DocumentPlace, _ path: String, _ wording: Wording) {
    if problems.count < Self.problemsMax { problems.append(DocumentProblem(place, path, wording)) }
  }

  typealias Members = [(key: YAMLNode.Key, value: YAMLNode)]

  // ---- the first two lines

  mutating func kind(of members: Members, _ kinds: [String: String]) -> (kind: String, message: DocumentSchema.MessageType)? {
    guard let (key, value) = members.first, key.name == "kind", case .scalar(let kind, _) = value.value, !kind.isEmpty else { return nil }
    guard let message = kinds[kind].flatMap({ schema.messages[$0] }) else {
      add(value.place, "kind", Self.unknown("kind", "种类", kind, in: kinds.keys.sorted()))
      return nil
    }
    return (kind, message)
  }

  /// As roles, accounts and files are called: one word.
  mutating func name(of members: Members) -> String? {
    guard let (_, value) = members.first(where: { $0.key.name == "name" }) else {
      add(
        members.first?.key.place ?? .init(line: 1, column: 1), "name",
        Wording("it has no name: 'name: standard'", "缺少名称，如 'name: standard'"))
      return nil
    }
    places.entries["name"] = .init(place: value.place)
    guard case .scalar(let name, _) = value.value, name.wholeMatch(of: /[a-z][a-z0-9_-]{0,62}/) != nil else {
      add(
        value.place, "name",
        Wording("a name has a-z, 0-9, _ and -, begins with a letter and has at most 63", "名称由 a-z、0-9、_ 和 - 组成，以字母开头，最多 63 个字符"))
      return nil
    }
    return name
  }

  private static func unknown(_ what: String, _ chinese: String, _ name: String, in names: [String]) -> Wording {
    let shown = "'\(name.prefix(60))'"
    if let near = Suggestion.name(nearestTo: name, among: names) {
      return Wording("there is no \(what) \(shown); did you mean '\(near)'?", "没有\(chinese) \(shown)；是否指 '\(near)'？")
    }
    let all = names.joined(separator: ", ")
    return Wording("there is no \(what) \(shown); there are \(all)", "没有\(chinese) \(shown)；可用：\(all)")
  }

  // ---- messages and their fields

  mutating func message(_ members: Members, _ type: DocumentSchema.MessageType, at place: DocumentPlace, path: String) -> JSONValue {
    var given: [(key: String, value: JSONValue)] = []
    var oneofs: [Int32: String] = [:]
    var present: Set<String> = []
    for (key, node) in members {
      let path = path.isEmpty ? key.name : "\(path).\(key.name)"
      places.entries[path] = .init(place: key.place)
      guard let field = type.field(key.name) else {
        add(key.place, path, Self.unknown("field", "字段", key.name, in: type.fields.map(\.name)))
        continue
      }
      // A list of nothing is none.
      if case .list(let items) = node.value, items.isEmpty { continue }
      if node.isEmpty { continue }
      present.insert(field.name)
      if let oneof = field.oneof {
        if let other = oneofs[oneof] {
          add(key.place, path, Wording("'\(field.name)' and '\(other)' exclude each other", "'\(field.name)' 与 '\(other)' 只能取其一"))
        }
        oneofs[oneof] = field.name
      }
      if let value = value(node, field, path) { given.append((field.jsonName, value)) }
    }
    for field in type.fields where field.rule.required && !present.contains(field.name) {
      add(place, path.isEmpty ? field.name : "\(path).\(field.name)", Wording("'\(field.name)' is missing", "缺少 '\(field.name)'"))
    }
    return .object(given)
  }

  private mutating func value(_ node: YAMLNode, _ field: DocumentSchema.Field, _ path: String) -> JSONValue? {
    if field.isMap { return map(node, field, path) }
    guard field.isRepeated else { return one(node, field, path) }
    guard case .list(let items) = node.value else {
      add(node.place, path, Wording("a list is expected: [...], or lines that begin with -", "此处应为列表：[...] 或以 - 开头的各行"))
      return nil
    }
    let most = field.rule.maxItems > 0 ? Int(field.rule.maxItems) : Self.itemsMax
    guard items.count <= most else {
      add(node.place, path, Wording("at most \(most), not \(items.count)", "最多 \(most) 项，现为 \(items.count) 项"))
      return nil
    }
    var values: [JSONValue] = []
    for (index, item) in items.enumerated() {
      places.entries["\(path)[\(index)]"] = .init(place: item.place)
      if let value = one(item, field, "\(path)[\(index)]") { values.append(value) }
    }
    return .array(values)
  }

  private mutating func map(_ node: YAMLNode, _ field: DocumentSchema.Field, _ path: String) -> JSONValue? {
    guard case .message(let name) = field.kind, let value = schema.messages[name]?.field("value") else { return nil }
    guard case .map(let members) = node.value else {
      add(node.place, path, Wording("names with values are expected: {name: value}", "此处应为 {名称: 值}"))
      return nil
    }
    var given: [(key: String, value: JSONValue)] = []
    for (key, node) in members {
      let path = "\(path).\(key.name)"
      places.entries[path] = .init(place: key.place)
      if let one = one(node, value, path) { given.append((key.name, one)) }
    }
    return .object(given)
  }

  private mutating func one(_ node: YAMLNode, _ field: DocumentSchema.Field, _ path: String) -> JSONValue? {
    if case .message(let name) = field.kind { return inner(node, name, path) }
    guard case .scalar(let text, let style) = node.value else {
      add(node.place, path, Wording("one value is expected, not \(node.value.isList ? "a list" : "names with values")", "此处应为单个值"))
      return nil
    }
    places.entries[path]?.text = lines.form(of: text, style, at: node.place)
    switch field.kind {
    case .text: return self.text(text, node.place, field, path)
    case .bool:
      if style == .plain, ["true", "false"].contains(text) { return .bool(text == "true") }
      let meant = ["yes", "on", "y"].contains(text.lowercased()) ? "true" : ["no", "off", "n"].contains(text.lowercased()) ? "false" : nil
      add(
        node.place, path,
        Wording(
          "true or false is expected\(meant.map { "; did you mean \($0)?" } ?? "")", "此处应为 true 或 false\(meant.map { "；是否指 \($0)？" } ?? "")"
        ))
    case .integer(let range): return integer(text, node.place, range, field, path)
    case .number:
      if text.wholeMatch(of: /-?[0-9]{1,300}(\.[0-9]{1,300})?/) != nil { return .number(JSONShaping.number(text)) }
      add(node.place, path, Wording("a number is expected, such as 12.5", "此处应为数字，如 12.5"))
    case .bytes: return .string(text)
    case .enum(let name):
      let values = schema.enums[name] ?? []
      if let found = values.first(where: { $0.written == text }) { return .string(found.name) }
      add(node.place, path, Self.unknown("such word here:", "此取值", text, in: values.map(\.written)))
    case .message: break
    }
    return nil
  }

  private mutating func text(_ text: String, _ place: DocumentPlace, _ field: DocumentSchema.Field, _ path: String) -> JSONValue? {
    let most = field.rule.maxBytes > 0 ? Int(field.rule.maxBytes) : Self.textBytesMax
    guard text.utf8.count <= most else {
      add(place, path, Wording("at most \(most) bytes, not \(text.utf8.count)", "最多 \(most) 字节，现为 \(text.utf8.count) 字节"))
      return nil
    }
    guard field.rule.pattern.isEmpty || Self.matches(text, field.rule.pattern) else {
      add(place, path, Wording("must be of the form \(field.rule.pattern)", "格式应为 \(field.rule.pattern)"))
      return nil
    }
    if field.rule.hasExpression {
      expressions.append(.init(text: text, type: field.rule.expression.type, over: field.rule.expression.over, path: path))
    }
    if !field.rule.reference.isEmpty { references.append(.init(kind: field.rule.reference, name: text, path: path)) }
    return .string(text)
  }

  private static let matching = Result {
    try Expression(
      "text.matches(pattern)", in: Environment(variables: [.init("text", .string), .init("pattern", .string)]), expecting: .bool)
  }

  /// Whether a pattern, of RE2, fits the whole of a text; not where it is none.
  private static func matches(_ text: String, _ pattern: String) -> Bool {
    (try? matching.get().holds([.string(text), .string("^(?:\(pattern))$")])) ?? false
  }

  private mutating func integer(
    _ text: String, _ place: DocumentPlace, _ range: ClosedRange<Int128>, _ field: DocumentSchema.Field, _ path: String
  ) -> JSONValue? {
    guard text.wholeMatch(of: /-?[0-9]+(_[0-9]+)*/) != nil, text.utf8.count <= 60, let number = Int128(text.replacing("_", with: "")) else {
      add(place, path, Wording("a whole number is expected, such as 30", "此处应为整数，如 30"))
      return nil
    }
    let least = max(Int128(field.rule.min) ?? range.lowerBound, range.lowerBound)
    let most = min(Int128(field.rule.max) ?? range.upperBound, range.upperBound)
    guard number >= least, number <= most else {
      add(place, path, Wording("\(least) to \(most) is expected, not \(number)", "应为 \(least) 到 \(most)，现为 \(number)"))
      return nil
    }
    return .number("\(number)")
  }

  private mutating func inner(_ node: YAMLNode, _ name: String, _ path: String) -> JSONValue? {
    if let plain = wellKnown(node, name, path) { return plain.value }
    guard let type = schema.messages[name] else { return nil }
    guard case .map(let members) = node.value else {
      let names = type.fields.map(\.name).joined(separator: ", ")
      add(node.place, path, Wording("fields are expected: {\(names)}", "此处应为字段：{\(names)}"))
      return nil
    }
    return message(members, type, at: node.place, path: path)
  }

  /// Messages that are written in a form of their own. nil: it is none of them.
  private mutating func wellKnown(_ node: YAMLNode, _ name: String, _ path: String) -> (value: JSONValue?, Void)? {
    switch name {
    case "google.protobuf.Struct":
      guard case .map = node.value else {
        add(node.place, path, Wording("names with values are expected: {name: value}", "此处应为 {名称: 值}"))
        return (nil, ())
      }
      return (JSONShaping.any(node), ())
    case "google.protobuf.Value", "google.protobuf.ListValue": return (JSONShaping.any(node), ())
    case "remit.type.v1.Money":
      // 50.00 EUR, as people write it.
      guard case .scalar(let text, _) = node.value else { return nil }
      guard let match = text.wholeMatch(of: /(-?[0-9]{1,30}(?:\.[0-9]{1,18})?) ([A-Z]{3})/) else {
        add(node.place, path, Wording("an amount is expected, such as 50.00 EUR", "此处应为金额，如 50.00 CNY"))
        return (nil, ())
      }
      return (.object([("currency", .string(String(match.2))), ("amount", .string(String(match.1)))]), ())
    case "remit.document.v1.Text":
      // One text for all languages.
      guard case .scalar(let text, _) = node.value else { return nil }
      return (.object([("any", .string(text))]), ())
    case "google.protobuf.Timestamp", "google.protobuf.Duration":
      guard case .scalar(let text, _) = node.value else { return nil }
      return (.string(text), ())
    default: return nil
    }
  }
}

extension YAMLNode.Value {
  fileprivate var isList: Bool { if case .list = self { true } else { false } }
}

/// Values that no field describes, as YAML's core schema reads them.
enum JSONShaping {
  static func any(_ node: YAMLNode) -> JSONValue {
    switch node.value {
    case .list(let items): return .array(items.map(any))
    case .map(let members): return .object(members.map { ($0.key.name, any($0.value)) })
    case .scalar(let text, .plain):
      switch text {
      case "", "null", "~": return .null
      case "true", "false": return .bool(text == "true")
      default:
        return text.wholeMatch(of: /-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?/) == nil ? .string(text) : .number(text)
      }
    case .scalar(let text, _): return .string(text)
    }
  }

  /// As JSON has it: without zeros before it.
  static func number(_ text: String) -> String {
    let isNegative = text.hasPrefix("-")
    let digits = text.drop { $0 == "-" }
    let whole = digits.prefix { $0 != "." }.drop { $0 == "0" }
    return (isNegative ? "-" : "") + (whole.isEmpty ? "0" : whole) + digits.drop { $0 != "." }
  }
}
