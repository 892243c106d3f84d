public import SwiftProtobuf

/// What proto files say in comments of their services, methods, messages, fields, enums and values, by full name:
/// "remit.ledger.v1.Customer.number". Descriptors have them where they were made with `--include_source_info`.
public struct DescriptorComments: Sendable {
  private var texts: [String: String] = [:]

  public init(_ files: some Sequence<Google_Protobuf_FileDescriptorProto>) {
    for file in files { add(file) }
  }

  /// The comment before a declaration, else that behind it, in one line; nil: there is none.
  public subscript(_ fullName: String) -> String? { texts[fullName] }

  private mutating func add(_ file: Google_Protobuf_FileDescriptorProto) {
    for location in file.sourceCodeInfo.location {
      let comment = location.leadingComments.isEmpty ? location.trailingComments : location.leadingComments
      guard !comment.isEmpty, let name = Self.name(location.path[...], in: file) else { continue }
      texts[name] = comment.split { $0 == " " || $0.isNewline }.joined(separator: " ")
    }
  }

  /// The numbers of a path are those of fields of the descriptor messages, each with an index into it.
  private static func name(_ path: ArraySlice<Int32>, in file: Google_Protobuf_FileDescriptorProto) -> String? {
    let scope = file.package.isEmpty ? "" : file.package + "."
    guard let (field, index, rest) = step(path) else { return nil }
    switch field {
    case 4: return file.messageType[at: index].flatMap { name(rest, in: $0, scope + $0.name) }
    case 5: return file.enumType[at: index].flatMap { name(rest, in: $0, scope + $0.name) }
    case 6:
      return file.service[at: index].flatMap { service in
        guard let (field, index, rest) = step(rest) else { return rest.isEmpty ? scope + service.name : nil }
        return field == 2 && rest.isEmpty ? service.method[at: index].map { "\(scope)\(service.name).\($0.name)" } : nil
      }
    default: return nil
    }
  }

  private static func name(_ path: ArraySlice<Int32>, in message: Google_Protobuf_DescriptorProto, _ scope: String) -> String? {
    guard let (field, index, rest) = step(path) else { return path.isEmpty ? scope : nil }
    switch field {
    case 2 where rest.isEmpty: return message.field[at: index].map { "\(scope).\($0.name)" }
    case 3: return message.nestedType[at: index].flatMap { name(rest, in: $0, "\(scope).\($0.name)") }
    case 4: return message.enumType[at: index].flatMap { name(rest, in: $0, "\(scope).\($0.name)") }
    default: return nil
    }
  }

  private static func name(_ path: ArraySlice<Int32>, in enumeration: Google_Protobuf_EnumDescriptorProto, _ scope: String) -> String? {
    guard let (field, index, rest) = step(path) else { return path.isEmpty ? scope : nil }
    return field == 2 && rest.isEmpty ? enumeration.value[at: index].map { "\(scope).\($0.name)" } : nil
  }

  private static func step(_ path: ArraySlice<Int32>) -> (field: Int32, index: Int, rest: ArraySlice<Int32>)? {
    guard path.count >= 2, let field = path.first else { return nil }
    return (field, Int(path[path.startIndex + 1]), path.dropFirst(2))
  }
}

extension Array {
  fileprivate subscript(at index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
