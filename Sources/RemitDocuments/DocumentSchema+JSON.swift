import RemitAPI
public import RemitJSON

extension DocumentSchema {
  /// What documents of a kind may be, as JSON Schema 2020-12, for editors: with what comments of the proto files say.
  public func jsonSchema(ofKind kind: String, message: String, comments: DescriptorComments) -> JSONValue {
    var defined: [String] = []
    var left = [message]
    var definitions: [(key: String, value: JSONValue)] = []
    while let name = left.popLast() {
      guard !defined.contains(name), let type = messages[name] else { continue }
      defined.append(name)
      left += type.fields.compactMap { field in innerMessage(of: field) }
      definitions.append((name, object(type, kind: name == message ? kind : nil, comments)))
    }
    return .object([
      ("$schema", .string("https://json-schema.org/draft/2020-12/schema")), ("title", .string(kind)),
      ("$ref", .string("#/$defs/\(message)")), ("$defs", .object(definitions.sorted { $0.key < $1.key })),
    ])
  }

  private func innerMessage(of field: Field) -> String? {
    guard case .message(let name) = field.kind, Self.plain[name] == nil else { return nil }
    guard field.isMap else { return name }
    return messages[name]?.field("value").flatMap { innerMessage(of: $0) }
  }

  private func object(_ type: MessageType, kind: String?, _ comments: DescriptorComments) -> JSONValue {
    var properties: [(key: String, value: JSONValue)] = []
    var required = type.fields.filter(\.rule.required).map(\.name)
    if let kind {
      properties = [
        ("kind", .object([("const", .string(kind))])),
        ("name", .object([("type", .string("string")), ("pattern", .string("^[a-z][a-z0-9_-]{0,62}$"))])),
      ]
      required = ["kind", "name"] + required.filter { $0 != "name" }
    }
    for field in type.fields where kind == nil || field.name != "name" {
      properties.append((field.name, described(schema(field), comments["\(type.name).\(field.name)"])))
    }
    var members: [(key: String, value: JSONValue)] = [
      ("type", .string("object")), ("properties", .object(properties)), ("additionalProperties", .bool(false)),
    ]
    if !required.isEmpty { members.append(("required", .array(required.map { .string($0) }))) }
    return described(.object(members), comments[type.name])
  }

  private func described(_ schema: JSONValue, _ comment: String?) -> JSONValue {
    guard let comment, case .object(let members) = schema else { return schema }
    return .object(members + [("description", .string(comment))])
  }

  private func schema(_ field: Field) -> JSONValue {
    if field.isMap, case .message(let name) = field.kind, let value = messages[name]?.field("value") {
      return .object([("type", .string("object")), ("additionalProperties", one(value))])
    }
    guard field.isRepeated else { return one(field) }
    let most = field.rule.maxItems > 0 ? Int(field.rule.maxItems) : DocumentShaping.itemsMax
    return .object([("type", .string("array")), ("items", one(field)), ("maxItems", .number("\(most)"))])
  }

  private func one(_ field: Field) -> JSONValue {
    switch field.kind {
    case .bool: return .object([("type", .string("boolean"))])
    case .integer(let range):
      let least = max(Int128(field.rule.min) ?? range.lowerBound, range.lowerBound)
      let most = min(Int128(field.rule.max) ?? range.upperBound, range.upperBound)
      return .object([("type", .string("integer")), ("minimum", .number("\(least)")), ("maximum", .number("\(most)"))])
    case .number: return .object([("type", .string("number"))])
    case .text:
      let most = field.rule.maxBytes > 0 ? Int(field.rule.maxBytes) : DocumentShaping.textBytesMax
      // A text without quotes may look like a number or a date: the field says what it is.
      var members: [(key: String, value: JSONValue)] = [
        ("type", .array(["string", "number", "boolean"].map { .string($0) })), ("maxLength", .number("\(most)")),
      ]
      if !field.rule.pattern.isEmpty { members.append(("pattern", .string("^(?:\(field.rule.pattern))$"))) }
      return .object(members)
    case .bytes: return .object([("type", .string("string")), ("contentEncoding", .string("base64"))])
    case .enum(let name): return .object([("enum", .array((enums[name] ?? []).map { .string($0.written) }))])
    case .message(let name):
      return Self.plain[name] ?? .object([("$ref", .string("#/$defs/\(name)"))])
    }
  }

  /// Messages that are written in a form of their own.
  private static let plain: [String: JSONValue] = [
    "google.protobuf.Struct": .object([("type", .string("object"))]), "google.protobuf.Value": .object([]),
    "google.protobuf.ListValue": .object([("type", .string("array"))]),
    "google.protobuf.Timestamp": .object([("type", .string("string")), ("format", .string("date-time"))]),
    "google.protobuf.Duration": .object([("type", .string("string")), ("pattern", .string("^-?[0-9]+(\\.[0-9]+)?s$"))]),
    "remit.type.v1.Money": .object([
      (
        "anyOf",
        .array([
          .object([("type", .string("string")), ("pattern", .string("^-?[0-9]{1,30}(\\.[0-9]{1,18})? [A-Z]{3}$"))]),
          .object([
            ("type", .string("object")),
            (
              "properties",
              .object([
                ("currency", .object([("type", .string("string"))])),
                ("amount", .object([("type", .array([.string("string"), .string("number")]))])),
              ])
            ),
            ("additionalProperties", .bool(false)),
          ]),
        ])
      )
    ]),
  ]
}
