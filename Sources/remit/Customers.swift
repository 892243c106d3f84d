import ArgumentParser
import RemitAPI
import SwiftProtobuf

struct Customers: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List the customers.")

  @OptionGroup var connection: Connection
  @OptionGroup var output: Output
  @Option(help: "Only the customer with this number.") var number = ""

  func run() async throws {
    try await connection.run { client in
      var all = Remit_Ledger_V1_ListCustomersReply()
      repeat {
        let request = Remit_Ledger_V1_ListCustomersRequest.with {
          $0.pageSize = 1000
          $0.pageToken = all.nextPageToken
          $0.number = number
        }
        let page: Remit_Ledger_V1_ListCustomersReply = try await client.call("ListCustomers", request)
        all.customers += page.customers
        all.nextPageToken = page.nextPageToken
      } while !all.nextPageToken.isEmpty
      var table = Table([("number", .left), ("name", .left), ("id", .left)])
      table.rows = all.customers.map { [$0.number, $0.name, $0.id] }
      try output.show(table, all)
    }
  }
}
