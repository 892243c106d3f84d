import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct Documents: AsyncParsableCommand {
  struct Kind: ExpressibleByArgument {
    /// As the API has it.
    let name: String

    static let allValueStrings = DocumentKind.allCases.map(\.rawValue) + ["reversal"]

    init?(argument: String) {
      guard Self.allValueStrings.contains(argument) else { return nil }
      name = argument.replacing("-", with: "_")
    }
  }

  enum State: String, ExpressibleByArgument, CaseIterable {
    case open, settled, reversed

    fileprivate var message: Remit_Ledger_V1_ListDocumentsRequest.State {
      switch self {
      case .open: .open
      case .settled: .settled
      case .reversed: .reversed
      }
    }
  }

  static let configuration = CommandConfiguration(
    abstract: "List documents, the latest first, with their sums.",
    discussion: """
      open is what is left now; negative: a credit that is not applied. The sums leave out what was reversed, unless --state reversed.
      """)

  @OptionGroup var connection: Connection
  @OptionGroup var output: Output
  @Option(help: ArgumentHelp("Only of the customer with this number.", valueName: "number")) var customer: String?
  @Option(help: "Only of this kind; repeat it for more.") var kind: [Kind] = []
  @Option(help: ArgumentHelp("Only issued on this day or later.", valueName: "yyyy-mm-dd")) var from = ""
  @Option(help: ArgumentHelp("Only issued on this day or earlier.", valueName: "yyyy-mm-dd")) var to = ""
  @Option(help: "Only with this in the number, or in the customer's number or name.") var search = ""
  @Option(help: "Only open, settled or reversed ones.") var state: State?

  func run() async throws {
    try await connection.run { client in
      let customerID = try await customer.asyncMap { try await client.customer($0).id } ?? ""
      var all = Remit_Ledger_V1_ListDocumentsReply()
      repeat {
        let request = Remit_Ledger_V1_ListDocumentsRequest.with {
          $0.customerID = customerID
          $0.kinds = kind.map(\.name)
          $0.from = from
          $0.to = to
          $0.search = search
          if let state { $0.state = state.message }
          $0.pageSize = 1000
          $0.pageToken = all.nextPageToken
        }
        let page: Remit_Ledger_V1_ListDocumentsReply = try await client.call("ListDocuments", request)
        all.documents += page.documents
        all.totals += page.totals
        all.nextPageToken = page.nextPageToken
      } while !all.nextPageToken.isEmpty
      var table = Table([
        ("issued", .left), ("kind", .left), ("number", .left), ("customer", .left), ("name", .left), ("currency", .left),
        ("amount", .right), ("open", .right), ("reversed", .left),
      ])
      table.rows = all.documents.map { listed in
        let document = listed.document
        return [
          document.issuedOn, document.kind, document.number, listed.customerNumber, listed.customerName, document.amount.currency,
          document.amount.amount, listed.open.amount, document.reversedBy.isEmpty ? "" : "yes",
        ]
      }
      table.totals = all.totals.map { ["total", $0.kind, "\($0.count)", "", "", $0.amount.currency, $0.amount.amount, "", ""] }
      try output.show(table, all)
    }
  }
}
