import ArgumentParser
import RemitAPI
import SwiftProtobuf

struct Database: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "db", abstract: "Show the database's state, and check companies' rows, as an operator.",
    subcommands: [Status.self, Check.self], defaultSubcommand: Status.self)

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check the rows of companies: that books agree, and that newer rules hold of older rows.",
      discussion: "It ends with 1 where a company has faults.")

    @Argument(help: "The companies. (default: all)") var companies: [String] = []
    @OptionGroup var connection: Connection

    func run() async throws {
      let faults = try await connection.run(patience: 3600) { client in
        let given = self.companies.enumerated().filter { !self.companies[..<$0.offset].contains($0.element) }.map(\.element)
        let companies = given.isEmpty ? try await client.tenants().tenants.map(\.slug) : given
        var faults = 0
        for company in companies {
          let request = Remit_Platform_V1_CheckTenantRequest.with { $0.slug = company }
          let found: Remit_Platform_V1_CheckTenantReply = try await client.call("CheckTenant", of: .tenants, request)
          for fault in found.faults { print("\(company): \(fault)") }
          if found.faults.isEmpty { print("\(company): all is well") }
          faults += found.faults.count
        }
        return faults
      }
      if faults > 0 { throw ExitCode(1) }
    }
  }

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Version, size, migrations and connections.")

    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let status: Remit_Platform_V1_DatabaseStatus = try await client.call(
          "GetDatabaseStatus", of: .database, Remit_Platform_V1_GetDatabaseStatusRequest())
        var table = Table([("", .left), ("", .left)])
        table.rows =
          [
            ["server", "PostgreSQL \(status.serverVersion)"], ["database", "\(status.database), \(status.bytes >> 20) MiB"],
            ["companies", String(status.tenants)], ["connections", "\(status.connectionsInUse) of \(status.connections) in use"],
          ] + status.modules.map { ["module \($0.name)", "\($0.migrations) migrations, the last \($0.latest); \($0.bytes >> 20) MiB"] }
        try output.show(table, status)
      }
    }
  }
}
