/// A moment of the years 1 to 9999, to the nanosecond.
public struct TimestampValue: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Since 1970-01-01T00:00:00Z.
  public let seconds: Int64
  /// 0...999,999,999, after the seconds.
  public let nanoseconds: Int32

  static let secondsRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
  static let nanosecondsPerSecond: Int64 = 1_000_000_000

  /// nil outside of the years 1 to 9999, or with nanoseconds that are none.
  public init?(seconds: Int64, nanoseconds: Int32 = 0) {
    guard Self.secondsRange ~= seconds, 0..<1_000_000_000 ~= nanoseconds else { return nil }
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  public static func < (left: TimestampValue, right: TimestampValue) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// Takes RFC 3339: "2026-01-05T10:00:00.5+01:00".
  public init?(_ text: String) {
    var reader = DigitReader(text)
    guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
      let day = reader.number(2), reader.skip("T") || reader.skip("t"), let hour = reader.number(2), reader.skip(":"),
      let minute = reader.number(2), reader.skip(":"), let second = reader.number(2),
      let nanoseconds = reader.fraction(), let offset = reader.zoneOffset(), reader.isAtEnd,
      let date = DateValue(year: year, month: month, day: day), hour < 24, minute < 60, second < 60
    else { return nil }
    let local = Int64(date.dayNumber) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    self.init(seconds: local - Int64(offset), nanoseconds: nanoseconds)
  }

  /// RFC 3339 in UTC, with as many places of a second as there are: "2026-01-05T10:00:00.5Z".
  public var description: String {
    let fraction = nanoseconds == 0 ? "" : "." + DurationValue.fraction(Int64(nanoseconds))
    let (days, second) = (Int(seconds) - DateValue.modulo(Int(seconds), 86_400), DateValue.modulo(Int(seconds), 86_400))
    let date = DateValue(dayNumber: days / 86_400)?.description ?? ""
    let time = [second / 3600, second / 60 % 60, second % 60].map { DateValue.padded($0, 2) }.joined(separator: ":")
    return "\(date)T\(time)\(fraction)Z"
  }

  func adding(nanoseconds duration: Int64) throws(EvaluationError) -> TimestampValue {
    let total = Int128(seconds) * 1_000_000_000 + Int128(nanoseconds) + Int128(duration)
    guard let moved = TimestampValue(totalNanoseconds: total) else { throw .range("timestamp") }
    return moved
  }

  init?(totalNanoseconds total: Int128) {
    var (seconds, rest) = total.quotientAndRemainder(dividingBy: 1_000_000_000)
    if rest < 0 {
      rest += 1_000_000_000
      seconds -= 1
    }
    guard let seconds = Int64(exactly: seconds) else { return nil }
    self.init(seconds: seconds, nanoseconds: Int32(truncatingIfNeeded: rest))
  }

  func nanoseconds(since other: TimestampValue) throws(EvaluationError) -> Int64 {
    let total =
      (Int128(seconds) - Int128(other.seconds)) * 1_000_000_000 + Int128(nanoseconds) - Int128(other.nanoseconds)
    guard let total = Int64(exactly: total) else { throw .range("duration") }
    return total
  }
}

/// Reads the digits and marks of a timestamp.
struct DigitReader {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = text[...].utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ mark: Unicode.Scalar) -> Bool {
    guard let byte = rest.first, Unicode.Scalar(byte) == mark else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func digit() -> Int? {
    guard let byte = rest.first, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
    rest = rest.dropFirst()
    return Int(byte - UInt8(ascii: "0"))
  }

  mutating func number(_ digitCount: Int) -> Int? {
    var number = 0
    for _ in 0..<digitCount {
      guard let digit = digit() else { return nil }
      number = number * 10 + digit
    }
    return number
  }

  /// Nanoseconds after a point, of which more than nine digits are no fraction; 0 where there is no point.
  mutating func fraction() -> Int32? {
    guard skip(".") else { return 0 }
    var (nanoseconds, unit): (Int32, Int32) = (0, 100_000_000)
    guard let first = digit() else { return nil }
    nanoseconds = Int32(first) * unit
    while let digit = digit() {
      unit /= 10
      guard unit > 0 else { return nil }
      nanoseconds += Int32(digit) * unit
    }
    return nanoseconds
  }

  /// Seconds east of UTC.
  mutating func zoneOffset() -> Int? {
    if skip("Z") || skip("z") { return 0 }
    let isWest = skip("-")
    guard isWest || skip("+"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60
    else { return nil }
    return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
  }
}
