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
    /// The path of the module's method that knows what is wrong with such documents; empty: none.
    var check = ""
    /// Its module lets requests through that approvals hold.
    var carriesOut = false
  }

  private static let own = [
    ("approval", "Approval"), ("calendar", "Calendar"), ("form", "Form"), ("record", "RecordKind"), ("role", "Role"), ("rule", "Rule"),
    ("source", "Source"), ("tenant", "Tenant"),
  ].map {
    kind, message in
    Kind(name: kind, module: "platform", message: "remit.document.v1.\(message)")
  }

  /// Which no module may declare: what there is, and what is yet to come.
  static var namesOfHost: [String] { own.map(\.name) + ["template", "webhook"] }

  let all: [Kind]
  private let schema: DocumentSchema
  private let reader: DocumentReader
  private let comments: DescriptorComments

  /// - Parameters:
  ///   - files: of all that is served, parsed with the options of Remit.
  ///   - manifests: of the modules, whose kinds differ.
  init(
    _ files: [Google_Protobuf_FileDescriptorProto], messages: MessageSchema, manifests: [Remit_Plugin_V1_Manifest] = []
  ) throws(HostError) {
    let declared = manifests.flatMap { manifest in
      manifest.documentKinds.map {
        Kind(name: $0.kind, module: manifest.name, message: $0.message, check: $0.check, carriesOut: $0.carriesOut)
      }
    }
    all = Self.own + declared
    if let twice = Dictionary(grouping: all, by: \.name).first(where: { $0.value.count > 1 })?.value {
      throw HostError("\(twice[0].module) and \(twice[1].module) declare the kind \(twice[0].name) both")
    }
    schema = DocumentSchema(files)
    comments = DescriptorComments(files)
    reader = DocumentReader(
      schema: schema, messages: messages, kinds: Dictionary(all.map { ($0.name, $0.message) }, uniquingKeysWith: { first, _ in first }))
  }

  func read(_ text: String) throws(DocumentProblems) -> Document { try reader.read(Array(text.utf8)) }

  /// JSON Schema 2020-12.
  func jsonSchema(of kind: Kind) -> String { schema.jsonSchema(ofKind: kind.name, message: kind.message, comments: comments).text }
}
