import FoundationEssentials
import RemitAPI
import RemitSDK
import Testing

@testable import Ledger

@Suite("Allocations")
struct AllocationPlanTests {
  private func item(side: Int16, open: Int64, base: Int64) throws -> Posting.Item {
    Posting.Item(
      id: UUID(), documentID: UUID(), customerID: UUID(), currency: try #require(Currency("USD")), side: side, amountMinor: open,
      baseMinor: base, dueOn: CivilDate(days: 0), openMinor: open, openBaseMinor: base)
  }

  @Test("The smaller of the two is settled, each relieved of its share of the base amount")
  func shares() throws {
    let plan = AllocationPlan(debit: try item(side: 1, open: 10_000, base: 9012), credit: try item(side: -1, open: -4000, base: -3800))
    #expect(plan.amountMinor == 4000)
    #expect(plan.debitBaseMinor == 3604)
    #expect(plan.creditBaseMinor == 3800)
    #expect(plan.exchangeDifferenceMinor == -196)
  }

  @Test("Nothing is settled where nothing is open")
  func nothing() throws {
    #expect(AllocationPlan(debit: try item(side: 1, open: 0, base: 0), credit: try item(side: -1, open: -5, base: -5)).amountMinor == 0)
    #expect(AllocationPlan(debit: try item(side: 1, open: 5, base: 5), credit: try item(side: -1, open: 0, base: 0)).amountMinor == 0)
  }

  @Test("However a debit is settled in parts, its base amount is relieved to the last cent and never below nothing", arguments: 0..<200)
  func parts(_ seed: UInt64) throws {
    var random = SplitMix(state: seed)
    var debit = try item(
      side: 1, open: Int64.random(in: 1...1_000_000, using: &random), base: Int64.random(in: 0...9_000_000, using: &random))
    while debit.openMinor > 0 {
      let part = Int64.random(in: 1...debit.openMinor, using: &random)
      let plan = AllocationPlan(debit: debit, credit: try item(side: -1, open: -part, base: -part))
      #expect(plan.amountMinor == part)
      #expect(plan.creditBaseMinor == part)
      debit.openMinor -= plan.amountMinor
      debit.openBaseMinor -= plan.debitBaseMinor
      #expect(debit.openBaseMinor >= 0)
    }
    #expect(debit.openBaseMinor == 0)
  }
}

/// SplitMix64 of Steele, Lea and Flood: the same seed gives the same numbers.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite("Money")
struct MoneyTests {
  private func usd(_ minor: Int64) throws -> Money { Money(minor: minor, currency: try #require(Currency("USD"))) }

  @Test("Amounts are shown with the decimals of their currency")
  func texts() throws {
    #expect(try #require(Currency("EUR")).text(minor: -5) == "-0.05")
    #expect(try #require(Currency("JPY")).text(minor: 1234) == "1234")
    #expect(try #require(Currency("KWD")).text(minor: 1) == "0.001")
    #expect(Currency("EURO") == nil)
    #expect(Currency("eur") == nil)
  }

  @Test("Conversion rounds half away from zero")
  func conversion() throws {
    let euro = try #require(Currency("EUR"))
    let yen = try #require(Currency("JPY"))
    let half = try #require(DecimalNumber("0.5"))
    #expect(try usd(1).converted(to: euro, rate: half)?.minor == 1)
    #expect(try usd(-1).converted(to: euro, rate: half)?.minor == -1)
    #expect(try usd(3).converted(to: euro, rate: half)?.minor == 2)
    #expect(try usd(12_345).converted(to: yen, rate: #require(DecimalNumber("155.25")))?.minor == 19_166)
    #expect(try usd(Money.minorMax).converted(to: euro, rate: #require(DecimalNumber("1.5"))) == nil)
  }

  @Test(
    "A decimal number is digits with at most one point",
    arguments: ["", ".", "1.", ".5", "1e3", "+-1", "1,5", "٣", " 1", "1.2.3", "1234567890123456789"])
  func malformed(_ text: String) {
    #expect(DecimalNumber(text) == nil)
  }
}
