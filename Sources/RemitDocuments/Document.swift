/// A document of a company's configuration: what it says, as a message, and where it says it.
public struct Document: Sendable {
  /// The name of another document, or of a role, an account ...
  public struct Reference: Sendable {
    /// "template", "role"
    public let kind: String
    public let name: String
    public let path: String
  }

  /// A text in CEL.
  public struct Expression: Sendable {
    public let text: String
    /// What it gives: "bool"; empty: anything.
    public let type: String
    /// The message that it is over; empty: its module says.
    public let over: String
    public let path: String
  }

  public let kind: String
  public let name: String
  /// Full name.
  public let message: String
  /// The message, encoded; its field `name`, where it has one, is the document's.
  public let bytes: [UInt8]
  public let references: [Reference]
  public let expressions: [Expression]
  public let places: DocumentPlaces
}

/// Which place of a document's text a field of its message has.
public struct DocumentPlaces: Sendable {
  struct Entry: Sendable {
    let place: DocumentPlace
    /// Of a text that stands on one line as it is, the place of its first character; nil where it is quoted with escapes, or folded.
    var text: TextForm = .other
  }

  enum TextForm: Sendable {
    /// On one line, from here.
    case line(DocumentPlace)
    /// On the lines below |, each from this column.
    case block(line: Int, column: Int)
    case other
  }

  var entries: [String: Entry] = [:]

  /// The place of a field, or else of the nearest around it: "steps[2].approve.by[0].role".
  public func place(of path: String) -> DocumentPlace {
    entries[nearest(path)]?.place ?? DocumentPlace(line: 1, column: 1)
  }

  /// The place of a character of a text, such as of a mistake in an expression.
  ///
  /// - Parameter line, column: from 1, within the text.
  public func place(of path: String, line: Int, column: Int) -> DocumentPlace {
    switch entries[path]?.text {
    case .line(let first) where line == 1: DocumentPlace(line: first.line, column: first.column + column - 1)
    case .block(let firstLine, let firstColumn): DocumentPlace(line: firstLine + line - 1, column: firstColumn + column - 1)
    default: place(of: path)
    }
  }

  private func nearest(_ path: String) -> String {
    var path = path[...]
    while entries[String(path)] == nil, let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) { path = path[..<end] }
    return entries[String(path)] == nil ? "" : String(path)
  }
}
