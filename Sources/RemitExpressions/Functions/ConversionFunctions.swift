/// From one type to another, as CEL's specification has it.
enum ConversionFunctions {
  static let all: [Function] = numbers + texts + others

  private static let numbers: [Function] =
    [ValueType.int, .uint, .double, .string, .timestamp].map { .unary("int", $0, .int, int) }
    + [ValueType.uint, .int, .double, .string].map { .unary("uint", $0, .uint, uint) }
    + [ValueType.double, .int, .uint, .string].map { .unary("double", $0, .double, double) }

  private static let texts: [Function] =
    [ValueType.string, .int, .uint, .double, .bool, .bytes, .timestamp, .duration].map {
      .unary("string", $0, .string, string)
    }
    + [ValueType.bytes, .string].map { .unary("bytes", $0, .bytes, bytes) }

  private static let others: [Function] = [
    .unary("bool", .bool, .bool, bool),
    .unary("bool", .string, .bool, bool),
    .unary("dyn", .parameter("A"), .dyn) { value, _ in value },
    .unary("type", .parameter("A"), .type(.parameter("A"))) { value, _ in .type(value.type) },
  ]

  static func invalid(_ text: String, _ type: String, like example: String) -> EvaluationError {
    EvaluationError(.invalidArgument, "\(Value.string(text).brief) is no \(type) such as \(example)")
  }

  @Sendable
  private static func int(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .int: return value
    case .uint(let value):
      guard let whole = Int64(exactly: value) else { throw .range("int") }
      return .int(whole)
    case .double(let value):
      // The doubles next to the ends of the range may stand for numbers outside of it.
      guard value > -0x1p63, value < 0x1p63 else { throw .range("int") }
      return .int(Int64(value))
    case .string(let text):
      guard let whole = Int64(text) else { throw invalid(text, "whole number", like: "'-12'") }
      return .int(whole)
    case .timestamp(let moment): return .int(moment.seconds)
    default: return nil
    }
  }

  @Sendable
  private static func uint(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .uint: return value
    case .int(let value):
      guard let whole = UInt64(exactly: value) else { throw .range("uint") }
      return .uint(whole)
    case .double(let value):
      guard value >= 0, value < 0x1p64 else { throw .range("uint") }
      return .uint(UInt64(value))
    case .string(let text):
      guard let whole = UInt64(text), !text.hasPrefix("+") else { throw invalid(text, "whole number", like: "'12'") }
      return .uint(whole)
    default: return nil
    }
  }

  @Sendable
  private static func double(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .double: return value
    case .int(let value): return .double(Double(value))
    case .uint(let value): return .double(Double(value))
    case .string(let text):
      // "1e400" is no infinity, "inf" is.
      guard let number = Double(text), number.isFinite || text.lowercased().contains("inf") || number.isNaN else {
        throw invalid(text, "number", like: "'1.5'")
      }
      return .double(number)
    default: return nil
    }
  }

  @Sendable
  private static func string(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .string: return value
    case .int(let value): return .string(String(value))
    case .uint(let value): return .string(String(value))
    case .double(let value): return .string(DoubleText.shortest(value))
    case .bool(let value): return .string(value ? "true" : "false")
    case .timestamp(let value): return .string(value.description)
    case .duration(let value): return .string(value.description)
    case .bytes(let value):
      try meter.charge(value.count)
      guard let text = String(validating: value, as: UTF8.self) else {
        throw EvaluationError(.invalidArgument, "invalid UTF-8 in bytes, cannot convert to string")
      }
      return .string(text)
    default: return nil
    }
  }

  @Sendable
  private static func bytes(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .bytes: return value
    case .string(let text):
      try meter.charge(text.utf8.count)
      return .bytes(Array(text.utf8))
    default: return nil
    }
  }

  @Sendable
  private static func bool(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .bool: return value
    case .string(let text):
      switch text {
      case "1", "t", "true", "TRUE", "True": return .bool(true)
      case "0", "f", "false", "FALSE", "False": return .bool(false)
      default: throw invalid(text, "bool", like: "'true'")
      }
    default: return nil
    }
  }
}

/// Doubles as text, as Go's `fmt` writes them.
enum DoubleText {
  /// With the fewest digits that give the same double, and an exponent where it is below -4 or above 20.
  static func shortest(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    if value == 0 { return value.sign == .minus ? "-0" : "0" }
    let (digits, exponent) = digits(value)
    let sign = value < 0 ? "-" : ""
    guard -4..<21 ~= exponent else {
      let fraction = digits.dropFirst()
      let point = fraction.isEmpty ? "" : "."
      let power = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
      return "\(sign)\(digits.prefix(1))\(point)\(fraction)e\(exponent < 0 ? "-" : "+")\(power)"
    }
    return sign + plain(digits, exponent)
  }

  /// Without an exponent, whatever the number.
  static func plain(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return shortest(value) }
    let (digits, exponent) = digits(value)
    return (value < 0 ? "-" : "") + plain(digits, exponent)
  }

  private static func plain(_ digits: String, _ exponent: Int) -> String {
    let count = digits.utf8.count
    if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
    if count <= exponent + 1 { return digits + String(repeating: "0", count: exponent + 1 - count) }
    return "\(digits.prefix(exponent + 1)).\(digits.dropFirst(exponent + 1))"
  }

  /// Its digits without zeros around them, and the power of ten of the first.
  private static func digits(_ value: Double) -> (digits: String, exponent: Int) {
    // Swift writes "123.0", "1e+22" or "1.5e-07": the fewest digits too, but in another form.
    let parts = value.magnitude.description.split(separator: "e", maxSplits: 1)
    let mantissa = parts[0].split(separator: ".", maxSplits: 1)
    let (whole, fraction) = (mantissa[0], mantissa.count > 1 ? mantissa[1] : "")
    let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let all = whole + fraction
    let leading = all.prefix { $0 == "0" }.count
    var digits = all.dropFirst(leading)
    while digits.last == "0" { digits.removeLast() }
    return (String(digits), whole.count - 1 - leading + power)
  }
}
