import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct Accounts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List and name accounts, and say which take the place of others.",
    subcommands: [List.self, Save.self, Profiles.self, Profile.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the chart of accounts.")

    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let reply: Remit_Ledger_V1_ListAccountsReply = try await client.call(
          "ListAccounts", of: .books, Remit_Ledger_V1_ListAccountsRequest())
        var table = Table([("account", .left), ("name", .left), ("role", .left)])
        table.rows = reply.accounts.map { [$0.code, $0.name, $0.role] }
        try output.show(table, reply)
      }
    }
  }

  struct Save: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Add an account, or give one another name.")

    @Argument var code: String
    @Argument var name: String
    @OptionGroup var connection: Connection

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Ledger_V1_SaveAccountRequest.with {
          $0.account.code = code
          $0.account.name = name
        }
        let account: Remit_Ledger_V1_Account = try await client.call("SaveAccount", of: .books, request)
        print("account \(account.code) is \(account.name), role \(account.role)")
      }
    }
  }

  struct Profiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the posting profiles.")

    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let reply: Remit_Ledger_V1_ListPostingProfilesReply = try await client.call(
          "ListPostingProfiles", of: .books, Remit_Ledger_V1_ListPostingProfilesRequest())
        var table = Table([("profile", .left), ("role", .left), ("account", .left)])
        table.rows = reply.profiles.flatMap { profile in
          profile.accounts.sorted { $0.key < $1.key }.map { [profile.name, $0.key, $0.value] }
        }
        try output.show(table, reply)
      }
    }
  }

  struct Profile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Save a posting profile: accounts that take the place of the company's, such as revenue=4120 bank=1010.")

    @Argument var name: String
    @Argument(help: "Each as role=account.") var accounts: [String]
    @OptionGroup var connection: Connection

    func run() async throws {
      let pairs = accounts.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
      guard pairs.allSatisfy({ $0.count == 2 }) else { throw ValidationError("accounts are given as role=account, such as revenue=4120") }
      try await connection.run { client in
        let request = Remit_Ledger_V1_SavePostingProfileRequest.with {
          $0.profile.name = name
          $0.profile.accounts = Dictionary(pairs.map { ($0[0], $0[1]) }, uniquingKeysWith: { _, last in last })
        }
        let _: Remit_Ledger_V1_PostingProfile = try await client.call("SavePostingProfile", of: .books, request)
        print("posting profile \(name) is saved")
      }
    }
  }
}
