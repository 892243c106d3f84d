import FoundationEssentials
import RemitExpressions

/// The messages of google.protobuf that CEL takes for values of its own, as records that give these.
enum WellKnownTypes {
  static let types: [String: ValueType] = [
    "google.protobuf.BoolValue": .nullable(.bool), "google.protobuf.BytesValue": .nullable(.bytes),
    "google.protobuf.DoubleValue": .nullable(.double), "google.protobuf.FloatValue": .nullable(.double),
    "google.protobuf.Int32Value": .nullable(.int), "google.protobuf.Int64Value": .nullable(.int),
    "google.protobuf.StringValue": .nullable(.string), "google.protobuf.UInt32Value": .nullable(.uint),
    "google.protobuf.UInt64Value": .nullable(.uint), "google.protobuf.Value": .dyn, "google.protobuf.Any": .dyn,
    "google.protobuf.Struct": .map(.string, .dyn), "google.protobuf.ListValue": .list(.dyn),
    "google.protobuf.Timestamp": .timestamp, "google.protobuf.Duration": .duration,
  ]

  static let records: [RecordType] = [
    wrapper("Bool", .bool, .bool(false)), wrapper("Bytes", .bytes, .bytes([])),
    wrapper("Double", .double, .double(0)), wrapper("Float", .double, .double(0)),
    wrapper("Int32", .int, .int(0)), wrapper("Int64", .int, .int(0)), wrapper("String", .string, .string("")),
    wrapper("UInt32", .uint, .uint(0)), wrapper("UInt64", .uint, .uint(0)),
    RecordType("google.protobuf.ListValue", fields: [.init("values", .list(.dyn))], constructedType: .list(.dyn)) {
      fields throws(EvaluationError) in try json(fields.last?.value ?? .list([]))
    },
    RecordType(
      "google.protobuf.Struct", fields: [.init("fields", .map(.string, .dyn))], constructedType: .map(.string, .dyn)
    ) { fields throws(EvaluationError) in try json(fields.last?.value ?? .map(.empty)) },
    RecordType("google.protobuf.Timestamp", fields: secondsAndNanos, constructedType: .timestamp) {
      fields throws(EvaluationError) in
      let (seconds, nanos) = parts(fields)
      guard let nanos = Int32(exactly: nanos), let moment = TimestampValue(seconds: seconds, nanoseconds: nanos) else {
        throw EvaluationError(.outOfRange, "no timestamp")
      }
      return .timestamp(moment)
    },
    RecordType("google.protobuf.Duration", fields: secondsAndNanos, constructedType: .duration) {
      fields throws(EvaluationError) in
      let (seconds, nanos) = parts(fields)
      let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
      let (sum, sumOverflows) = whole.addingReportingOverflow(nanos)
      guard !overflows, !sumOverflows else { throw EvaluationError(.outOfRange, "no duration") }
      return .duration(DurationValue(nanoseconds: sum))
    },
    RecordType("google.protobuf.Value", fields: valueFields, constructedType: .dyn) { fields throws(EvaluationError) in
      guard let (index, value) = fields.last, index > 0 else { return .null }
      return try json(value)
    },
  ]

  /// `google.protobuf.NullValue.NULL_VALUE`
  static let nullValue = Environment.Variable("google.protobuf.NullValue.NULL_VALUE", .int)

  private static let secondsAndNanos: [RecordType.Field] = [.init("seconds", .int), .init("nanos", .int)]

  private static func parts(_ fields: [(index: Int, value: Value)]) -> (seconds: Int64, nanos: Int64) {
    var parts: [Int64] = [0, 0]
    for case (let index, .int(let number)) in fields { parts[index] = number }
    return (parts[0], parts[1])
  }

  private static let valueFields: [RecordType.Field] = [
    .init("null_value", .dyn), .init("number_value", .double), .init("string_value", .string),
    .init("bool_value", .bool), .init("struct_value", .map(.string, .dyn)), .init("list_value", .list(.dyn)),
  ]

