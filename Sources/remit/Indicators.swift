import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct Indicators: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show how fast the company is paid: DSO, countback DSO, CEI.")

  @OptionGroup var connection: Connection
  @OptionGroup var output: Output
  @OptionGroup var knownAt: KnownAt
  @Option(help: ArgumentHelp("As at this day. (default: today)", valueName: "yyyy-mm-dd")) var asOf = ""
  @Option(help: "Over so many months.") var months: Int32 = 3

  func run() async throws {
    let instant = try knownAt.instant()
    try await connection.run { client in
      let request = Remit_Ledger_V1_GetIndicatorsRequest.with {
        $0.asOf = asOf
        $0.months = months
        if let instant { $0.knownAt = instant }
      }
      let found: Remit_Ledger_V1_Indicators = try await client.call("GetIndicators", of: .books, request)
      var table = Table([("what", .left), ("value", .right), ("unit", .left)])
      table.rows = [
        ["receivables at first", found.opening.amount, found.opening.currency], ["sales", found.sales.amount, found.sales.currency],
        ["receivables in the end", found.closing.amount, found.closing.currency],
        ["of these not yet due", found.closingCurrent.amount, found.closingCurrent.currency],
        ["credits not applied at first", found.openingCredits.amount, found.openingCredits.currency],
        ["credits not applied in the end", found.closingCredits.amount, found.closingCredits.currency], ["DSO", found.dso, "days"],
        ["countback DSO", found.countbackDso, "days"], ["best possible DSO", found.bestPossibleDso, "days"],
        ["average days delinquent", found.averageDaysDelinquent, "days"], ["collection effectiveness", found.cei, "%"],
      ]
      if output.output == .table { print("As at \(found.asOf), over \(Int(found.months).of("month")) (\(Int(found.days).of("day")))\n") }
      try output.show(table, found)
    }
  }
}
