import FoundationEssentials
import RemitAPI
import RemitSDK
import Testing

@testable import Ledger

@Suite("Plans of allocation")
struct AllocationPlanTests {
  private typealias Open = AllocationPlan.Open
  private let ids = (0..<6).map { _ in UUID() }

  private func open(_ index: Int, _ minor: Int64) -> AllocationPlan.Open { Open(id: ids[index], minor: minor) }

  @Test("Debits are filled one after the other, many to many")
  func filling() {
    let plan = AllocationPlan.filling([open(0, 100), open(1, 50), open(2, 70)], from: [open(3, 120), open(4, 60)])
    #expect(plan.lines.map(\.amountMinor) == [100, 20, 30, 30])
    #expect(plan.lines.map(\.debit) == [ids[0], ids[1], ids[1], ids[2]])
    #expect(plan.lines.map(\.credit) == [ids[3], ids[3], ids[4], ids[4]])
    #expect(plan.remaining(of: [open(0, 100), open(1, 50), open(2, 70)]) == [open(2, 40)])
  }

  @Test("A small rest is written off, of a debit or of a credit, and a large one is not")
  func tolerance() {
    let short = AllocationPlan.filling([open(0, 100)], from: [open(3, 98)], toleranceMinor: 2)
    #expect(short.lines == [.init(debit: ids[0], credit: ids[3], amountMinor: 98, writeOffMinor: 2)])
    let over = AllocationPlan.filling([open(0, 100)], from: [open(3, 102)], toleranceMinor: 2)
    #expect(over.lines == [.init(debit: ids[0], credit: ids[3], amountMinor: 100, writeOffMinor: -2)])
    #expect(AllocationPlan.filling([open(0, 100)], from: [open(3, 97)], toleranceMinor: 2).lines[0].writeOffMinor == 0)
    // An item that nothing is allocated to is not written off, small as it may be.
    #expect(AllocationPlan.filling([open(0, 100), open(1, 1)], from: [open(3, 100)], toleranceMinor: 2).lines.count == 1)
  }

  @Test("By proportion every debit gets its share, to the last cent")
  func proportional() {
    let plan = AllocationPlan.proportional([open(0, 100), open(1, 100), open(2, 100)], from: [open(3, 100)])
    #expect(plan.lines.map(\.amountMinor) == [34, 33, 33])
    #expect(AllocationPlan.proportional([open(0, 30), open(1, 70)], from: [open(3, 500)]).lines.map(\.amountMinor) == [30, 70])
  }

  @Test("Exact takes a credit to the one debit of its amount, and leaves ties to a person")
  func exact() {
    let plan = AllocationPlan.exact([open(0, 100), open(1, 50), open(2, 50)], from: [open(3, 100), open(4, 50)])
    #expect(plan.lines == [.init(debit: ids[0], credit: ids[3], amountMinor: 100)])
    #expect(AllocationPlan.exact([open(0, 100)], from: [open(3, 100), open(4, 100)]).lines.isEmpty)
  }

  @Test("No plan takes more than is open, and all of the smaller side is used", arguments: 0..<300)
  func random(_ seed: UInt64) {
    var random = SplitMix(state: seed)
    let debits = (0..<Int.random(in: 1...3, using: &random)).map { open($0, Int64.random(in: 1...1000, using: &random)) }
    let credits = (3..<3 + Int.random(in: 1...3, using: &random)).map { open($0, Int64.random(in: 1...1000, using: &random)) }
    let tolerance = Int64.random(in: 0...20, using: &random)
    let (owed, held) = (debits.reduce(0) { $0 + $1.minor }, credits.reduce(0) { $0 + $1.minor })
    for plan in [
      AllocationPlan.filling(debits, from: credits, toleranceMinor: tolerance),
      AllocationPlan.proportional(debits, from: credits, toleranceMinor: tolerance),
    ] {
      #expect(plan.lines.reduce(0) { $0 + $1.amountMinor } == min(owed, held))
      #expect(plan.remaining(of: debits + credits).allSatisfy { $0.minor > 0 })
      #expect(plan.lines.allSatisfy { $0.amountMinor > 0 && abs($0.writeOffMinor) <= tolerance })
    }
  }
}