  private static func wrapper(_ name: String, _ type: ValueType, _ zero: Value) -> RecordType {
    RecordType(
      "google.protobuf.\(name)Value", fields: [.init("value", type)], constructedType: .nullable(type)
    ) { fields throws(EvaluationError) in
      let value = fields.last?.value ?? zero
      switch (name, value) {
      case ("Int32", .int(let number)) where Int32(exactly: number) == nil:
        throw EvaluationError(.outOfRange, "\(number) does not fit 32 bits")
      case ("UInt32", .uint(let number)) where UInt32(exactly: number) == nil:
        throw EvaluationError(.outOfRange, "\(number) does not fit 32 bits")
      case ("Float", .double(let number)): return .double(Double(Float(number)))
      default: return value
      }
    }
  }

  /// A value as JSON has it, in which all numbers are doubles.
  private static func json(_ value: Value) throws(EvaluationError) -> Value {
    switch value {
    case .null, .bool, .double, .string: return value
    case .int(let number): return number.magnitude < 1 << 53 ? .double(Double(number)) : .string("\(number)")
    case .uint(let number): return number < 1 << 53 ? .double(Double(number)) : .string("\(number)")
    case .bytes(let bytes): return .string(Data(bytes).base64EncodedString())
    case .timestamp(let moment): return .string("\(moment)")
    case .duration(let span): return .string("\(span)")
    case .list(let list):
      var values: [Value] = []
      for element in list { values.append(try json(element)) }
      return .list(values)
    case .map(let map):
      var entries: [MapValue.Entry] = []
      for entry in map.entries {
        guard case .string = entry.key else {
          throw EvaluationError(.invalidArgument, "the keys of a Struct are strings")
        }
        entries.append(MapValue.Entry(key: entry.key, value: try json(entry.value)))
      }
      return .map(try MapValue(entries))
    default: throw EvaluationError(.invalidArgument, "no JSON value: \(value.type)")
    }
  }

  /// A message of such a type as its JSON form has it; nil for other messages.
  static func value(_ type: String, _ content: JSON) throws -> Value? {
    switch type {
    case "google.protobuf.BoolValue", "google.protobuf.StringValue", "google.protobuf.Value",
      "google.protobuf.Struct", "google.protobuf.ListValue":
      return plain(content)
    case "google.protobuf.BytesValue": return Data(base64Encoded: content.string ?? "").map { .bytes(Array($0)) }
    case "google.protobuf.DoubleValue", "google.protobuf.FloatValue":
      return TaggedValue.double(content).map { .double($0) }
    case "google.protobuf.Int32Value", "google.protobuf.Int64Value":
      return (content.string.flatMap { Int64($0) } ?? TaggedValue.double(content).flatMap { Int64(exactly: $0) })
        .map { .int($0) }
    case "google.protobuf.UInt32Value", "google.protobuf.UInt64Value":
      return (content.string.flatMap { UInt64($0) } ?? TaggedValue.double(content).flatMap { UInt64(exactly: $0) })
        .map { .uint($0) }
    case "google.protobuf.Timestamp": return TimestampValue(content.string ?? "").map { .timestamp($0) }
    case "google.protobuf.Duration": return DurationValue(content.string ?? "").map { .duration($0) }
    case "google.protobuf.Any":
      let name = content["@type"]?.string?.split(separator: "/").last.map(String.init) ?? ""
      return try value(name, content["value"] ?? .null)
    default: return nil
    }
  }

  private static func plain(_ json: JSON) -> Value {
    switch json {
    case .null: .null
    case .bool(let value): .bool(value)
    case .number(let value): .double(value)
    case .string(let value): .string(value)
    case .array(let values): .list(values.map(plain))
    case .object(let members): .map(MapValue(members.mapValues(plain)))
    }
  }
}
