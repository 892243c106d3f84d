import FoundationEssentials
public import RemitAPI

/// When people of a company work, as a document of the kind calendar says: deadlines count only that. Times are local.
public struct WorkCalendar: Sendable {
  /// What is wrong with a calendar: the field of the document, and what is said of it.
  public struct Problem: Error, Equatable {
    public let field: String
    public let message: String
    public let chinese: String
  }

  /// Minutes of a day from 0 to 1440, in their order, for Monday to Sunday.
  private var week: [[Range<Int>]] = Array(repeating: [], count: 7)
  private var holidays: Set<Int32> = []
  private var workingDays: Set<Int32> = []
  /// Of the first day of the week that is worked.
  private var usual: [Range<Int>] { week.first { !$0.isEmpty } ?? [] }

  public init(_ document: Remit_Document_V1_Calendar) throws(Problem) {
    for (index, day) in document.week.enumerated() {
      var hours: [Range<Int>] = []
      for (place, text) in day.hours.enumerated() {
        guard let range = Self.hours(text), range.lowerBound >= hours.last?.upperBound ?? 0 else {
          throw Problem(
            field: "week[\(index)].hours[\(place)]", message: "is not of the form 09:00-12:30, later than the one before",
            chinese: "应为 09:00-12:30 形式，且晚于前一段")
        }
        hours.append(range)
      }
      for (place, weekday) in day.days.enumerated() {
        guard (1...7).contains(weekday.rawValue), week[weekday.rawValue - 1].isEmpty else {
          throw Problem(
            field: "week[\(index)].days[\(place)]", message: "is a weekday that stands in the calendar already", chinese: "该星期已列出")
        }
        week[weekday.rawValue - 1] = hours
      }
    }
    holidays = try Self.days(document.holidays, "holidays")
    workingDays = try Self.days(document.workingDays, "working_days")
  }

  /// The local time at which so many seconds of work have passed; nil where that is more than ten years away.
  public func add(seconds: Int64, to start: LocalTime) -> LocalTime? {
    var left = seconds
    var day = start.date.days
    var from = start.second
    for _ in 0..<3660 {
      for hours in hours(of: day) {
        let (begins, ends) = (max(hours.lowerBound * 60, from), hours.upperBound * 60)
        guard ends > begins else { continue }
        if left <= Int64(ends - begins) { return LocalTime(date: CivilDate(days: day), second: begins + Int(left)) }
        left -= Int64(ends - begins)
      }
      day += 1
      from = 0
    }
    return nil
  }

  /// The same time so many days of work later, counted from when work is next done, and not after that day's work; nil where that is more than ten years away.
  public func add(days: Int64, to start: LocalTime) -> LocalTime? {
    guard let begun = begin(at: start) else { return nil }
    var left = days
    for day in (begun.date.days + 1)...(begun.date.days + 3660) {
      guard let last = hours(of: day).last else { continue }
      left -= 1
      if left == 0 { return LocalTime(date: CivilDate(days: day), second: min(begun.second, last.upperBound * 60)) }
    }
    return nil
  }

  /// The first moment of work from a time on.
  private func begin(at start: LocalTime) -> LocalTime? {
    for day in start.date.days...(start.date.days + 3660) {
      let from = day == start.date.days ? start.second : 0
      if let next = hours(of: day).first(where: { $0.upperBound * 60 > from }) {
        return LocalTime(date: CivilDate(days: day), second: max(from, next.lowerBound * 60))
      }
    }
    return nil
  }

  private func hours(of day: Int32) -> [Range<Int>] {
    if workingDays.contains(day) { return usual }
    if holidays.contains(day) { return [] }
    // Days are counted from 2000-01-01, a Saturday.
    return week[Int((day % 7 + 7 + 5) % 7)]
  }

  /// "09:00-12:30" in minutes.
  private static func hours(_ text: String) -> Range<Int>? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { minutes($0) }
    guard parts.count == 2, let from = parts[0], let to = parts[1], from < to else { return nil }
    return from..<to
  }

  private static func minutes(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy { ("0"..."9").contains($0) } }), let hour = Int(parts[0]),
      let minute = Int(parts[1]), minute < 60, hour < 24 || (hour == 24 && minute == 0)
    else { return nil }
    return hour * 60 + minute
  }

  /// Days, and stretches of at most a year.
  private static func days(_ texts: [String], _ field: String) throws(Problem) -> Set<Int32> {
    var found: Set<Int32> = []
    for (index, text) in texts.enumerated() {
      let ends = text.components(separatedBy: "..").map { CivilDate($0) }
      guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last, last.days - first.days <= 366 else {
        throw Problem(
          field: "\(field)[\(index)]", message: "is not a day such as 2026-10-01, or 2026-10-01..2026-10-07",
          chinese: "应为 2026-10-01 或 2026-10-01..2026-10-07")
      }
      found.formUnion(first.days...last.days)
    }
    return found
  }
}

/// A time as the clock on the wall shows it.
public struct LocalTime: Equatable, Sendable, CustomStringConvertible {
  public let date: CivilDate
  /// Of the day, from 0 to 86,400.
  public let second: Int

  public init(date: CivilDate, second: Int) {
    self.date = date
    self.second = second
  }

  /// "2026-11-30T15:00:00".
  public init?(_ text: String) {
    guard text.utf8.count == 19, let date = CivilDate(String(text.prefix(10))) else { return nil }
    let parts = text.dropFirst(11).split(separator: ":").compactMap { Int($0) }
    guard parts.count == 3 else { return nil }
    self.init(date: date, second: parts[0] * 3600 + parts[1] * 60 + parts[2])
  }

  /// "2026-11-30T15:00:00"
  public var description: String {
    let (day, second) = second == 86_400 ? (CivilDate(days: date.days + 1), 0) : (date, second)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(day)T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
  }
}
