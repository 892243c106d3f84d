/// The type of an expression.
public indirect enum ValueType: Sendable, Hashable {
  /// Any type, known only when evaluated.
  case dyn
  case null
  case bool
  case int
  case uint
  case double
  case string
  case bytes
  case timestamp
  case duration
  /// An exact decimal number.
  case decimal
  /// A decimal amount with a currency.
  case money
  /// A calendar day.
  case date
  /// What is added to a day.
  case period
  case list(ValueType)
  case map(ValueType, ValueType)
  case optional(ValueType)
  /// The type of a type.
  case type(ValueType)
  /// A value of the type, or null.
  case nullable(ValueType)
  case record(String)
  /// A type of the embedder's own, with the types it is made with.
  case opaque(String, [ValueType])
  /// Stands for a type in the declaration of a function: `list(A)`.
  case parameter(String)

  /// On which days business is done: `BusinessCalendar`.
  public static let calendar = BusinessCalendar.type

  /// What it is called in expressions, without what it holds.
  public var name: String {
    switch self {
    case .dyn: "dyn"
    case .null: "null_type"
    case .bool: "bool"
    case .int: "int"
    case .uint: "uint"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .timestamp: "google.protobuf.Timestamp"
    case .duration: "google.protobuf.Duration"
    case .decimal: "decimal"
    case .money: "money"
    case .date: "date"
    case .period: "period"
    case .list: "list"
    case .map: "map"
    case .optional: "optional_type"
    case .type: "type"
    case .nullable: "wrapper"
    case .record(let name), .opaque(let name, _), .parameter(let name): name
    }
  }

  /// What it holds.
  var parameters: [ValueType] {
    switch self {
    case .list(let type), .optional(let type), .type(let type), .nullable(let type): [type]
    case .map(let key, let value): [key, value]
    case .opaque(_, let types): types
    default: []
    }
  }

  func with(_ parameters: [ValueType]) -> ValueType {
    switch self {
    case .list: .list(parameters[0])
    case .optional: .optional(parameters[0])
    case .type: .type(parameters[0])
    case .nullable: .nullable(parameters[0])
    case .map: .map(parameters[0], parameters[1])
    case .opaque(let name, _): .opaque(name, parameters)
    default: self
    }
  }

  /// Whether a value of it may be null.
  var isNullable: Bool {
    switch self {
    case .null, .nullable, .record, .timestamp, .duration, .opaque, .optional: true
    default: false
    }
  }

  /// Whether it is, or holds, a type not yet known.
  var isOpen: Bool {
    switch self {
    case .parameter: true
    case .list(let type), .optional(let type), .type(let type), .nullable(let type): type.isOpen
    case .map(let key, let value): key.isOpen || value.isOpen
    case .opaque(_, let types): types.contains(where: \.isOpen)
    default: false
    }
  }
}

extension ValueType: CustomStringConvertible {
  /// "list(map(string, int))"
  public var description: String {
    switch self {
    case .null: return "null"
    case .timestamp: return "timestamp"
    case .duration: return "duration"
    default:
      let parameters = parameters
      return parameters.isEmpty ? name : "\(name)(\(parameters.map(\.description).joined(separator: ", ")))"
    }
  }
}
