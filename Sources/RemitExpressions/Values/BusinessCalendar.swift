/// On which days business is done, given to expressions as a variable of type `calendar`.
public final class BusinessCalendar: OpaqueValue {
  private let weekend: Set<Int>
  private let holidays: Set<DateValue>
  private let workingDays: Set<DateValue>

  /// - Parameters:
  ///   - weekend: days of the week on which none is done, 1 for Monday to 7 for Sunday.
  ///   - holidays: further days on which none is done.
  ///   - workingDays: days on which it is done although of the weekend, or a holiday.
  public init(weekend: Set<Int> = [6, 7], holidays: Set<DateValue> = [], workingDays: Set<DateValue> = []) {
    self.weekend = weekend
    self.holidays = holidays
    self.workingDays = workingDays
  }

  /// `calendar`
  public static let type = ValueType.opaque("calendar", [])
  public var type: ValueType { Self.type }
  public func isEqual(to other: any OpaqueValue) -> Bool { self === other }

  /// Whether business is done on the day.
  public func isBusinessDay(_ date: DateValue) -> Bool {
    workingDays.contains(date) || !(weekend.contains(date.dayOfWeek) || holidays.contains(date))
  }

  /// The day so many business days after, or before for a negative count; for 0 the day itself.
  func adding(_ count: Int64, to date: DateValue, _ meter: inout Meter) throws(EvaluationError) -> DateValue {
    var (date, left) = (date, count.magnitude)
    let step = count < 0 ? -1 : 1
    while left > 0 {
      try meter.charge(1)
      guard let next = DateValue(dayNumber: date.dayNumber + step) else { throw .range("date") }
      date = next
      if isBusinessDay(date) { left -= 1 }
    }
    return date
  }

  /// How many business days come after the one until and with the other; negative where the other is earlier.
  func count(from start: DateValue, to end: DateValue, _ meter: inout Meter) throws(EvaluationError) -> Int64 {
    if end < start { return try -count(from: end, to: start, &meter) }
    try meter.charge(end.dayNumber - start.dayNumber)
    var count: Int64 = 0
    var number = start.dayNumber
    while number < end.dayNumber {
      number += 1
      if let date = DateValue(dayNumber: number), isBusinessDay(date) { count += 1 }
    }
    return count
  }
}
