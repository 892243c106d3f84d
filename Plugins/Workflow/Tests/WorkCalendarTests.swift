import RemitAPI
import RemitSDK
import SwiftProtobuf
import Testing

/// Deadlines by hand: a week of Monday to Thursday 9 to 12 and 13 to 17, Friday to 14, with a holiday and a Saturday that is worked.
@Suite struct WorkCalendarTests {
  private let calendar: WorkCalendar

  init() throws {
    calendar = try WorkCalendar(
      .with {
        $0.week = [
          .with {
            $0.days = [.monday, .tuesday, .wednesday, .thursday]
            $0.hours = ["09:00-12:00", "13:00-17:00"]
          },
          .with {
            $0.days = [.friday]
            $0.hours = ["09:00-14:00"]
          },
        ]
        $0.holidays = ["2026-12-24..2026-12-26"]
        $0.workingDays = ["2026-12-05"]
      })
  }

  @Test(arguments: [
    // Monday 2026-11-30.
    ("2026-11-30T09:00:00", 3600, "2026-11-30T10:00:00"), ("2026-11-30T11:30:00", 3600, "2026-11-30T13:30:00"),
    ("2026-11-30T12:30:00", 60, "2026-11-30T13:01:00"), ("2026-11-30T16:59:59", 2, "2026-12-01T09:00:01"),
    ("2026-11-28T05:06:00", 3600, "2026-11-30T10:00:00"), ("2026-12-04T13:00:00", 7200, "2026-12-05T10:00:00"),
    ("2026-12-23T17:00:00", 1, "2026-12-28T09:00:01"), ("2026-11-30T09:00:00", 7 * 3600, "2026-11-30T17:00:00"),
  ])
  func secondsOfWork(_ start: String, _ seconds: Int64, _ wanted: String) throws {
    #expect(calendar.add(seconds: seconds, to: try #require(LocalTime(start)))?.description == wanted)
  }

  @Test(arguments: [
    ("2026-11-30T10:30:00", 1, "2026-12-01T10:30:00"), ("2026-12-03T16:00:00", 1, "2026-12-04T14:00:00"),
    // From a Saturday on it is counted from Monday morning.
    ("2026-11-28T06:06:00", 2, "2026-12-02T09:00:00"), ("2026-12-04T15:00:00", 1, "2026-12-07T09:00:00"),
    ("2026-12-23T10:00:00", 1, "2026-12-28T10:00:00"), ("2026-11-30T18:00:00", 1, "2026-12-02T09:00:00"),
  ])
  func daysOfWork(_ start: String, _ days: Int64, _ wanted: String) throws {
    #expect(calendar.add(days: days, to: try #require(LocalTime(start)))?.description == wanted)
  }

  @Test func nobodyEverWorks() throws {
    let never = try WorkCalendar(
      .with {
        $0.week = [
          .with {
            $0.days = [.monday]
            $0.hours = ["09:00-09:01"]
          }
        ]
      })
    let start = try #require(LocalTime("2026-11-30T09:00:00"))
    #expect(never.add(seconds: 1_000_000_000, to: start) == nil && never.add(days: 100_000, to: start) == nil)
  }
}
