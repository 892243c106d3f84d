/// What an expression is made of and gives: CEL's values, and decimals, money and days.
public enum Value: Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case uint(UInt64)
  case double(Double)
  /// Compared and counted by Unicode code points, never by what looks the same.
  case string(String)
  case bytes([UInt8])
  case list([Value])
  case map(MapValue)
  case timestamp(TimestampValue)
  case duration(DurationValue)
  case decimal(DecimalValue)
  case money(MoneyValue)
  case date(DateValue)
  case period(PeriodValue)
  case type(ValueType)
  /// nil is `optional.none()`.
  indirect case optional(Value?)
  case record(any RecordValue)
  case opaque(any OpaqueValue)

  /// The type that `type(value)` gives. What lists, maps and optionals hold is `dyn`.
  public var type: ValueType {
    switch self {
    case .null: .null
    case .bool: .bool
    case .int: .int
    case .uint: .uint
    case .double: .double
    case .string: .string
    case .bytes: .bytes
    case .list: .list(.dyn)
    case .map: .map(.dyn, .dyn)
    case .timestamp: .timestamp
    case .duration: .duration
    case .decimal: .decimal
    case .money: .money
    case .date: .date
    case .period: .period
    case .type: .type(.dyn)
    case .optional: .optional(.dyn)
    case .record(let record): .record(record.recordType.name)
    case .opaque(let value): value.type
    }
  }

  /// Whether `optional.ofNonZeroValue` makes none of it: zero, empty, false, null, the epoch.
  var isZero: Bool {
    switch self {
    case .null: true
    case .bool(let value): !value
    case .int(let value): value == 0
    case .uint(let value): value == 0
    case .double(let value): value == 0
    case .string(let value): value.isEmpty
    case .bytes(let value): value.isEmpty
    case .list(let value): value.isEmpty
    case .map(let value): value.entries.isEmpty
    case .timestamp(let value): value.seconds == 0 && value.nanoseconds == 0
    case .duration(let value): value.nanoseconds == 0
    case .decimal(let value): value.coefficient == 0
    case .money(let value): value.amount.coefficient == 0
    case .period(let value): value.months == 0 && value.days == 0
    case .optional(let value): value == nil
    case .record(let record): record.recordType.fields.indices.allSatisfy { !record.hasValue(at: $0) }
    case .date, .type, .opaque: false
    }
  }
}

/// A value of a type of the embedder's own, of which expressions know only the functions that the embedder adds.
public protocol OpaqueValue: AnyObject, Sendable {
  var type: ValueType { get }
  func isEqual(to other: any OpaqueValue) -> Bool
}
