import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct Items: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the open items by due date: what is owed, and credits that are not applied.")

  @OptionGroup var connection: Connection
  @OptionGroup var output: Output
  @OptionGroup var knownAt: KnownAt
  @Option(help: ArgumentHelp("Only of the customer with this number.", valueName: "number")) var customer: String?
  @Option(help: ArgumentHelp("As at this day. (default: today)", valueName: "yyyy-mm-dd")) var asOf = ""

  func run() async throws {
    let instant = try knownAt.instant()
    try await connection.run { client in
      let customerID = try await customer.asyncMap { try await client.customer($0).id } ?? ""
      var all = Remit_Ledger_V1_ListOpenItemsReply()
      repeat {
        let request = Remit_Ledger_V1_ListOpenItemsRequest.with {
          $0.customerID = customerID
          $0.asOf = asOf
          if let instant { $0.knownAt = instant }
          $0.pageSize = 1000
          $0.pageToken = all.nextPageToken
        }
        let page: Remit_Ledger_V1_ListOpenItemsReply = try await client.call("ListOpenItems", request)
        all.items += page.items
        all.nextPageToken = page.nextPageToken
      } while !all.nextPageToken.isEmpty
      var table = Table([
        ("due", .left), ("kind", .left), ("number", .left), ("customer", .left), ("name", .left), ("currency", .left), ("amount", .right),
        ("open", .right),
      ])
      table.rows = all.items.map {
        [$0.dueOn, $0.kind, $0.number, $0.customerNumber, $0.customerName, $0.open.currency, $0.amount.amount, $0.open.amount]
      }
      table.totals = all.items.map(\.open).sums.map { ["total", "", "", "", "", $0.currency, "", $0.amount] }
      try output.show(table, all)
    }
  }
}
