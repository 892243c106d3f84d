import FoundationEssentials
import RemitExpressions

/// The suite's values: `{"int": "1"}`.
enum TaggedValue {
  static func value(_ json: JSON) throws -> Value {
    guard case .object(let members) = json, members.count == 1, let (tag, content) = members.first else {
      throw Case.Unreadable("a value without a tag")
    }
    guard let value = try value(tag, content) else { throw Case.Unreadable("a value of the tag \(tag)") }
    return value
  }

  private static func value(_ tag: String, _ content: JSON) throws -> Value? {
    let text = content.string ?? ""
    switch tag {
    case "null": return .null
    case "bool": return content.bool.map { .bool($0) }
    case "int": return Int64(text).map { .int($0) }
    case "uint": return UInt64(text).map { .uint($0) }
    case "double": return double(content).map { .double($0) }
    case "string": return .string(text)
    case "bytes": return Data(base64Encoded: text).map { .bytes(Array($0)) }
    case "list": return .list(try (content.array ?? []).map(value))
    case "map":
      return .map(
        try MapValue(
          (content.array ?? []).map { pair in
            guard let pair = pair.array, pair.count == 2 else { throw Case.Unreadable("a map") }
            return MapValue.Entry(key: try value(pair[0]), value: try value(pair[1]))
          }))
    case "type": return .type(try TypeText.type(typeNames[text] ?? text))
    case "timestamp": return TimestampValue(text).map { .timestamp($0) }
    case "duration": return DurationValue(text).map { .duration($0) }
    case "object": return try WellKnownTypes.value(content["type"]?.string ?? "", content["json"] ?? .null)
    default: return nil
    }
  }

  private static let typeNames = [
    "list": "list(dyn)", "map": "map(dyn, dyn)", "null_type": "null", "optional_type": "optional_type(dyn)",
    "google.protobuf.Timestamp": "timestamp", "google.protobuf.Duration": "duration",
  ]

  static func double(_ json: JSON) -> Double? {
    switch json {
    case .number(let value): value
    case .string("-0"): -0.0
    case .string(let text): Double(text)
    default: nil
    }
  }

  /// Whether two values are the same to the type of each number, and the sign of zero.
  static func same(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.int(let left), .int(let right)): left == right
    case (.uint(let left), .uint(let right)): left == right
    case (.double(let left), .double(let right)):
      left.isNaN ? right.isNaN : left == right && left.sign == right.sign
    case (.string(let left), .string(let right)): left.unicodeScalars.elementsEqual(right.unicodeScalars)
    case (.bytes(let left), .bytes(let right)): left == right
    case (.list(let left), .list(let right)): left.count == right.count && zip(left, right).allSatisfy(same)
    case (.map(let left), .map(let right)):
      left.entries.count == right.entries.count
        && left.entries.allSatisfy { entry in
          right.entries.contains { same($0.key, entry.key) && same($0.value, entry.value) }
        }
    case (.type(let left), .type(let right)): left.name == right.name
    case (.timestamp(let left), .timestamp(let right)): left == right
    case (.duration(let left), .duration(let right)): left == right
    default: false
    }
  }

  /// On one line.
  static func text(_ value: Value) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .uint(let value): "\(value)u"
    case .double(let value): "\(value)"
    case .string(let value): value.debugDescription
    case .bytes(let value): "bytes \(Data(value).base64EncodedString())"
    case .list(let list): "[\(list.map(text).joined(separator: ", "))]"
    case .map(let map): "{\(map.entries.map { "\(text($0.key)): \(text($0.value))" }.joined(separator: ", "))}"
    case .timestamp(let value): "\(value)"
    case .duration(let value): "\(value)"
    case .decimal(let value): "\(value)"
    case .money(let value): "\(value)"
    case .date(let value): "\(value)"
    case .period(let value): "\(value)"
    case .type(let type): "type \(type.name)"
    case .optional(let held): held.map { "optional(\(text($0)))" } ?? "none"
    case .record(let record): record.recordType.name
    case .opaque(let value): "\(value.type)"
    }
  }
}
