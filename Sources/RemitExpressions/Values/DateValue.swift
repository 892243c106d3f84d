/// A day of the Gregorian calendar, without a time or a zone, of the years 1 to 9999.
public struct DateValue: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Days since 1970-01-01.
  public let dayNumber: Int

  static let dayNumbers = -719_162...2_932_896

  /// nil outside of the years 1 to 9999.
  public init?(dayNumber: Int) {
    guard Self.dayNumbers ~= dayNumber else { return nil }
    self.dayNumber = dayNumber
  }

  /// nil for a day that is not in the calendar.
  public init?(year: Int, month: Int, day: Int) {
    guard 1...9999 ~= year, 1...12 ~= month, 1...Self.dayCount(year, month) ~= day else { return nil }
    dayNumber = Self.dayNumber(year, month, day)
  }

  /// Takes "2026-01-05".
  public init?(_ text: String) {
    let bytes = Array(text.utf8.prefix(11))
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]), let day = Self.number(bytes[8..<10])
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var number = 0
    for byte in digits {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return number
  }

  public static func < (left: DateValue, right: DateValue) -> Bool { left.dayNumber < right.dayNumber }

  /// 1...9999
  public var year: Int { parts.year }
  /// 1...12
  public var month: Int { parts.month }
  /// 1...31
  public var day: Int { parts.day }
  /// 1 for Monday to 7 for Sunday, as ISO 8601 has it.
  public var dayOfWeek: Int { Self.modulo(dayNumber + 3, 7) + 1 }
  /// 1...366
  public var dayOfYear: Int { dayNumber - Self.dayNumber(year, 1, 1) + 1 }

  /// "2026-01-05"
  public var description: String {
    let (year, month, day) = parts
    return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
  }

  static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  /// From the day number by Howard Hinnant's `civil_from_days` (howardhinnant.github.io/date_algorithms.html).
  var parts: (year: Int, month: Int, day: Int) {
    let shifted = dayNumber + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func dayCount(_ year: Int, _ month: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  static func modulo(_ number: Int, _ divisor: Int) -> Int {
    let remainder = number % divisor
    return remainder < 0 ? remainder + divisor : remainder
  }
}

extension DateValue {
  /// First the months, to the month's end where the day is none of it, then the days.
  func adding(_ period: PeriodValue) throws(EvaluationError) -> DateValue {
    var date = self
    if period.months != 0 {
      let (year, month, day) = parts
      let (index, overflows) = (Int64(year) * 12 + Int64(month - 1)).addingReportingOverflow(period.months)
      guard !overflows, 12..<120_000 ~= index else { throw .range("date") }
      let (newYear, newMonth) = (Int(index / 12), Int(index % 12) + 1)
      guard let moved = DateValue(year: newYear, month: newMonth, day: min(day, Self.dayCount(newYear, newMonth)))
      else { throw .range("date") }
      date = moved
    }
    let (number, overflows) = Int64(date.dayNumber).addingReportingOverflow(period.days)
    guard !overflows, let moved = Int(exactly: number).flatMap(DateValue.init(dayNumber:)) else { throw .range("date") }
    return moved
  }

  var startOfMonth: DateValue { DateValue(dayNumber: dayNumber - day + 1) ?? self }

  var endOfMonth: DateValue {
    let (year, month, day) = parts
    return DateValue(dayNumber: dayNumber - day + Self.dayCount(year, month)) ?? self
  }
}

/// What `days(30)` and `months(1)` give: how far a day is moved.
public struct PeriodValue: Sendable, Hashable, CustomStringConvertible {
  /// Moved first, to the month's end where the day is none of the month.
  public let months: Int64
  /// Moved after the months.
  public let days: Int64

  public init(months: Int64 = 0, days: Int64 = 0) {
    self.months = months
    self.days = days
  }

  /// - Throws: where the negative does not fit 64 bits.
  var negated: PeriodValue {
    get throws(EvaluationError) {
      let (months, monthsOverflow) = (0 as Int64).subtractingReportingOverflow(months)
      let (days, daysOverflow) = (0 as Int64).subtractingReportingOverflow(days)
      guard !monthsOverflow, !daysOverflow else { throw .overflow("period") }
      return PeriodValue(months: months, days: days)
    }
  }

  /// "P1M30D"
  public var description: String {
    let parts = (months == 0 ? "" : "\(months)M") + (days == 0 ? "" : "\(days)D")
    return parts.isEmpty ? "P0D" : "P\(parts)"
  }
}
