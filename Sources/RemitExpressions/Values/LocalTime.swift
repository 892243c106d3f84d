import FoundationEssentials
// Has the rules of the zones.
import FoundationInternationalization

/// A moment as the clocks of a place show it.
struct LocalTime {
  let date: DateValue
  let secondOfDay: Int
  let nanoseconds: Int32

  /// - Parameter zone: of IANA's names, "Europe/Berlin", or an offset, "+01:00" and "01:00"; nil for UTC.
  init(_ moment: TimestampValue, zone: String?) throws(EvaluationError) {
    let offset = try zone.map { (zone) throws(EvaluationError) in try Self.offset(zone, at: moment) } ?? 0
    let local = Int(moment.seconds) + offset
    secondOfDay = DateValue.modulo(local, 86_400)
    guard let date = DateValue(dayNumber: (local - secondOfDay) / 86_400) else { throw .range("date") }
    self.date = date
    nanoseconds = moment.nanoseconds
  }

  private static func offset(_ zone: String, at moment: TimestampValue) throws(EvaluationError) -> Int {
    if zone == "UTC" || zone == "Z" { return 0 }
    if let fixed = fixedOffset(zone) { return fixed }
    guard let zone = TimeZone(identifier: zone) else {
      throw EvaluationError(
        .invalidArgument, "no time zone such as 'Europe/Berlin' or '+01:00': \(Value.string(zone).brief)")
    }
    return zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(moment.seconds)))
  }

  private static func fixedOffset(_ zone: String) -> Int? {
    var reader = DigitReader(zone)
    let isWest = reader.skip("-")
    if !isWest { _ = reader.skip("+") }
    guard let hours = reader.number(2), reader.skip(":"), let minutes = reader.number(2), reader.isAtEnd, hours < 24,
      minutes < 60
    else { return nil }
    return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
  }
}
