import RemitAPI
import Testing

@testable import Ledger

@Suite("The module")
struct ModuleTests {
  @Test("Migrations are numbered from 1 without a gap")
  func migrationNumbers() {
    #expect(Ledger.migrations.map(\.number) == Array(1...UInt32(Ledger.migrations.count)))
  }
}
