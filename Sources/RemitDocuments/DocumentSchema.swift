import RemitAPI
public import SwiftProtobuf

/// The messages that documents are, with what their fields ask for (remit.api.v1.FieldRule).
public struct DocumentSchema: Sendable {
  struct Field: Sendable {
    enum Kind: Sendable, Equatable {
      case bool, integer(ClosedRange<Int128>), number, text, bytes
      case `enum`(String)
      case message(String)
    }

    let name: String
    let jsonName: String
    let kind: Kind
    let isRepeated: Bool
    let oneof: Int32?
    let rule: Remit_Api_V1_FieldRule
    let isMap: Bool
  }

  struct MessageType: Sendable {
    let name: String
    let fields: [Field]
    let oneofs: [String]

    func field(_ name: String) -> Field? { fields.first { $0.name == name } }
  }

  private(set) var messages: [String: MessageType] = [:]
  /// Full name -> (name as documents write it, as the proto file does).
  private(set) var enums: [String: [(written: String, name: String)]] = [:]

  /// - Parameter files: with all that they import, parsed with Remit_Api_V1_Options_Extensions.
  public init(_ files: [Google_Protobuf_FileDescriptorProto]) {
    for file in files {
      let scope = file.package.isEmpty ? "" : file.package + "."
      for message in file.messageType { add(message, scope) }
      for value in file.enumType { add(value, scope) }
    }
  }

  private mutating func add(_ message: Google_Protobuf_DescriptorProto, _ scope: String) {
    let name = scope + message.name
    let maps = Set(message.nestedType.filter(\.options.mapEntry).map { "\(name).\($0.name)" })
    messages[name] = MessageType(
      name: name, fields: message.field.compactMap { Self.field($0, maps) }, oneofs: message.oneofDecl.map(\.name))
    for nested in message.nestedType { add(nested, name + ".") }
    for value in message.enumType { add(value, name + ".") }
  }

  /// The value 0 that says nothing is not written.
  private mutating func add(_ value: Google_Protobuf_EnumDescriptorProto, _ scope: String) {
    enums[scope + value.name] = value.value.filter { !$0.name.hasSuffix("UNSPECIFIED") }.map {
      (EnumWords.written($0.name, of: value.name), $0.name)
    }
  }

  private static func field(_ field: Google_Protobuf_FieldDescriptorProto, _ maps: Set<String>) -> Field? {
    let type = String(field.typeName.drop { $0 == "." })
    let kind: Field.Kind? =
      switch field.type {
      case .bool: .bool
      case .int32, .sint32, .sfixed32: .integer(Int128(Int32.min)...Int128(Int32.max))
      case .int64, .sint64, .sfixed64: .integer(Int128(Int64.min)...Int128(Int64.max))
      case .uint32, .fixed32: .integer(0...Int128(UInt32.max))
      case .uint64, .fixed64: .integer(0...Int128(UInt64.max))
      case .float, .double: .number
      case .string: .text
      case .bytes: .bytes
      case .enum: .enum(type)
      case .message: .message(type)
      default: nil
      }
    guard let kind else { return nil }
    return Field(
      name: field.name, jsonName: field.jsonName, kind: kind, isRepeated: field.label == .repeated,
      oneof: field.hasOneofIndex ? field.oneofIndex : nil, rule: field.options.Remit_Api_V1_field, isMap: maps.contains(type))
  }
}
