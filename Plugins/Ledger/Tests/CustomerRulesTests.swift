import RemitAPI
import Testing

@testable import Ledger

@Suite("Customers")
struct CustomerRulesTests {
  @Test("A number is refused when it is empty, too long, padded or holds a control character")
  func refusedNumbers() {
    for text in ["", String(repeating: "9", count: 65), " C-1", "C-1 ", "C\n1", "C\t1"] {
      #expect(Ledger.problems(of: text, in: "customer.number", charactersMax: 64).count == 1, "\(text.debugDescription)")
    }
    #expect(Ledger.problems(of: "客户-001", in: "customer.number", charactersMax: 64).isEmpty)
  }

  @Test("Migrations are numbered from 1 without a gap")
  func migrationNumbers() {
    #expect(Ledger.migrations.map(\.number) == Array(1...UInt32(Ledger.migrations.count)))
  }
}