@Suite("What an allocation relieves in the base currency")
struct ReliefTests {
  private func item(side: Int16, open: Int64, base: Int64) throws -> Posting.Item {
    Posting.Item(
      id: UUID(), documentID: UUID(), customerID: UUID(), currency: try #require(Currency("USD")), side: side, amountMinor: open,
      baseMinor: base, dueOn: CivilDate(days: 0), openMinor: open, openBaseMinor: base)
  }

  private func relief(_ line: AllocationPlan.Line, _ debit: (Int64, Int64), _ credit: (Int64, Int64)) throws -> Relief {
    var taxes = TaxContent.none
    return Relief(
      line, debit: try item(side: 1, open: debit.0, base: debit.1), credit: try item(side: -1, open: -credit.0, base: -credit.1),
      taxes: &taxes, .both)
  }

  private func line(_ amount: Int64, discount: Int64 = 0, fee: Int64 = 0, writeOff: Int64 = 0) -> AllocationPlan.Line {
    .init(debit: UUID(), credit: UUID(), amountMinor: amount, discountMinor: discount, feeMinor: fee, writeOffMinor: writeOff)
  }

  @Test("Each item is relieved of its share, and the difference is an exchange gain or loss")
  func exchange() throws {
    let gain = try relief(line(4000), (10_000, 9012), (4000, 3800))
    #expect((gain.debitBaseMinor, gain.creditBaseMinor) == (3604, 3800))
    #expect(gain.journal == [.init(debit: "receivable", credit: "fx", minor: 0, baseMinor: 196)])
    let loss = try relief(line(100), (100, 90), (100, 80))
    #expect(loss.journal == [.init(debit: "fx", credit: "receivable", minor: 0, baseMinor: 10)])
    #expect(try relief(line(100), (200, 200), (100, 100)).journal.isEmpty)
  }

  @Test("Discount, bank fee and write-off each go to their account")
  func deductions() throws {
    let relief = try relief(line(93, discount: 2, fee: 4, writeOff: 1), (100, 100), (93, 93))
    #expect(
      relief.journal == [
        .init(debit: "discount", credit: "receivable", minor: 2, baseMinor: 2),
        .init(debit: "bank_fee", credit: "receivable", minor: 4, baseMinor: 4),
        .init(debit: "write_off", credit: "receivable", minor: 1, baseMinor: 1),
      ])
    let over = try self.relief(line(100, writeOff: -2), (100, 100), (102, 102))
    #expect(over.journal == [.init(debit: "receivable", credit: "write_off", minor: 2, baseMinor: 2)])
  }

  @Test("The journal always makes up exactly for the difference, and parts add up to the last cent", arguments: 0..<300)
  func parts(_ seed: UInt64) throws {
    var random = SplitMix(state: seed)
    var debit = try item(
      side: 1, open: Int64.random(in: 1...1_000_000, using: &random), base: Int64.random(in: 0...9_000_000, using: &random))
    while debit.openMinor > 0 {
      let amount = Int64.random(in: 1...debit.openMinor, using: &random)
      let discount = Int64.random(in: 0...(debit.openMinor - amount), using: &random)
      let writeOff = Bool.random(using: &random) ? Int64.random(in: 0...(debit.openMinor - amount - discount), using: &random) : -5
      let line = line(amount, discount: discount, writeOff: writeOff)
      let credit = try item(side: -1, open: -(amount + 5), base: -Int64.random(in: 0...9_000_000, using: &random))
      var taxes = TaxContent.none
      let relief = Relief(line, debit: debit, credit: credit, taxes: &taxes, .both)
      let account = relief.journal.reduce(0) { $0 + ($1.debit == "receivable" ? $1.baseMinor : -$1.baseMinor) }
      #expect(account == relief.creditBaseMinor - relief.debitBaseMinor)
      #expect(relief.journal.reduce(0) { $0 + ($1.debit == "receivable" ? $1.minor : -$1.minor) } == line.creditMinor - line.debitMinor)
      #expect(relief.journal.allSatisfy { $0.baseMinor >= 0 && $0.minor >= 0 && $0.minor + $0.baseMinor > 0 })
      debit.openMinor -= line.debitMinor
      debit.openBaseMinor -= relief.debitBaseMinor
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
