import RemitAPI
import RemitJSON
import SwiftProtobuf

/// In which fields two versions of a document differ.
struct DocumentDifference {
  private static let fieldsMax = 1000
  let fields: [Remit_Platform_V1_FieldChange]

  init(from before: StoredDocument, to after: StoredDocument, _ schema: MessageSchema) {
    let (old, new) = (Self.leaves(of: before, schema), Self.leaves(of: after, schema))
    let oldTexts = Dictionary(old, uniquingKeysWith: { first, _ in first })
    let newTexts = Dictionary(new, uniquingKeysWith: { first, _ in first })
    // In the order of the new one, then what is gone.
    let paths = new.map(\.0) + old.map(\.0).filter { newTexts[$0] == nil }
    fields = paths.lazy.filter {
      Array((oldTexts[$0] ?? "").utf8) != Array((newTexts[$0] ?? "").utf8) || (oldTexts[$0] == nil) != (newTexts[$0] == nil)
    }.prefix(Self.fieldsMax).map { path in
      .with {
        $0.field = path
        $0.before = (oldTexts[path] ?? "").cut(toBytes: 400)
        $0.after = (newTexts[path] ?? "").cut(toBytes: 400)
      }
    }
  }

  /// Every single value with its path: ("fields[due_on].required", "true").
  private static func leaves(of document: StoredDocument, _ schema: MessageSchema) -> [(String, String)] {
    guard let json = try? schema.json(fromWire: document.body, as: document.message), let value = try? JSONValue(Array(json.utf8)) else {
      return []
    }
    var found: [(String, String)] = []
    add(value, "", to: &found)
    return found
  }

  private static func add(_ value: JSONValue, _ path: String, to found: inout [(String, String)]) {
    switch value {
    case .null: found.append((path, ""))
    case .bool(let value): found.append((path, value ? "true" : "false"))
    case .number(let text), .string(let text): found.append((path, text))
    case .array(let items):
      for (index, item) in items.enumerated() {
        // Who moves an element of a list does not change it.
        let name = item["name"]?.string ?? "\(index)"
        add(item, "\(path)[\(name)]", to: &found)
      }
    case .object(let members):
      for (key, member) in members {
        add(member, path.isEmpty ? MessageSchema.snakeCase(key) : "\(path).\(MessageSchema.snakeCase(key))", to: &found)
      }
    }
  }
}
