import RemitAPI

/// When a job is due, in the five fields of crontab(5): minute, hour, day of the month, month, day of the week (0 and 7 are Sunday); each *, a number,
/// a range, a list, or steps of one: "*/5 8-18 * * 1-5".
struct CronSchedule: Equatable {
  private let minutes: Set<Int>
  private let hours: Set<Int>
  private let days: Set<Int>
  private let months: Set<Int>
  private let weekdays: Set<Int>
  /// Where both are restricted, either makes the day.
  private let isEitherDay: Bool

  /// nil where the text is no schedule.
  init?(_ text: String) {
    let fields = text.split(separator: " ").map(String.init)
    guard fields.count == 5, let minutes = Self.numbers(fields[0], 0...59), let hours = Self.numbers(fields[1], 0...23),
      let days = Self.numbers(fields[2], 1...31), let months = Self.numbers(fields[3], 1...12),
      let weekdays = Self.numbers(fields[4], 0...7)
    else { return nil }
    self.minutes = minutes
    self.hours = hours
    self.days = days
    self.months = months
    self.weekdays = Set(weekdays.map { $0 % 7 })
    isEitherDay = !fields[2].hasPrefix("*") && !fields[4].hasPrefix("*")
  }

  private static func numbers(_ field: String, _ range: ClosedRange<Int>) -> Set<Int>? {
    var found: Set<Int> = []
    for part in field.split(separator: ",", omittingEmptySubsequences: false) {
      let steps = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      let ends = steps[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { Int($0) }
      let step = steps.count == 2 ? Int(steps[1]) : 1
      guard let step, step > 0 else { return nil }
      if steps[0] == "*" {
        found.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
      } else {
        guard let first = ends[0], let last = ends.count == 2 ? ends[1] : (steps.count == 2 ? range.upperBound : first),
          range.contains(first), range.contains(last), first <= last
        else { return nil }
        found.formUnion(stride(from: first, through: last, by: step))
      }
    }
    return found
  }

  /// The next time after one, in minutes since midnight of local time; nil where there is none within eight years, such as 30 February.
  func next(after day: CivilDate, _ minute: Int) -> (day: CivilDate, minute: Int)? {
    let times = hours.flatMap { hour in minutes.map { hour * 60 + $0 } }.sorted()
    if isDue(day), let time = times.first(where: { $0 > minute }) { return (day, time) }
    guard let first = times.first else { return nil }
    return (1...2922).lazy.map { day.adding(days: $0) }.first(where: isDue).map { ($0, first) }
  }

  private func isDue(_ date: CivilDate) -> Bool {
    let (_, month, day) = date.yearMonthDay
    // 2000-01-01 was a Saturday.
    let weekday = (Int(date.days) % 7 + 13) % 7
    guard months.contains(month) else { return false }
    return isEitherDay ? days.contains(day) || weekdays.contains(weekday) : days.contains(day) && weekdays.contains(weekday)
  }
}
