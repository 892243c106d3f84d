import RemitAPI
import RemitSDK
import Testing

@testable import Ledger

@Suite("Indicators and interest")
struct IndicatorTests {
  /// 212,000 open, sales of 100,000, 80,000 and 70,000 in months of 30 days: 30 + 30 + 32/70 × 30 (benjipays.com, trymesha.com).
  @Test("Countback DSO is 73.71")
  func countback() {
    let months: [(sales: Int128, days: Int)] = [(10_000_000, 30), (8_000_000, 30), (7_000_000, 30)]
    #expect(Indicators.text(Indicators.countbackDSO(closing: 21_200_000, months: months)) == "73.71")
    #expect(Indicators.text(Indicators.countbackDSO(closing: 5_000_000, months: months)) == "15.00")
    #expect(Indicators.text(Indicators.countbackDSO(closing: 25_000_000, months: months)) == "90.00")
    #expect(Indicators.countbackDSO(closing: 25_000_001, months: months) == nil)
    #expect(Indicators.text(Indicators.countbackDSO(closing: 0, months: months)) == "0.00")
    #expect(Indicators.text(Indicators.countbackDSO(closing: 100, months: [(-500, 31), (200, 30)])) == "46.00")
  }

  /// Opening 200, sales 150, closing 180, of these 120 current, in one month: 170 ÷ 230 (formula of Oracle and maxyfi.com).
  @Test("CEI is 73.91")
  func effectiveness() {
    #expect(
      Indicators.text(Indicators.cei(opening: 20_000_000, sales: 15_000_000, closing: 18_000_000, closingCurrent: 12_000_000))
        == "73.91")
    #expect(Indicators.cei(opening: 0, sales: 0, closing: 0, closingCurrent: 0) == nil)
    // 400 of 600 that could be collected in six months were.
    #expect(Indicators.text(Indicators.cei(opening: 10_000, sales: 60_000, closing: 30_000, closingCurrent: 10_000)) == "66.67")
    #expect(Indicators.text(Indicators.cei(opening: 0, sales: 10_000, closing: 20_000, closingCurrent: 0)) == "0.00")
  }

  @Test("DSO is closing by sales by days")
  func dso() {
    #expect(Indicators.text(Indicators.dso(closing: 9_000_000, sales: 27_000_000, days: 91)) == "30.33")
    #expect(Indicators.dso(closing: 1, sales: 0, days: 30) == nil)
    #expect(Indicators.text(-5) == "-0.05")
  }

  private func interest(_ changes: [(String, Int128)], due: String, last: String, _ percent: String) throws -> Interest {
    Interest(
      changes: try changes.map { (try #require(CivilDate($0.0)), $0.1) }, after: try #require(CivilDate(due)),
      last: try #require(CivilDate(last)),
      annualPercent: try #require(DecimalNumber(percent)))
  }

  /// 5,000 at 12.25 % for 101 days (paidnice.com): the daily amount rounded would make 169.68.
  @Test("Late interest is 169.49, not 169.68")
  func lateInterest() throws {
    let late = try interest([("2026-01-01", 500_000)], due: "2026-01-31", last: "2026-05-12", "12.25")
    #expect(late.minor == 16_949)
    #expect(late.segments.map(\.days) == [101])
  }

  @Test("A part payment ends one segment and begins another; what is paid in time, or before, is not charged")
  func segments() throws {
    let late = try interest(
      [("2026-01-01", 500_000), ("2026-02-10", -100_000), ("2026-03-02", -400_000)], due: "2026-01-31", last: "2026-05-12", "12.25")
    #expect(late.segments.map { "\($0.first) \($0.last) \($0.minor)" } == ["2026-02-01 2026-02-10 500000", "2026-02-11 2026-03-02 400000"])
    // (5000 × 10 + 4000 × 20) × 12.25 % ÷ 365
    #expect(late.minor == 4363)
    #expect(try interest([("2026-01-01", 500_000), ("2026-01-31", -500_000)], due: "2026-01-31", last: "2026-05-12", "12.25").minor == 0)
    #expect(try interest([("2026-01-01", 500_000)], due: "2026-01-31", last: "2026-01-31", "12.25").segments == [])
  }
}
