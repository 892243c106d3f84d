import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct StatementCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statement", abstract: "Show what happened on a customer's account between two days.")

  @OptionGroup var connection: Connection
  @OptionGroup var output: Output
  @OptionGroup var knownAt: KnownAt
  @Option(help: ArgumentHelp("The number of the customer.", valueName: "number")) var customer: String
  @Option(help: ArgumentHelp("The first day.", valueName: "yyyy-mm-dd")) var from: String
  @Option(help: ArgumentHelp("The last day. (default: today)", valueName: "yyyy-mm-dd")) var to = ""

  func run() async throws {
    let instant = try knownAt.instant()
    try await connection.run { client in
      let found = try await client.customer(customer)
      let request = Remit_Ledger_V1_GetStatementRequest.with {
        $0.customerID = found.id
        $0.from = from
        $0.to = to
        if let instant { $0.knownAt = instant }
      }
      let statement: Remit_Ledger_V1_Statement = try await client.call("GetStatement", request)
      var table = Table([
        ("on", .left), ("document", .left), ("number", .left), ("currency", .left), ("amount", .right), ("balance", .right),
      ])
      for account in statement.accounts {
        table.rows.append([statement.from, "opening", "", account.opening.currency, "", account.opening.amount])
        table.rows += account.lines.map {
          [$0.on, $0.kind, $0.kind == "allocation" ? "" : $0.number, $0.amount.currency, $0.amount.amount, $0.balance.amount]
        }
        table.rows.append([statement.to, "closing", "", account.closing.currency, "", account.closing.amount])
      }
      if output.output == .table { print("Statement of \(found.number) \(found.name) from \(statement.from) to \(statement.to)\n") }
      try output.show(table, statement)
    }
  }
}
