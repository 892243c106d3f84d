import RemitJSON
import SwiftProtobuf

/// The messages of a module as its descriptors have them, for the options of a request and the columns of a reply.
struct ModuleSchema: Sendable {
  typealias Field = Google_Protobuf_FieldDescriptorProto

  let messages: MessageSchema
  let comments: DescriptorComments
  /// By full name.
  private var types: [String: Google_Protobuf_DescriptorProto] = [:]

  init(_ files: [Google_Protobuf_FileDescriptorProto]) {
    messages = MessageSchema(files)
    comments = DescriptorComments(files)
    for file in files { for message in file.messageType { add(message, file.package) } }
  }

  private mutating func add(_ message: Google_Protobuf_DescriptorProto, _ scope: String) {
    let name = "\(scope).\(message.name)"
    types[name] = message
    for nested in message.nestedType { add(nested, name) }
  }

  func fields(of message: String) -> [Field] { types[message]?.field ?? [] }

  func field(_ name: String, of message: String) -> Field? { fields(of: message).first { $0.name == name } }

  func isMap(_ field: Field) -> Bool { field.label == .repeated && types[field.message]?.options.mapEntry == true }

  /// Whether a message holds bytes, which are a file's.
  func holdsBytes(_ message: String, depth: Int = 0) -> Bool {
    depth < 6 && fields(of: message).contains { $0.type == .bytes || $0.type == .message && holdsBytes($0.message, depth: depth + 1) }
  }

  /// The message of a single field that is shown and given by its own fields.
  func inner(_ field: Field) -> String? {
    guard field.type == .message, field.label != .repeated, !field.message.hasPrefix("google.protobuf."), field.message != Field.money
    else {
      return nil
    }
    return field.message
  }
}

extension Google_Protobuf_FieldDescriptorProto {
  static let money = "remit.type.v1.Money"

  /// Its message's full name.
  var message: String { String(typeName.dropFirst()) }
  var isMoney: Bool { type == .message && message == Self.money }
  var isNumber: Bool { ![.string, .bytes, .bool, .enum, .message].contains(type) }
}
