import RemitAPI
import Testing

@testable import RemitHost

@Suite("A schedule")
struct CronScheduleTests {
  @Test(
    "The next time after one",
    arguments: [
      ("*/5 * * * *", "2026-11-24", 14 * 60 + 3, "2026-11-24", 14 * 60 + 5), ("*/5 * * * *", "2026-11-24", 23 * 60 + 55, "2026-11-25", 0),
      ("0 2 * * *", "2026-11-24", 120, "2026-11-25", 120), ("30 8-10,18 * * *", "2026-11-24", 10 * 60 + 30, "2026-11-24", 18 * 60 + 30),
      ("0 0 1 * *", "2026-11-24", 0, "2026-12-01", 0), ("0 0 29 2 *", "2026-11-24", 0, "2028-02-29", 0),
      ("0 9 * * 1-5", "2026-11-27", 600, "2026-11-30", 540),
      ("0 9 * * 7", "2026-11-24", 600, "2026-11-29", 540), ("0 9 13 * 5", "2026-11-24", 600, "2026-11-27", 540),
      ("10/20 * * * *", "2026-11-24", 30, "2026-11-24", 50),
    ])
  func next(_ text: String, _ day: String, _ minute: Int, _ nextDay: String, _ nextMinute: Int) throws {
    let next = try #require(CronSchedule(text)).next(after: try #require(CivilDate(day)), minute)
    #expect(next.map { "\($0.day) \($0.minute)" } == "\(nextDay) \(nextMinute)")
  }

  @Test(
    "What is no schedule",
    arguments: ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *", "a * * * *", "1,,2 * * * *"])
  func refused(_ text: String) { #expect(CronSchedule(text) == nil) }

  @Test("A day that never comes")
  func never() throws { #expect(try #require(CronSchedule("0 0 30 2 *")).next(after: CivilDate(days: 9000), 0) == nil) }
}
