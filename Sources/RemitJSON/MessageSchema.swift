public import SwiftProtobuf

/// The messages of some proto files, as far as JSON needs to know them. Nothing in it is a message object: it turns bytes into bytes.
public struct MessageSchema: Sendable {
  package struct Field: Sendable {
    package enum Kind: Sendable {
      case bool, int32, sint32, uint32, int64, sint64, uint64, fixed32, sfixed32, fixed64, sfixed64, float, double, string, bytes
      case `enum`(String)
      case message(String)
    }

    package let number: Int
    /// As in the proto file: "customer_id".
    package let name: String
    /// As JSON is written: "customerId".
    let jsonName: String
    package let kind: Kind
    package let isRepeated: Bool
    /// Which oneof it is of; nil where of none.
    package let oneof: Int32?

    var isPackable: Bool {
      switch kind {
      case .string, .bytes, .message: false
      default: true
      }
    }
  }

  package struct MessageType: Sendable {
    package let name: String
    /// By number.
    package let fields: [Field]
    /// By both names.
    package let byName: [String: Field]
    package let byNumber: [Int: Field]
    package let isMapEntry: Bool
  }

  package struct EnumType: Sendable {
    package let numbers: [String: Int32]
    package let names: [Int32: String]
  }

  private var messages: [String: MessageType] = [:]
  private var enums: [String: EnumType] = [:]

  public init(_ files: [Google_Protobuf_FileDescriptorProto]) {
    for file in files {
      let scope = file.package.isEmpty ? "" : file.package + "."
      for message in file.messageType { add(message, scope) }
      for value in file.enumType { add(value, scope) }
    }
  }

  /// Whether it knows a message by its full name.
  public func knows(_ message: String) -> Bool { messages[message] != nil }

  package func message(_ name: String) throws(JSONError) -> MessageType {
    guard let found = messages[name] else { throw JSONError("", "there is no message \(name)") }
    return found
  }

  package func enumType(_ name: String) throws(JSONError) -> EnumType {
    guard let found = enums[name] else { throw JSONError("", "there is no enum \(name)") }
    return found
  }

  /// The entry's message where a field is a map.
  package func mapEntry(_ field: Field) -> MessageType? {
    guard field.isRepeated, case .message(let name) = field.kind, let type = messages[name], type.isMapEntry else { return nil }
    return type
  }

  private mutating func add(_ message: Google_Protobuf_DescriptorProto, _ scope: String) {
    let name = scope + message.name
    let fields = message.field.compactMap(Self.field).sorted { $0.number < $1.number }
    messages[name] = MessageType(
      name: name, fields: fields,
      byName: Dictionary(fields.flatMap { [($0.name, $0), ($0.jsonName, $0)] }, uniquingKeysWith: { first, _ in first }),
      byNumber: Dictionary(fields.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first }), isMapEntry: message.options.mapEntry)
    for nested in message.nestedType { add(nested, name + ".") }
    for value in message.enumType { add(value, name + ".") }
  }

  private mutating func add(_ value: Google_Protobuf_EnumDescriptorProto, _ scope: String) {
    enums[scope + value.name] = EnumType(
      numbers: Dictionary(value.value.map { ($0.name, $0.number) }, uniquingKeysWith: { first, _ in first }),
      // Of aliases the first is written.
      names: Dictionary(value.value.map { ($0.number, $0.name) }, uniquingKeysWith: { first, _ in first }))
  }

  /// nil for groups, which proto3 does not have.
  private static func field(_ field: Google_Protobuf_FieldDescriptorProto) -> Field? {
    let type = String(field.typeName.drop { $0 == "." })
    let kind: Field.Kind? =
      switch field.type {
      case .bool: .bool
      case .int32: .int32
      case .sint32: .sint32
      case .uint32: .uint32
      case .int64: .int64
      case .sint64: .sint64
      case .uint64: .uint64
      case .fixed32: .fixed32
      case .sfixed32: .sfixed32
      case .fixed64: .fixed64
      case .sfixed64: .sfixed64
      case .float: .float
      case .double: .double
      case .string: .string
      case .bytes: .bytes
      case .enum: .enum(type)
      case .message: .message(type)
      default: nil
      }
    guard let kind else { return nil }
    return Field(
      number: Int(field.number), name: field.name, jsonName: field.hasJsonName ? field.jsonName : camelCase(field.name), kind: kind,
      isRepeated: field.label == .repeated, oneof: field.hasOneofIndex ? field.oneofIndex : nil)
  }

  /// "customer_id" as "customerId".
  static func camelCase(_ name: String) -> String {
    var text = ""
    var isUpper = false
    for character in name {
      if character == "_" {
        isUpper = true
      } else {
        text += isUpper ? character.uppercased() : String(character)
        isUpper = false
      }
    }
    return text
  }

  /// "customerId" as "customer_id".
  package static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { text, character in text += character.isUppercase ? "_" + character.lowercased() : String(character) }
  }
}

/// Why JSON and a message do not fit, and where: "customer.lines[2].amount".
public struct JSONError: Error, Sendable, CustomStringConvertible {
  public internal(set) var path: String
  public let message: String

  init(_ path: String, _ message: String) {
    self.path = path
    self.message = message
  }

  public var description: String { path.isEmpty ? message : "\(path): \(message)" }

  /// The same, seen from the message around it.
  func within(_ part: String) -> JSONError {
    JSONError(path.isEmpty ? part : path.first == "[" ? part + path : "\(part).\(path)", message)
  }
}
