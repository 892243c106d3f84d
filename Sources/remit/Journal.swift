import ArgumentParser
import Glibc
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct Journal: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Hand the journal to the general ledger.", subcommands: [Export.self, Exports.self])

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the entries since the last export as CSV to standard output.",
      discussion: "Each entry is in exactly one export. What is younger than 30 s waits for the next.")

    @OptionGroup var connection: Connection
    @Option(help: "Write this export again, as it was. (default: a new one)") var number: Int32 = 0

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Ledger_V1_ExportJournalRequest.with { $0.number = number }
        try await client.stream("ExportJournal", of: .books, request) { (update: Remit_Ledger_V1_ExportJournalUpdate) in
          switch update.update {
          case .csv(let lines): print(String(decoding: lines, as: UTF8.self), terminator: "")
          case .result(let export) where export.number == 0:
            printError("remit: nothing new to export; what was posted in the last half minute comes with the next export")
          case .result(let export):
            printError(
              "remit: export \(export.number): \(export.entries) entries of \(export.documents) documents, \(export.firstEntry) to \(export.lastEntry), "
                + "together \(export.baseTotal.amount) \(export.baseTotal.currency); SHA-256 \(export.sha256)")
          case nil: break
          }
        }
      }
    }
  }

  struct Exports: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the exports, and how much is not exported yet.")

    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        var reply = Remit_Ledger_V1_ListJournalExportsReply()
        repeat {
          let request = Remit_Ledger_V1_ListJournalExportsRequest.with { ($0.pageSize, $0.pageToken) = (1000, reply.nextPageToken) }
          let page: Remit_Ledger_V1_ListJournalExportsReply = try await client.call("ListJournalExports", of: .books, request)
          reply.exports += page.exports
          reply.documentsWaiting = page.documentsWaiting
          reply.nextPageToken = page.nextPageToken
        } while !reply.nextPageToken.isEmpty
        var table = Table([
          ("export", .right), ("recorded until", .left), ("documents", .right), ("entries", .right), ("first", .right), ("last", .right),
          ("total", .right), ("by", .left),
        ])
        table.rows = try reply.exports.map {
          [
            "\($0.number)", try $0.until.jsonString().replacing("\"", with: ""), "\($0.documents)", "\($0.entries)", "\($0.firstEntry)",
            "\($0.lastEntry)", $0.baseTotal.amount, $0.recordedBy,
          ]
        }
        try output.show(table, reply)
        if output.output == .table { print("\(Int(reply.documentsWaiting).of("document")) not exported yet") }
      }
    }
  }
}
