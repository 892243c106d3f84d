import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct Numbers: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List and set the series that documents get their numbers from.", subcommands: [List.self, Set.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the series, with the last number of each year.")

    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let reply: Remit_Ledger_V1_ListNumberSeriesReply = try await client.call(
          "ListNumberSeries", of: .books, Remit_Ledger_V1_ListNumberSeriesRequest())
        var table = Table([("kind", .left), ("pattern", .left), ("digits", .right), ("last", .left)])
        table.rows = reply.series.map { series in
          let last = series.counters.map { $0.year == 0 ? "\($0.last)" : "\($0.year): \($0.last)" }.joined(separator: ", ")
          return [series.kind.replacing("_", with: "-"), series.pattern, "\(series.digits)", last]
        }
        try output.show(table, reply)
      }
    }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "From now on, documents of a kind that come without a number get the next of a series.")

    @Argument(help: "A kind of document, or reversal.") var kind: String
    @Argument(help: "With {number}, and {year} where it begins anew each year, such as RE-{year}-{number}; none ends the series.")
    var pattern = ""
    @OptionGroup var connection: Connection
    @Option(help: "Zeros fill the number up to so many digits.") var digits: Int32 = 0

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Ledger_V1_SetNumberSeriesRequest.with {
          $0.series.kind = kind.replacing("-", with: "_")
          $0.series.pattern = pattern
          $0.series.digits = digits
        }
        let _: Remit_Ledger_V1_NumberSeries = try await client.call("SetNumberSeries", of: .books, request)
        print(pattern.isEmpty ? "the series of \(kind) ends" : "\(kind) documents are numbered \(pattern)")
      }
    }
  }
}
