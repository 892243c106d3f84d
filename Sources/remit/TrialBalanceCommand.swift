import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct TrialBalanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trial-balance", abstract: "Show what each account has: at first, debited, credited and in the end.")

  @OptionGroup var connection: Connection
  @OptionGroup var output: Output
  @OptionGroup var knownAt: KnownAt
  @Option(help: ArgumentHelp("The first day. (default: the first of the books)", valueName: "yyyy-mm-dd")) var from = ""
  @Option(help: ArgumentHelp("The last day. (default: today)", valueName: "yyyy-mm-dd")) var to = ""

  func run() async throws {
    let instant = try knownAt.instant()
    try await connection.run { client in
      let request = Remit_Ledger_V1_GetTrialBalanceRequest.with {
        $0.from = from
        $0.to = to
        if let instant { $0.knownAt = instant }
      }
      let reply: Remit_Ledger_V1_TrialBalance = try await client.call("GetTrialBalance", of: .books, request)
      var table = Table([
        ("account", .left), ("name", .left), ("currency", .left), ("opening", .right), ("debits", .right), ("credits", .right),
        ("closing", .right),
      ])
      func row(_ line: Remit_Ledger_V1_TrialBalanceLine, _ code: String, _ name: String) -> [String] {
        [code, name, line.closing.currency, line.opening.amount, line.debits.amount, line.credits.amount, line.closing.amount]
      }
      for line in reply.lines {
        table.rows.append(row(line, line.account.code, line.account.name))
        table.rows += line.currencies.map { row($0, "", "  of documents in") }
      }
      table.totals = [row(reply.total, "", "total")]
      if output.output == .table {
        print("Trial balance \(reply.from.isEmpty ? "" : "from \(reply.from) ")to \(reply.to)\n")
      }
      try output.show(table, reply)
    }
  }
}
