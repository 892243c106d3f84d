/// Calendar days, and the days on which business is done.
enum DateFunctions {
  static let all: [Function] = conversions + parts + periods + business

  private static let conversions: [Function] = [
    .unary("date", .date, .date) { value, _ in if case .date = value { value } else { nil } },
    .unary("date", .string, .date) { value, _ throws(EvaluationError) in
      guard case .string(let text) = value else { return nil }
      guard let date = DateValue(text) else {
        throw ConversionFunctions.invalid(text, "day of the calendar", like: "'2026-01-05'")
      }
      return .date(date)
    },
    .global("date", [.int, .int, .int], .date) { arguments, _ throws(EvaluationError) in
      guard arguments.count == 3, case .int(let year) = arguments[0], case .int(let month) = arguments[1],
        case .int(let day) = arguments[2]
      else { return nil }
      guard let date = DateValue(year: Int(year), month: Int(month), day: Int(day)) else {
        throw EvaluationError(.invalidArgument, "\(year)-\(month)-\(day) is no day of the calendar")
      }
      return .date(date)
    },
    .unary("date", .timestamp, .date) { value, _ throws(EvaluationError) in
      guard case .timestamp(let moment) = value else { return nil }
      return .date(try LocalTime(moment, zone: nil).date)
    },
    .binary("date", .timestamp, .string, .date) { value, zone, meter throws(EvaluationError) in
      guard case .timestamp(let moment) = value, case .string(let zone) = zone else { return nil }
      try meter.charge(zone.utf8.count)
      return .date(try LocalTime(moment, zone: zone).date)
    },
    .unary("string", .date, .string) { value, _ in
      if case .date(let date) = value { .string(date.description) } else { nil }
    },
  ]

  private static let parts: [Function] = {
    let parts: [(String, @Sendable (DateValue) -> Int)] = [
      ("year", { $0.year }), ("month", { $0.month }), ("day", { $0.day }), ("dayOfWeek", { $0.dayOfWeek }),
      ("getFullYear", { $0.year }), ("getMonth", { $0.month - 1 }), ("getDate", { $0.day }),
      ("getDayOfMonth", { $0.day - 1 }), ("getDayOfWeek", { $0.dayOfWeek % 7 }), ("getDayOfYear", { $0.dayOfYear - 1 }),
    ]
    return parts.map { name, part in
      .method(name, .date, .int) { value, _ in
        if case .date(let date) = value { .int(Int64(part(date))) } else { nil }
      }
    }
  }()

  private static let periods: [Function] = [
    .unary("days", .int, .period) { value, _ in
      if case .int(let count) = value { .period(PeriodValue(days: count)) } else { nil }
    },
    .unary("hours", .int, .duration) { value, _ in duration(value, of: 3600) },
    .unary("minutes", .int, .duration) { value, _ in duration(value, of: 60) },
    .unary("months", .int, .period) { value, _ in
      if case .int(let count) = value { .period(PeriodValue(months: count)) } else { nil }
    },
    .unary("startOfMonth", .date, .date, startOfMonth),
    .method("startOfMonth", .date, .date, startOfMonth),
    .unary("endOfMonth", .date, .date, endOfMonth),
    .method("endOfMonth", .date, .date, endOfMonth),
  ]

  /// nil where it is longer than can be held.
  private static func duration(_ value: Value, of seconds: Int64) -> Value? {
    guard case .int(let count) = value else { return nil }
    let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: seconds * 1_000_000_000)
    return overflow ? nil : .duration(DurationValue(nanoseconds: nanoseconds))
  }

  @Sendable
  private static func startOfMonth(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    if case .date(let date) = value { .date(date.startOfMonth) } else { nil }
  }

  @Sendable
  private static func endOfMonth(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    if case .date(let date) = value { .date(date.endOfMonth) } else { nil }
  }

  private static let business: [Function] = [
    .global("addBusinessDays", [.date, .int, .calendar], .date) { arguments, meter throws(EvaluationError) in
      guard arguments.count == 3, case .date(let date) = arguments[0], case .int(let count) = arguments[1],
        let calendar = arguments[2].calendar
      else { return nil }
      return .date(try calendar.adding(count, to: date, &meter))
    },
    .binary("isBusinessDay", .date, .calendar, .bool) { date, calendar, _ in
      guard case .date(let date) = date, let calendar = calendar.calendar else { return nil }
      return .bool(calendar.isBusinessDay(date))
    },
    .global("businessDaysBetween", [.date, .date, .calendar], .int) { arguments, meter throws(EvaluationError) in
      guard arguments.count == 3, case .date(let start) = arguments[0], case .date(let end) = arguments[1],
        let calendar = arguments[2].calendar
      else { return nil }
      return .int(try calendar.count(from: start, to: end, &meter))
    },
  ]
}

extension Value {
  fileprivate var calendar: BusinessCalendar? {
    if case .opaque(let value) = self { value as? BusinessCalendar } else { nil }
  }
}
