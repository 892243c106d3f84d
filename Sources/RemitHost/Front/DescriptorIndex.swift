import RemitAPI
import SwiftProtobuf

/// The proto files of everything that is served, found by name, by symbol and by extension.
struct DescriptorIndex: Sendable {
  private struct File {
    let bytes: [UInt8]
    let imports: [String]
    let descriptor: Google_Protobuf_FileDescriptorProto
  }

  private var files: [String: File] = [:]
  /// Full name of a service, method, message, enum or extension -> the file that declares it.
  private var symbols: [String: String] = [:]
  private var extensions: [String: [Int32: String]] = [:]

  /// - Parameter sets: encoded FileDescriptorSets. Of files with the same name the first counts.
  init(_ sets: [[UInt8]]) throws {
    for set in sets {
      for file in try Google_Protobuf_FileDescriptorSet(serializedBytes: set, extensions: Remit_Api_V1_Options_Extensions).file
      where files[file.name] == nil { try add(file) }
    }
  }

  /// All, by name.
  var all: [Google_Protobuf_FileDescriptorProto] { files.sorted { $0.key < $1.key }.map(\.value.descriptor) }

  /// A file and all that it imports, each before what imports it; nil where there is none of the name.
  func file(named name: String) -> [[UInt8]]? {
    guard files[name] != nil else { return nil }
    var seen: Set<String> = []
    var found: [[UInt8]] = []
    func visit(_ name: String) {
      guard let file = files[name], seen.insert(name).inserted else { return }
      file.imports.forEach(visit)
      found.append(file.bytes)
    }
    visit(name)
    // The one asked for comes first.
    return found.reversed()
  }

  func file(declaring symbol: String) -> [[UInt8]]? { symbols[symbol].flatMap(file(named:)) }

  func file(extending type: String, _ number: Int32) -> [[UInt8]]? { extensions[type]?[number].flatMap(file(named:)) }

  /// The numbers by which a message is extended; nil where the message is not known.
  func extensionNumbers(of type: String) -> [Int32]? {
    extensions[type].map { $0.keys.sorted() } ?? (symbols[type] == nil ? nil : [])
  }

  private mutating func add(_ file: Google_Protobuf_FileDescriptorProto) throws {
    files[file.name] = File(bytes: try file.serializedBytes(), imports: file.dependency, descriptor: file)
    let scope = file.package.isEmpty ? "" : file.package + "."
    for service in file.service {
      symbols[scope + service.name] = file.name
      for method in service.method { symbols["\(scope)\(service.name).\(method.name)"] = file.name }
    }
    for message in file.messageType { add(message, scope, file.name) }
    for value in file.enumType { symbols[scope + value.name] = file.name }
    for field in file.extension { add(field, scope, file.name) }
  }

  private mutating func add(_ message: Google_Protobuf_DescriptorProto, _ scope: String, _ file: String) {
    symbols[scope + message.name] = file
    let inner = "\(scope)\(message.name)."
    for field in message.field { symbols[inner + field.name] = file }
    for nested in message.nestedType { add(nested, inner, file) }
    for value in message.enumType { symbols[inner + value.name] = file }
    for field in message.extension { add(field, inner, file) }
  }

  private mutating func add(_ field: Google_Protobuf_FieldDescriptorProto, _ scope: String, _ file: String) {
    symbols[scope + field.name] = file
    extensions[String(field.extendee.drop { $0 == "." }), default: [:]][field.number] = file
  }
}
