import RemitAPI
public import RemitJSON

/// Reads documents: YAML whose values mean what the fields of a message say, so that `no`, `007` and `2026-01-05` are texts where a text is asked for.
public struct DocumentReader: Sendable {
  let schema: DocumentSchema
  private let messages: MessageSchema
  /// Kind -> full name of its message.
  private let kinds: [String: String]

  public init(schema: DocumentSchema, messages: MessageSchema, kinds: [String: String]) {
    self.schema = schema
    self.messages = messages
    self.kinds = kinds
  }

  /// - Parameter text: UTF-8.
  /// - Throws: all that is wrong with it, but of text that is no YAML the first.
  public func read(_ text: [UInt8]) throws(DocumentProblems) -> Document {
    let root: YAMLNode
    do throws(DocumentProblem) {
      root = try YAMLReader.read(text)
    } catch {
      throw DocumentProblems([error])
    }
    var shaping = DocumentShaping(schema, lines: Lines(text))
    shaping.places.entries[""] = .init(place: root.place)
    guard case .map(let members) = root.value, let (kind, message) = shaping.kind(of: members, kinds) else {
      if shaping.problems.isEmpty {
        shaping.add(root.place, "", Wording("a document begins with its kind: 'kind: rule'", "文档以其种类开头，如 'kind: rule'"))
      }
      throw DocumentProblems(shaping.problems)
    }
    let name = shaping.name(of: members)
    var fields = members.filter { $0.key.name != "kind" }
    if message.field("name") == nil { fields.removeAll { $0.key.name == "name" } }
    let value = shaping.message(fields, message, at: root.place, path: "")
    guard shaping.problems.isEmpty, let name else { throw DocumentProblems(shaping.problems) }
    do throws(JSONError) {
      return Document(
        kind: kind, name: name, message: message.name, bytes: try messages.wire(from: value, as: message.name),
        references: shaping.references, expressions: shaping.expressions, places: shaping.places)
    } catch {
      throw DocumentProblems([.init(shaping.places.place(of: error.path), error.path, Wording(error.message, error.message))])
    }
  }
}

/// The lines of a text, to find where a block of it begins.
struct Lines {
  private let lines: [Substring]
  private static let lineBytesMax = 4096

  init(_ text: [UInt8]) {
    lines = String(decoding: text, as: UTF8.self).split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
  }

  /// How the text of a scalar that begins at a place stands there.
  func form(of text: String, _ style: YAMLNode.Style, at place: DocumentPlace) -> DocumentPlaces.TextForm {
    switch style {
    case .plain: return text.contains("\n") ? .other : .line(place)
    case .quoted:
      // Of what no person wrote no character is looked for.
      guard lines.indices.contains(place.line - 1), lines[place.line - 1].utf8.count <= Self.lineBytesMax else { return .other }
      let rest = lines[place.line - 1].unicodeScalars.dropFirst(place.column)
      return rest.starts(with: text.unicodeScalars) ? .line(.init(line: place.line, column: place.column + 1)) : .other
    case .literal:
      guard let first = (place.line..<max(place.line, lines.count)).first(where: { !lines[$0].allSatisfy { $0 == " " || $0 == "\r" } })
      else {
        return .other
      }
      // Blank lines before the first are a part of the text.
      return .block(line: place.line + 1, column: lines[first].prefix { $0 == " " }.count + 1)
    case .folded: return .other
    }
  }
}
