/// google.protobuf.Timestamp in RFC 3339: "2026-11-24T17:08:00.123Z".
enum Instant {
  /// 0001-01-01 to 9999-12-31, as the well-known type has it.
  private static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  static func parse(_ text: String) -> (seconds: Int64, nanos: Int32)? {
    guard
      let match = text.wholeMatch(
        of: /(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))/),
      let year = Int64(match.1), let month = Int64(match.2), let day = Int64(match.3), let hour = Int64(match.4),
      let minute = Int64(match.5),
      let second = Int64(match.6), (1...12).contains(month), day >= 1, day <= daysIn(month, year), hour < 24, minute < 60, second < 60
    else { return nil }
    var seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    if let sign = match.8, let hours = match.9.flatMap({ Int64($0) }), let minutes = match.10.flatMap({ Int64($0) }) {
      guard hours < 24, minutes < 60 else { return nil }
      seconds -= (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
    guard range.contains(seconds) else { return nil }
    return (seconds, nanos(match.7))
  }

  static func text(_ seconds: Int64, _ nanos: Int64) -> String? {
    guard range.contains(seconds), (0..<1_000_000_000).contains(nanos) else { return nil }
    let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    let second = seconds - day * 86_400
    let (year, month, dayOfMonth) = date(day)
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let years = String(repeating: "0", count: 4 - "\(year)".count) + "\(year)"
    return "\(years)-\(two(month))-\(two(dayOfMonth))T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))\(fraction(nanos))Z"
  }

  /// ".123": of 0, 3, 6 or 9 digits.
  static func fraction(_ nanos: Int64) -> String {
    guard nanos > 0 else { return "" }
    var digits = String(String(1_000_000_000 + nanos).dropFirst())
    while digits.hasSuffix("000") { digits.removeLast(3) }
    return "." + digits
  }

  static func nanos(_ digits: Substring?) -> Int32 {
    guard let digits else { return 0 }
    return Int32(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0
  }

  /// Days since 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let m = (5 * dayOfYear + 2) / 153
    let month = m < 10 ? m + 3 : m - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * m + 2) / 5 + 1)
  }

  private static func daysIn(_ month: Int64, _ year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// google.protobuf.Duration: "1.5s", "-0.000001s".
enum Span {
  private static let secondsMax: Int64 = 315_576_000_000

  static func parse(_ text: String) -> (seconds: Int64, nanos: Int32)? {
    guard let match = text.wholeMatch(of: /(-?)(\d{1,12})(?:\.(\d{1,9}))?s/), let seconds = Int64(match.2), seconds <= secondsMax else {
      return nil
    }
    let sign: Int64 = match.1 == "-" ? -1 : 1
    return (sign * seconds, Int32(sign) * Instant.nanos(match.3))
  }

  static func text(_ seconds: Int64, _ nanos: Int64) -> String? {
    guard abs(seconds) <= secondsMax, abs(nanos) < 1_000_000_000, seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0) else {
      return nil
    }
    return "\(seconds < 0 || nanos < 0 ? "-" : "")\(abs(seconds))\(Instant.fraction(abs(nanos)))s"
  }
}
