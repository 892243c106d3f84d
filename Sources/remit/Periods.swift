import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct Periods: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, close and open periods of the books.", subcommands: [List.self, Close.self, Open.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the periods; days in none are open.")

    @OptionGroup var connection: Connection
    @OptionGroup var output: Output
    @Flag(help: "Also who changed them before, and why.") var history = false

    func run() async throws {
      try await connection.run { client in
        let reply: Remit_Ledger_V1_ListPeriodsReply = try await client.call(
          "ListPeriods", of: .books, Remit_Ledger_V1_ListPeriodsRequest())
        var table = Table([("from", .left), ("to", .left), ("state", .left), ("by", .left), ("reason", .left)])
        table.rows = reply.periods.flatMap { period in
          [[period.startsOn, period.endsOn, period.state.words, period.recordedBy, period.reason]]
            + (history ? period.history.dropFirst().map { ["", "", "\($0.state.words) before", $0.recordedBy, $0.reason] } : [])
        }
        try output.show(table, reply)
      }
    }
  }

  struct Close: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Close a period: nothing is posted into it any more.")

    @OptionGroup var change: Change
    @Flag(help: "Those with the permission ledger.period.post_soft_closed may still post.") var soft = false

    func run() async throws { try await change.run(soft ? .softClosed : .closed) }
  }

  struct Open: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Open a period again; a closed one needs the permission ledger.period.reopen.")

    @OptionGroup var change: Change

    func run() async throws { try await change.run(.open) }
  }

  struct Change: ParsableArguments {
    @Argument(help: "A month, or the first and the last day.") var days: [String]
    @OptionGroup var connection: Connection
    @Option(help: "Told to who is refused.") var reason = ""

    func run(_ state: Remit_Ledger_V1_Period.State) async throws {
      let (first, last) = try range()
      try await connection.run { client in
        let request = Remit_Ledger_V1_SetPeriodRequest.with {
          $0.period.startsOn = first
          $0.period.endsOn = last
          $0.period.state = state
          $0.period.reason = reason
        }
        let period: Remit_Ledger_V1_Period = try await client.call("SetPeriod", of: .books, request)
        print("\(period.startsOn) to \(period.endsOn) is \(period.state.words)")
      }
    }

    private func range() throws -> (String, String) {
      if days.count == 2 { return (days[0], days[1]) }
      guard days.count == 1, let first = CivilDate("\(days[0])-01") else {
        throw ValidationError("give a month, such as 2026-10, or the first and the last day, such as 2026-10-01 2026-12-31")
      }
      return ("\(first)", "\(first.endOfMonth)")
    }
  }
}

extension Remit_Ledger_V1_Period.State {
  fileprivate var words: String {
    switch self {
    case .open: "open"
    case .softClosed: "soft-closed"
    case .closed: "closed"
    default: "unknown"
    }
  }
}
