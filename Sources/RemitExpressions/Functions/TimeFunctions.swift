/// Timestamps and durations.
enum TimeFunctions {
  static let all: [Function] = conversions + accessors

  private static let conversions: [Function] = [
    .unary("timestamp", .timestamp, .timestamp, timestamp),
    .unary("timestamp", .string, .timestamp, timestamp),
    .unary("timestamp", .int, .timestamp, timestamp),
    .unary("duration", .duration, .duration, duration),
    .unary("duration", .string, .duration, duration),
  ]

  @Sendable
  private static func timestamp(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .timestamp: return value
    case .string(let text):
      guard let moment = TimestampValue(text) else {
        throw ConversionFunctions.invalid(text, "timestamp in range", like: "'2026-01-05T10:00:00Z'")
      }
      return .timestamp(moment)
    case .int(let seconds):
      guard let moment = TimestampValue(seconds: seconds) else { throw .range("timestamp") }
      return .timestamp(moment)
    default: return nil
    }
  }

  @Sendable
  private static func duration(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .duration: return value
    case .string(let text):
      try meter.charge(text.utf8.count)
      guard let span = DurationValue(text) else {
        throw ConversionFunctions.invalid(text, "duration in range", like: "'1h30m'")
      }
      return .duration(span)
    default: return nil
    }
  }

  /// What is asked of a moment's day and time of day.
  private static let parts: [(String, @Sendable (LocalTime) -> Int)] = [
    ("getFullYear", { $0.date.year }),
    ("getMonth", { $0.date.month - 1 }),
    ("getDate", { $0.date.day }),
    ("getDayOfMonth", { $0.date.day - 1 }),
    ("getDayOfWeek", { $0.date.dayOfWeek % 7 }),
    ("getDayOfYear", { $0.date.dayOfYear - 1 }),
    ("getHours", { $0.secondOfDay / 3600 }),
    ("getMinutes", { $0.secondOfDay / 60 % 60 }),
    ("getSeconds", { $0.secondOfDay % 60 }),
    ("getMilliseconds", { Int($0.nanoseconds) / 1_000_000 }),
  ]

  private static let accessors: [Function] =
    parts.flatMap { name, part in
      [
        .method(name, .timestamp, .int) { moment, _ throws(EvaluationError) in
          guard case .timestamp(let moment) = moment else { return nil }
          return .int(Int64(part(try LocalTime(moment, zone: nil))))
        },
        .method(name, .timestamp, .string, .int) { moment, zone, meter throws(EvaluationError) in
          guard case .timestamp(let moment) = moment, case .string(let zone) = zone else { return nil }
          try meter.charge(zone.utf8.count)
          return .int(Int64(part(try LocalTime(moment, zone: zone))))
        },
      ]
    } + [
      span("getHours") { $0 / 3_600_000_000_000 },
      span("getMinutes") { $0 / 60_000_000_000 },
      span("getSeconds") { $0 / 1_000_000_000 },
      span("getMilliseconds") { $0 / 1_000_000 % 1000 },
    ]

  private static func span(_ name: String, _ part: @escaping @Sendable (Int64) -> Int64) -> Function {
    .method(name, .duration, .int) { span, _ in
      guard case .duration(let span) = span else { return nil }
      return .int(part(span.nanoseconds))
    }
  }
}
