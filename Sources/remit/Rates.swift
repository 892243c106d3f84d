import ArgumentParser
import FoundationEssentials
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct Rates: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List and add exchange rates, choose whose are taken, and revalue at the end of a period.",
    subcommands: [List.self, Add.self, Use.self, Revalue.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the rates, the newest first.")

    @OptionGroup var connection: Connection
    @OptionGroup var output: Output
    @Option(help: "Only of this currency.") var currency = ""
    @Option(help: "Only of this source.") var source = ""
    @Flag(help: "Also those whose place another took.") var history = false

    func run() async throws {
      try await connection.run { client in
        var all = Remit_Ledger_V1_ListExchangeRatesReply()
        repeat {
          let request = Remit_Ledger_V1_ListExchangeRatesRequest.with {
            $0.currency = currency
            $0.source = source
            $0.history = history
            $0.pageSize = 1000
            $0.pageToken = all.nextPageToken
          }
          let page: Remit_Ledger_V1_ListExchangeRatesReply = try await client.call("ListExchangeRates", of: .books, request)
          all.rates += page.rates
          all.nextPageToken = page.nextPageToken
        } while !all.nextPageToken.isEmpty
        var table = Table([("on", .left), ("currency", .left), ("rate", .right), ("source", .left), ("by", .left)])
        table.rows = all.rates.map { [$0.validOn, $0.currency, $0.rate, $0.source, $0.recordedBy] }
        try output.show(table, all)
      }
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add a rate, or those of a file.",
      discussion: """
        A rate is one unit of the currency in the company's, or 1/ the other way round: 1/1.0850. A file has a line for each: USD,2026-01-05,1/1.0850.
        Another rate for the same day takes the place of the first, for what is posted from then on.
        """)

    @Argument(help: "Currency, day and rate, or a file.") var rate: [String]
    @OptionGroup var connection: Connection
    @Option(help: "Whose rate it is: ECB, PBC, ...") var source: String

    func run() async throws {
      let lines: [[String]]
      if rate.count == 1 {
        lines = String(decoding: try bytes(ofFile: rate[0]), as: UTF8.self).split(whereSeparator: \.isNewline).map { line in
          line.split(separator: ",", omittingEmptySubsequences: false).map { String($0.trimmingPrefix(" ")) }
        }
      } else {
        lines = [rate]
      }
      if let wrong = lines.first(where: { $0.count != 3 }) {
        throw ValidationError("a rate is a currency, a day and a number, not \(wrong.joined(separator: ","))")
      }
      try await connection.run { client in
        let request = Remit_Ledger_V1_SaveExchangeRatesRequest.with {
          $0.source = source
          $0.rates = lines.map { cells in
            .with {
              $0.currency = cells[0]
              $0.validOn = cells[1]
              $0.rate = cells[2]
            }
          }
        }
        let reply: Remit_Ledger_V1_SaveExchangeRatesReply = try await client.call("SaveExchangeRates", of: .books, request)
        print("\(Int(reply.saved).of("rate")) of \(source) \(reply.saved == 1 ? "is" : "are") saved")
      }
    }
  }

  struct Use: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Choose whose rates documents take that come without one, and how old these may be.")

    @Argument var source: String
    @OptionGroup var connection: Connection
    @Option(help: "How many days a rate may be old.") var days: Int32 = 7

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Ledger_V1_SetRatePolicyRequest.with {
          $0.policy.source = source
          $0.policy.daysMax = days
        }
        let _: Remit_Ledger_V1_RatePolicy = try await client.call("SetRatePolicy", of: .books, request)
        print("documents without a rate take that of \(source), at most \(days) days old")
      }
    }
  }

  struct Revalue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Post what open items in other currencies are worth more or less at a day, and take it back the day after.")

    @Argument(help: "The day, before today.") var on: String
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output
    @Flag(help: "Show it; post nothing.") var dryRun = false

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Ledger_V1_RevalueRequest.with {
          $0.on = on
          $0.dryRun = dryRun
        }
        let reply: Remit_Ledger_V1_Revaluation = try await client.call("Revalue", of: .books, request)
        var table = Table([
          ("currency", .left), ("open", .right), ("rate", .right), ("booked", .right), ("revalued", .right), ("gain", .right),
        ])
        table.rows = reply.currencies.map {
          [$0.open.currency, $0.open.amount, $0.rate, $0.booked.amount, $0.revalued.amount, $0.gain.amount]
        }
        try output.show(table, reply)
      }
    }
  }
}
