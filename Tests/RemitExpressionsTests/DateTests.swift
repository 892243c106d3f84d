import RemitExpressions
import Testing

@Suite("Days")
struct DateTests {
  typealias Env = TestEnvironment

  @Test(
    "Days are moved by days and months",
    arguments: [
      ("it.due_on + days(30)", "2026-03-02"), ("it.due_on + months(1)", "2026-02-28"),
      ("date('2024-02-29') + months(12)", "2025-02-28"), ("date('2026-03-31') - months(1)", "2026-02-28"),
      ("date('2026-01-01') - days(1)", "2025-12-31"), ("date(2026, 1, 5)", "2026-01-05"),
      ("date(now)", "2026-01-05"), ("date(now, 'Asia/Shanghai')", "2026-01-06"),
      ("startOfMonth(it.due_on)", "2026-01-01"), ("endOfMonth(date('2028-02-10'))", "2028-02-29"),
      ("date('2026-03-01') - date('2026-02-01')", "28"), ("it.due_on.year()", "2026"),
      ("it.due_on.month()", "1"), ("it.due_on.day()", "31"), ("it.due_on.dayOfWeek()", "6"),
      ("it.due_on.getMonth()", "0"), ("it.due_on.getDate()", "31"), ("it.due_on.getDayOfWeek()", "6"),
      ("date('0001-01-01')", "0001-01-01"), ("max(it.due_on, date('2026-02-01'))", "2026-02-01"),
    ])
  func moves(_ text: String, _ result: String) throws { #expect(try Env.result(text) == result) }

  @Test(
    "Business days leave out weekends and holidays, but not days that are worked instead",
    arguments: [
      ("addBusinessDays(date('2025-12-31'), 1, calendar)", "2026-01-02"),
      ("addBusinessDays(date('2025-12-31'), 2, calendar)", "2026-01-04"),
      ("addBusinessDays(date('2026-01-05'), -1, calendar)", "2026-01-04"),
      ("addBusinessDays(date('2026-01-03'), 0, calendar)", "2026-01-03"),
      ("businessDaysBetween(date('2025-12-31'), date('2026-01-05'), calendar)", "3"),
      ("businessDaysBetween(date('2026-01-05'), date('2025-12-31'), calendar)", "-3"),
      ("isBusinessDay(date('2026-05-01'), calendar)", "false"),
    ])
  func business(_ text: String, _ result: String) throws { #expect(try Env.result(text) == result) }

  @Test(
    "Days outside of the years 1 to 9999 are errors",
    arguments: [
      "it.due_on + days(9223372036854775807)", "it.due_on - days(-9223372036854775807)",
      "it.due_on + months(9223372036854775807)", "date('9999-12-31') + days(1)", "date('0001-01-01') - days(1)",
      "date('0001-01-31') - months(1)",
    ])
  func range(_ text: String) throws { #expect(try Env.failure(text) == .outOfRange) }

  @Test("No number of business days runs on for ever")
  func businessBudget() throws {
    #expect(try Env.failure("addBusinessDays(it.due_on, 9223372036854775807, calendar)") == .overBudget)
  }

  @Test("Each day of the calendar has the number after the day before")
  func everyDay() throws {
    var previous = DateValue(year: 1, month: 1, day: 1)
    #expect(previous?.dayOfWeek == 1)
    for number in -719_161...2_932_896 {
      let day = DateValue(dayNumber: number)
      let isNext =
        day.map { day in
          day.day == (previous?.day ?? 0) + 1 && day.month == previous?.month
            || day.day == 1 && (day.month == (previous?.month ?? 0) + 1 || day.month == 1 && previous?.month == 12)
        } ?? false
      guard isNext, let day, DateValue(year: day.year, month: day.month, day: day.day) == day else {
        Issue.record("day \(number)")
        return
      }
      previous = day
    }
    #expect(previous?.description == "9999-12-31")
  }
}
