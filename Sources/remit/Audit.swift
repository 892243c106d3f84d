import ArgumentParser
import RemitAPI
import SwiftProtobuf

struct Audit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List who did what, when.", subcommands: [List.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the writes that were done, newest first.")

    @Option(help: "Only of whom.") var principal = ""
    @Option(help: "Only of a method, such as PostInvoice.") var method = ""
    @Option(help: "Only of what begins so, such as customer/.") var resource = ""
    @Option(help: ArgumentHelp("At most how many.", valueName: "count")) var limit = 50
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      guard limit > 0 else { throw ValidationError("--limit is at least 1") }
      try await connection.run { client in
        var all = Remit_Platform_V1_ListCallsReply()
        repeat {
          let request = Remit_Platform_V1_ListCallsRequest.with {
            $0.tenant = company.tenant
            $0.principal = principal
            $0.method = method
            $0.resource = resource
            $0.pageSize = Int32(min(1000, limit - all.calls.count))
            $0.pageToken = all.nextPageToken
          }
          let reply: Remit_Platform_V1_ListCallsReply = try await client.call("ListCalls", of: .audit, request)
          all.calls += reply.calls
          all.nextPageToken = reply.nextPageToken
        } while !all.nextPageToken.isEmpty && all.calls.count < limit
        var table = Table([
          ("at (UTC)", .left), ("who", .left), ("key", .left), ("what", .left), ("of", .left), ("request", .left),
        ])
        table.rows = all.calls.map { call in
          let what = call.via.isEmpty ? call.method.lastPart : "\(call.method.lastPart) via \(call.via.lastPart)"
          return [call.calledAt.minute, call.principal, call.keyID, what, call.title.isEmpty ? call.resource : call.title, call.requestID]
        }
        try output.show(table, all)
      }
    }
  }
}

extension String {
  /// Of "/remit.ledger.v1.LedgerService/PostInvoice" it is PostInvoice.
  fileprivate var lastPart: String { split(separator: "/").last.map(String.init) ?? self }
}
