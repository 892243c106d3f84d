import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct InterestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interest", abstract: "Show what late payers could be charged. Nothing is posted.",
    discussion: "Simple interest on what was open day by day after the due date, a year being 365 days, rounded once for each item.")

  @OptionGroup var connection: Connection
  @OptionGroup var output: Output
  @Option(help: ArgumentHelp("Percent a year, such as 12.25.", valueName: "percent")) var rate: String
  @Option(help: ArgumentHelp("The last day. (default: today)", valueName: "yyyy-mm-dd")) var to = ""
  @Option(help: ArgumentHelp("Only days after this one, such as the last charged before.", valueName: "yyyy-mm-dd")) var after = ""
  @Option(help: ArgumentHelp("Only this customer.", valueName: "number")) var customer: String?

  func run() async throws {
    try await connection.run { client in
      let customerID = try await customer.asyncMap { try await client.customer($0).id } ?? ""
      var all = Remit_Ledger_V1_ProposeInterestReply()
      repeat {
        let request = Remit_Ledger_V1_ProposeInterestRequest.with {
          $0.annualPercent = rate
          $0.to = to
          $0.after = after
          $0.customerID = customerID
          $0.pageSize = 1000
          $0.pageToken = all.nextPageToken
        }
        let page: Remit_Ledger_V1_ProposeInterestReply = try await client.call("ProposeInterest", of: .books, request)
        all.lines += page.lines
        all.nextPageToken = page.nextPageToken
      } while !all.nextPageToken.isEmpty
      var table = Table([
        ("customer", .left), ("document", .left), ("number", .left), ("due", .left), ("days", .right), ("interest", .right),
        ("currency", .left),
      ])
      table.rows = all.lines.map {
        [
          $0.customerNumber, $0.kind, $0.number, $0.dueOn, "\($0.segments.reduce(0) { $0 + $1.days })", $0.interest.amount,
          $0.interest.currency,
        ]
      }
      try output.show(table, all)
    }
  }
}
