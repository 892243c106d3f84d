import Glibc

/// `'%s owes %.2f'.format([name, amount])`
enum StringFormat {
  static let functions: [Function] = [
    .method("format", .string, .list(.dyn), .string) { text, list, meter throws(EvaluationError) in
      guard case .string(let text) = text, case .list(let list) = list else { return nil }
      return .string(try formatted(text, list, &meter))
    }
  ]

  private static let precisionMax = 1000

  private static func failure(_ message: String) -> EvaluationError {
    EvaluationError(.invalidArgument, "error during formatting: \(message)")
  }

  private static func formatted(
    _ text: String, _ arguments: [Value], _ meter: inout Meter
  ) throws(EvaluationError) -> String {
    try meter.charge(text.utf8.count)
    var rest = Array(text.unicodeScalars)[...]
    var result = String.UnicodeScalarView()
    var used = 0
    while let scalar = rest.popFirst() {
      guard scalar == "%" else {
        result.append(scalar)
        continue
      }
      if rest.first == "%" {
        rest.removeFirst()
        result.append("%")
        continue
      }
      let precision = try precision(&rest)
      guard let clause = rest.popFirst() else { throw failure("unexpected end of string") }
      guard used < arguments.count else { throw failure("index \(used) out of range") }
      let part = try self.clause(clause, precision, arguments[used], &meter)
      try meter.charge(part.utf8.count)
      result.append(contentsOf: part.unicodeScalars)
      used += 1
    }
    return String(result)
  }

  private static func precision(_ rest: inout ArraySlice<Unicode.Scalar>) throws(EvaluationError) -> Int? {
    guard rest.first == "." else { return nil }
    rest.removeFirst()
    let digits = rest.prefix { ("0"..."9").contains($0) }
    rest.removeFirst(digits.count)
    guard let precision = Int(CodePoints.string(digits)), precision <= precisionMax else {
      throw failure("a precision is a whole number of at most \(precisionMax)")
    }
    return precision
  }

  private static func clause(
    _ clause: Unicode.Scalar, _ precision: Int?, _ value: Value, _ meter: inout Meter
  ) throws(EvaluationError) -> String {
    switch clause {
    case "s": return try string(value, &meter)
    case "d": return try decimal(value)
    case "f": return try number(value, "fixed-point", "%.*f", precision ?? 6)
    case "e": return try number(value, "scientific", "%.*e", precision ?? 6)
    case "b": return try binary(value)
    case "o": return try octal(value)
    case "x": return try hex(value, &meter)
    case "X": return try hex(value, &meter).uppercased()
    default: throw failure("could not parse formatting clause: unrecognized formatting clause \"\(clause)\"")
    }
  }

  private static func decimal(_ value: Value) throws(EvaluationError) -> String {
    switch value {
    case .int(let value): return String(value)
    case .uint(let value): return String(value)
    case .decimal(let value): return value.description
    case .double(let value): return DoubleText.plain(value)
    default: throw failure("decimal clause can only be used on integers, was given \(value.type.name)")
    }
  }

  private static func number(
    _ value: Value, _ clause: String, _ format: String, _ precision: Int
  ) throws(EvaluationError) -> String {
    switch value {
    case .double(let value):
      return value.isFinite ? printed(value, format, precision) : DoubleText.shortest(value)
    case .int(let value): return printed(Double(value), format, precision)
    case .uint(let value): return printed(Double(value), format, precision)
    case .decimal(let value) where clause == "fixed-point":
      let rounded = try value.rounded(.halfEven, places: Int64(min(precision, DecimalValue.scaleMax)))
      let missing = precision - rounded.scale
      let point = rounded.scale == 0 && missing > 0 ? "." : ""
      return rounded.description + point + String(repeating: "0", count: max(0, missing))
    default: throw failure("\(clause) clause can only be used on doubles, was given \(value.type.name)")
    }
  }

  /// As C prints it, rounded half-even from the exact value of the double.
  private static func printed(_ value: Double, _ format: String, _ precision: Int) -> String {
    // The largest double has 309 digits before its point.
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: precisionMax + 400) { buffer in
      let arguments: [any CVarArg] = [Int32(truncatingIfNeeded: precision), value]
      let count = withVaList(arguments) { vsnprintf(buffer.baseAddress, buffer.count, format, $0) }
      let bytes = buffer.prefix(max(0, min(Int(count), buffer.count - 1)))
      return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  private static func binary(_ value: Value) throws(EvaluationError) -> String {
    switch value {
    case .int(let value): return String(value, radix: 2)
    case .uint(let value): return String(value, radix: 2)
    case .bool(let value): return value ? "1" : "0"
    default: throw failure("only integers and bools can be formatted as binary, was given \(value.type.name)")
    }
  }

  private static func octal(_ value: Value) throws(EvaluationError) -> String {
    switch value {
    case .int(let value): return String(value, radix: 8)
    case .uint(let value): return String(value, radix: 8)
    default: throw failure("octal clause can only be used on integers, was given \(value.type.name)")
    }
  }

  private static func hex(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> String {
    switch value {
    case .int(let value): return String(value, radix: 16)
    case .uint(let value): return String(value, radix: 16)
    case .string(let text): return try hex(.bytes(Array(text.utf8)), &meter)
    case .bytes(let bytes):
      try meter.charge(bytes.count)
      return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    default:
      throw failure("only integers, byte buffers, and strings can be formatted as hex, was given \(value.type.name)")
    }
  }

  private static func string(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> String {
    try meter.charge(1)
    switch value {
    case .string(let text): return text
    case .bool(let value): return value ? "true" : "false"
    case .null: return "null"
    case .int(let value): return String(value)
    case .uint(let value): return String(value)
    case .double(let value): return DoubleText.plain(value)
    case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
    case .timestamp(let value): return value.description
    case .duration(let value): return value.description
    case .type(let type): return type.name
    case .decimal(let value): return value.description
    case .money(let value): return value.description
    case .date(let value): return value.description
    case .period(let value): return value.description
    case .list(let list):
      try meter.enter()
      defer { meter.leave() }
      var parts: [String] = []
      for element in list { parts.append(try string(element, &meter)) }
      return "[\(parts.joined(separator: ", "))]"
    case .map(let map): return try string(map, &meter)
    case .optional, .record, .opaque:
      throw failure(
        "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and "
          + "timestamps, was given \(value.type.name)")
    }
  }

  /// With its keys in the order of their text.
  private static func string(_ map: MapValue, _ meter: inout Meter) throws(EvaluationError) -> String {
    try meter.enter()
    defer { meter.leave() }
    var parts: [(key: String, value: String)] = []
    for entry in map.entries { parts.append((try string(entry.key, &meter), try string(entry.value, &meter))) }
    parts.sort { CodePoints.order($0.key, $1.key) < 0 }
    return "{\(parts.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
  }
}
