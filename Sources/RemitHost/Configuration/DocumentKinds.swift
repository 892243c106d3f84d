import RemitAPI
import RemitDocuments
import RemitJSON
import SwiftProtobuf

/// The kinds of documents that there are, and how their texts are read.
struct DocumentKinds: Sendable {
  struct Kind: Sendable {
    let name: String
    let module: String
    /// Full name.
    let message: String
  }

  private static let own = [
    ("form", "Form"), ("record", "RecordKind"), ("role", "Role"), ("rule", "Rule"), ("source", "Source"), ("tenant", "Tenant"),
  ].map {
    kind, message in
    Kind(name: kind, module: "platform", message: "remit.document.v1.\(message)")
  }

  let all: [Kind]
  private let schema: DocumentSchema
  private let reader: DocumentReader
  private let comments: DescriptorComments

  /// - Parameter files: of all that is served, parsed with the options of Remit.
  init(_ files: [Google_Protobuf_FileDescriptorProto], messages: MessageSchema) {
    all = Self.own
    schema = DocumentSchema(files)
    comments = DescriptorComments(files)
    reader = DocumentReader(
      schema: schema, messages: messages, kinds: Dictionary(all.map { ($0.name, $0.message) }, uniquingKeysWith: { first, _ in first }))
  }

  func read(_ text: String) throws(DocumentProblems) -> Document { try reader.read(Array(text.utf8)) }

  /// JSON Schema 2020-12.
  func jsonSchema(of kind: Kind) -> String { schema.jsonSchema(ofKind: kind.name, message: kind.message, comments: comments).text }
}
