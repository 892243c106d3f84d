import Glibc
import RemitJSON
import SwiftProtobuf

/// The fields of a request as options: those of messages within beside the others, by their last name where that is one field's.
struct RequestFields {
  struct Field {
    /// "--customer-id"
    let option: String
    /// Names of JSON, from the outermost.
    let path: [String]
    let field: ModuleSchema.Field
    let isMap: Bool
    /// What the proto file says of it; empty where nothing.
    let comment: String

    var isRepeated: Bool { field.label == .repeated }

    var valueName: String {
      switch field.type {
      case .bool: "true|false"
      case .enum: "name"
      case .message where field.isMoney: "119.00 EUR"
      case .message where isMap: "key=value"
      case .message where field.message == "google.protobuf.Timestamp": "2026-11-24T10:00:00Z"
      case .message: "json"
      default: field.isNumber ? "number" : "text"
      }
    }
  }

  private(set) var fields: [Field] = []

  init(_ message: String, _ schema: ModuleSchema) {
    var found: [(path: [ModuleSchema.Field], isMap: Bool, comment: String)] = []
    func collect(_ message: String, _ path: [ModuleSchema.Field]) {
      for field in schema.fields(of: message) where field.name != "page_token" {
        if let inner = schema.inner(field), path.count < 4, !path.contains(where: { $0.typeName == field.typeName }) {
          collect(inner, path + [field])
        } else {
          found.append((path + [field], schema.isMap(field), schema.comments["\(message).\(field.name)"] ?? ""))
        }
      }
    }
    collect(message, [])
    let names = Dictionary(grouping: found) { $0.path.last?.name ?? "" }.mapValues(\.count)
    fields = found.compactMap { path, isMap, comment in
      guard let field = path.last else { return nil }
      let name = names[field.name] == 1 ? field.name : path.map(\.name).joined(separator: "_")
      return Field(option: "--" + name.replacing("_", with: "-"), path: path.map(\.jsonName), field: field, isMap: isMap, comment: comment)
    }
  }

  var help: String {
    let widest = fields.map { $0.option.count + $0.valueName.count }.max() ?? 0
    return fields.map { field in
      let blanks = String(repeating: " ", count: widest - field.option.count - field.valueName.count + 2)
      let words = [field.path.joined(separator: "."), field.isRepeated ? ", may be repeated" : "", field.comment.isEmpty ? "" : ": "]
      return "  \(field.option) <\(field.valueName)>\(blanks)\(words.joined())\(field.comment)\n"
    }.joined()
  }

  /// The request as JSON. Values without an option fill the fields in their order.
  func json(_ words: ModuleWords) throws -> JSONValue {
    var request = JSONValue.object([])
    var given: Set<String> = []
    var rest = words.rest[...]
    while let word = rest.popFirst() {
      let field: Field
      var value: String
      if word.hasPrefix("--") {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let named = fields.first(where: { $0.option == parts[0] }) else {
          try fail("there is no option \(parts[0]); see remit \(words.module) \(words.noun ?? "") \(words.verb ?? "") --help", EX_USAGE)
        }
        field = named
        if parts.count == 2 {
          value = parts[1]
        } else if field.field.type == .bool, rest.first?.hasPrefix("--") ?? true {
          value = "true"
        } else if let next = rest.popFirst() {
          value = next
        } else {
          try fail("\(parts[0]) needs a value", EX_USAGE)
        }
      } else {
        guard let next = fields.first(where: { !given.contains($0.option) && $0.option != "--tenant" }) else {
          try fail("\(word) is one value too many", EX_USAGE)
        }
        (field, value) = (next, word)
      }
      guard given.insert(field.option).inserted || field.isRepeated else { try fail("\(field.option) is given twice", EX_USAGE) }
      try set(field, to: value, in: &request)
    }
    // Such a method puts all in the place of what was: what is not said would be false.
    if words.verb?.hasPrefix("set") == true,
      let silent = fields.first(where: { $0.field.type == .bool && !$0.field.hasOneofIndex && !given.contains($0.option) })
    {
      try fail("\(silent.option) must be given too, true or false: what is set takes the place of all that was", EX_USAGE)
    }
    return request
  }

  private func set(_ field: Field, to text: String, in request: inout JSONValue) throws {
    if field.isMap {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { try fail("\(field.option) is a key and a value, such as revenue=4120, not \(text)", EX_USAGE) }
      request[field.path + [parts[0]]] = .string(parts[1])
    } else if field.isRepeated {
      var items: [JSONValue] = []
      if case .array(let before) = request[field.path] ?? .null { items = before }
      request[field.path] = .array(items + [try value(text, of: field)])
    } else {
      request[field.path] = try value(text, of: field)
    }
  }

  private func value(_ text: String, of field: Field) throws -> JSONValue {
    switch field.field.type {
    case .bool:
      guard ["true", "false"].contains(text) else { try fail("\(field.option) is true or false, not \(text)", EX_USAGE) }
      return .bool(text == "true")
    case .enum: return .string(text.uppercased().replacing("-", with: "_"))
    case .message where field.field.isMoney:
      let parts = text.split(separator: " ").map(String.init)
      guard parts.count == 2 else {
        try fail("\(field.option) is an amount and its currency, such as \"119.00 EUR\", not \(text)", EX_USAGE)
      }
      return .object([("amount", .string(parts[0])), ("currency", .string(parts[1].uppercased()))])
    case .message where !["Timestamp", "Duration", "FieldMask"].contains(field.field.message.replacing("google.protobuf.", with: "")):
      do {
        return try JSONValue(Array(text.utf8))
      } catch {
        try fail("\(field.option): \(error)", EX_USAGE)
      }
    default: return .string(text)
    }
  }
}
