import RemitAPI
import RemitDocuments
import RemitPostgres

/// Which document of a company.
struct DocumentID: Hashable, Comparable, Sendable {
  let kind: String
  let name: String

  var words: String { "the \(kind) \(name)" }

  static func < (one: DocumentID, other: DocumentID) -> Bool { (one.kind, one.name) < (other.kind, other.name) }
}

/// A document of a version of a company's configuration.
struct StoredDocument: Sendable {
  let id: DocumentID
  let path: String
  /// As it was written.
  let text: String
  /// The full name of what it says.
  let message: String
  let body: [UInt8]

  static let columns = "kind, name, path, text, message, body"

  init(from row: inout CellReader) throws {
    id = DocumentID(kind: try row.text(), name: try row.text())
    path = try row.text()
    text = try row.text()
    message = try row.text()
    body = try row.bytes()
  }

  /// Also of what a newer module reads otherwise it is not the same.
  func isSame(as other: StoredDocument) -> Bool {
    text.hasSameBytes(as: other.text) && path.hasSameBytes(as: other.path) && body == other.body
  }

  init(_ document: Document, path: String, text: String) {
    id = DocumentID(kind: document.kind, name: document.name)
    self.path = path
    self.text = text
    message = document.message
    body = document.bytes
  }
}
