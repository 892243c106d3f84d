import RemitAPI
import RemitJSON

/// All kinds of documents with their fields, as Markdown: what their JSON Schemas say.
struct KindsPage {
  let text: String

  init(_ kinds: [Remit_Platform_V1_DocumentKind]) throws(JSONError) {
    var text = "# Kinds of documents\n\nWritten by `remit config kinds --page`; [configure.md](configure.md) explains them by examples.\n"
    var shown: Set<String> = []
    for kind in kinds {
      let schema = try JSONValue(Array(kind.jsonSchema.utf8))
      let parts = Self.members(schema["$defs"])
      // The kind's own message first, then those that it is made of.
      for (name, part) in parts.filter({ $0.key == kind.message }) + parts.filter({ $0.key != kind.message })
      where shown.insert(name).inserted {
        let isKind = name == kind.message
        text += "\n\(isKind ? "##" : "###") \(isKind ? kind.kind : Self.short(name))\n"
        if let description = part["description"]?.string { text += "\n\(description.markdown)\n" }
        text += Self.table(part)
      }
    }
    self.text = text
  }

  private static func members(_ value: JSONValue?) -> [(key: String, value: JSONValue)] {
    if case .object(let members)? = value { members } else { [] }
  }

  private static func items(_ value: JSONValue?) -> [JSONValue] { if case .array(let items)? = value { items } else { [] } }

  /// "FormField" of "remit.document.v1.FormField"
  private static func short(_ name: String) -> String { name.split(separator: ".").last.map(String.init) ?? name }

  private static func table(_ part: JSONValue) -> String {
    let required = Set(items(part["required"]).compactMap(\.string))
    let fields = members(part["properties"]).filter { $0.key != "kind" }
    guard !fields.isEmpty else { return "" }
    var text = "\n| field | is | |\n|---|---|---|\n"
    for (name, field) in fields {
      let must = required.contains(name) ? "**must be there** " : ""
      text += "| `\(name)` | \(type(field)) | \(must)\((field["description"]?.string ?? "").markdown) |\n"
    }
    return text
  }

  private static func type(_ field: JSONValue) -> String {
    if let reference = field["$ref"]?.string { return "[\(short(reference))](#\(short(reference).lowercased()))" }
    if !items(field["enum"]).isEmpty { return items(field["enum"]).compactMap(\.string).map { "`\($0)`" }.joined(separator: ", ") }
    if field["anyOf"] != nil { return "amount" }
    switch field["type"] {
    case .string("array")?: return "list of \(field["items"].map(type) ?? "anything")"
    case .string("object")?: return "names and values"
    case .string("boolean")?: return "true or false"
    case .string("integer")?: return "whole number"
    case .string("number")?: return "number"
    default: return "text"
    }
  }
}
