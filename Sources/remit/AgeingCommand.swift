import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct AgeingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "ageing", abstract: "Show how old what is owed is, in total or by customer.")

  enum Grouping: String, ExpressibleByArgument, CaseIterable { case customer, payer }
  enum Basis: String, ExpressibleByArgument, CaseIterable { case due, document }

  @OptionGroup var connection: Connection
  @OptionGroup var output: Output
  @OptionGroup var knownAt: KnownAt
  @Option(help: ArgumentHelp("As at this day. (default: today)", valueName: "yyyy-mm-dd")) var asOf = ""
  @Option(help: "A line for each of them and each currency.") var by: Grouping?
  @Option(help: "What age is counted from: the due date, or the date of the document.") var basis = Basis.due
  @Option(help: ArgumentHelp("Days overdue at which a bucket begins. (default: 1,31,61,91)", valueName: "days,...")) var edges: String?

  func run() async throws {
    let edges = try self.edges.map { text in
      try text.split(separator: ",").map {
        guard let days = Int32($0) else { throw ValidationError("--edges are numbers of days, such as 1,31,61,91") }
        return days
      }
    }
    let instant = try knownAt.instant()
    try await connection.run { client in
      var all = Remit_Ledger_V1_Ageing()
      repeat {
        let request = Remit_Ledger_V1_GetAgeingRequest.with {
          $0.asOf = asOf
          $0.edges = edges ?? []
          $0.byCustomer = by == .customer
          $0.byPayer = by == .payer
          $0.basis = basis == .document ? .documentDate : .dueDate
          if let instant { $0.knownAt = instant }
          $0.pageSize = 1000
          $0.pageToken = all.nextPageToken
        }
        let page: Remit_Ledger_V1_Ageing = try await client.call("GetAgeing", request)
        let customers = all.customers + page.customers
        all = page
        all.customers = customers
      } while !all.nextPageToken.isEmpty
      if output.output == .table { print("Ageing as at \(all.asOf)\n") }
      try output.show(table(all), all)
    }
  }

  private func table(_ ageing: Remit_Ledger_V1_Ageing) -> Table {
    let names = by != nil ? [("customer", Table.Alignment.left), ("name", .left)] : []
    let amounts = bucketTitles(ageing.edges) + ["credits", "balance"]
    var table = Table(names + [("currency", .left)] + amounts.map { ($0, .right) })
    func cells(_ line: Remit_Ledger_V1_AgeingLine) -> [String] {
      [line.currency] + line.buckets.map(\.amount) + [line.credits.amount, line.balance.amount]
    }
    table.rows = ageing.customers.map { [$0.customerNumber, $0.customerName] + cells($0) }
    let totals = ageing.totals.map { (by != nil ? ["", "total"] : []) + cells($0) }
    if by != nil { table.totals = totals } else { table.rows = totals }
    return table
  }

  /// "not due", "1-30", "over 90"
  private func bucketTitles(_ edges: [Int32]) -> [String] {
    guard let last = edges.last else { return [] }
    let first = edges[0] == 1 ? "not due" : "under \(edges[0])"
    return [first] + zip(edges, edges.dropFirst()).map { "\($0)-\($1 - 1)" } + ["over \(last - 1)"]
  }
}
