import RemitAPI
import RemitJSON
import SwiftProtobuf

/// What the JSON door serves, as OpenAPI 3.1: made of the descriptors, with what the proto files say in comments. Streams are not in it, which it has no words for.
struct OpenAPI {
  private let comments: DescriptorComments
  private var messages: [String: Google_Protobuf_DescriptorProto] = [:]
  private var enums: [String: Google_Protobuf_EnumDescriptorProto] = [:]

  init(_ files: [Google_Protobuf_FileDescriptorProto]) {
    comments = DescriptorComments(files)
    for file in files {
      let scope = file.package.isEmpty ? "" : file.package + "."
      for message in file.messageType { add(message, scope) }
      for value in file.enumType { enums[scope + value.name] = value }
    }
  }

  private mutating func add(_ message: Google_Protobuf_DescriptorProto, _ scope: String) {
    messages[scope + message.name] = message
    for nested in message.nestedType { add(nested, "\(scope)\(message.name).") }
    for value in message.enumType { enums["\(scope)\(message.name).\(value.name)"] = value }
  }

  func text(of methods: [ServedMethod]) -> String {
    let unary = methods.filter { !$0.isServerStreaming && !$0.isClientStreaming }.sorted { $0.path < $1.path }
    var wanted = unary.flatMap { [$0.requestType, $0.replyType] }
    var schemas: [String: JSONValue] = [:]
    while let name = wanted.popLast() {
      guard schemas[name] == nil, let message = messages[name] else { continue }
      schemas[name] = schema(of: message, name)
      wanted += message.field.filter { $0.type == .message }.map { String($0.typeName.dropFirst()) }
        .flatMap { name in messages[name]?.options.mapEntry == true ? mapValue(name) : [name] }.filter { Self.wellKnown[$0] == nil }
    }
    schemas["ConnectError"] = Self.error
    return JSONValue.object([
      ("openapi", .string("3.1.0")),
      (
        "info",
        .object([
          ("title", .string("Remit")), ("version", .string("1")),
          (
            "description",
            .string(
              "Every method by the Connect protocol. Messages are JSON as proto3 has it: fields in lowerCamelCase, 64-bit integers as strings, amounts of money as strings."
            )
          ),
        ])
      ), ("paths", .object(unary.map { ($0.path, path($0)) })),
      (
        "components",
        .object([
          ("schemas", .object(schemas.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })),
          ("securitySchemes", .object([("key", .object([("type", .string("http")), ("scheme", .string("bearer"))]))])),
        ])
      ), ("security", .array([.object([("key", .array([]))])])),
    ]).text
  }

  private func mapValue(_ entry: String) -> [String] {
    messages[entry]?.field.filter { $0.number == 2 && $0.type == .message }.map { String($0.typeName.dropFirst()) } ?? []
  }

  private func path(_ method: ServedMethod) -> JSONValue {
    var members: [(String, JSONValue)] = [
      (
        "post",
        operation(
          method, id: "",
          [
            (
              "requestBody",
              .object([("required", .bool(true)), ("content", Self.content(Self.reference(method.requestType)))])
            )
          ])
      )
    ]
    if !method.isWrite {
      let parameters: [(name: String, schema: JSONValue?)] = [("encoding", .object([("const", .string("json"))])), ("message", nil)]
      members.append(
        (
          "get",
          operation(
            method, id: ".get",
            [
              (
                "parameters",
                .array(
                  parameters.map { parameter in
                    .object(
                      [("name", .string(parameter.name)), ("in", .string("query")), ("required", .bool(false))]
                        + [parameter.schema.map { ("schema", $0) } ?? ("content", Self.content(Self.reference(method.requestType)))])
                  })
              )
            ])
        ))
    }
    return .object(members)
  }

  private func operation(_ method: ServedMethod, id: String, _ input: [(String, JSONValue)]) -> JSONValue {
    let words = [
      comments["\(method.service).\(method.name)"] ?? "",
      method.rule.anyCaller
        ? "For every key." : "For who has the permission \(method.rule.permission)\(method.rule.operatorsOnly ? ", operators only" : "").",
    ]
    return .object(
      [
        ("operationId", .string("\(method.service).\(method.name)\(id)")),
        ("tags", .array([.string(method.service)])), ("description", .string(words.filter { !$0.isEmpty }.joined(separator: "\n\n"))),
      ] + input + [
        (
          "responses",
          .object([
            ("200", .object([("description", .string("OK")), ("content", Self.content(Self.reference(method.replyType)))])),
            ("default", .object([("description", .string("Refused")), ("content", Self.content(Self.reference("ConnectError")))])),
          ])
        )
      ])
  }

  private static func content(_ schema: JSONValue) -> JSONValue {
    .object([("application/json", .object([("schema", schema)]))])
  }

  private static func reference(_ message: String) -> JSONValue { .object([("$ref", .string("#/components/schemas/\(message)"))]) }

  private func schema(of message: Google_Protobuf_DescriptorProto, _ name: String) -> JSONValue {
    let properties = message.field.map { field -> (String, JSONValue) in
      var schema = schema(of: field)
      if let comment = comments["\(name).\(field.name)"], case .object(let members) = schema {
        schema = .object(members + [("description", .string(comment))])
      }
      return (field.jsonName, schema)
    }
    return .object(
      [("type", .string("object"))] + (comments[name].map { [("description", .string($0))] } ?? [])
        + [("properties", .object(properties)), ("additionalProperties", .bool(false))])
  }

  private func schema(of field: Google_Protobuf_FieldDescriptorProto) -> JSONValue {
    let type = String(field.typeName.dropFirst())
    if let entry = messages[type], entry.options.mapEntry, let value = entry.field.first(where: { $0.number == 2 }) {
      return .object([("type", .string("object")), ("additionalProperties", single(value))])
    }
    guard field.label == .repeated else { return single(field) }
    let most = field.options.hasRemit_Api_V1_field ? field.options.Remit_Api_V1_field.maxItems : 0
    return .object(
      [("type", .string("array")), ("items", single(field))] + (most > 0 ? [("maxItems", .number(String(most)))] : []))
  }

  private func single(_ field: Google_Protobuf_FieldDescriptorProto) -> JSONValue {
    func type(_ name: String, _ more: [(String, JSONValue)] = []) -> JSONValue { .object([("type", .string(name))] + more) }
    let name = String(field.typeName.dropFirst())
    switch field.type {
    case .bool: return type("boolean")
    case .int32, .sint32, .sfixed32: return type("integer", [("format", .string("int32"))])
    case .uint32, .fixed32: return type("integer", [("minimum", .number("0")), ("maximum", .number("4294967295"))])
    case .int64, .sint64, .sfixed64: return type("string", [("format", .string("int64")), ("pattern", .string("^-?[0-9]{1,19}$"))])
    case .uint64, .fixed64: return type("string", [("format", .string("uint64")), ("pattern", .string("^[0-9]{1,20}$"))])
    case .double, .float: return type("number")
    case .string: return type("string")
    case .bytes: return type("string", [("contentEncoding", .string("base64"))])
    case .enum: return .object([("enum", .array((enums[name]?.value ?? []).map { .string($0.name) }))])
    case .message, .group: return Self.wellKnown[name] ?? Self.reference(name)
    }
  }

  private static let wellKnown: [String: JSONValue] = [
    "google.protobuf.Timestamp": .object([("type", .string("string")), ("format", .string("date-time"))]),
    "google.protobuf.Duration": .object([("type", .string("string")), ("pattern", .string("^-?[0-9]+(\\.[0-9]+)?s$"))]),
    "google.protobuf.FieldMask": .object([("type", .string("string"))]),
    "google.protobuf.Struct": .object([("type", .string("object"))]),
  ]

  private static let error: JSONValue = {
    let text: JSONValue = .object([("type", .string("string"))])
    let detail: JSONValue = .object([
      ("type", .string("object")), ("properties", .object([("type", text), ("value", text), ("debug", .object([]))])),
    ])
    return .object([
      ("type", .string("object")),
      (
        "properties",
        .object([("code", text), ("message", text), ("details", .object([("type", .string("array")), ("items", detail)]))])
      ), ("required", .array([.string("code")])),
    ])
  }()
}
