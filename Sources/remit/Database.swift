import ArgumentParser
import RemitAPI

struct Database: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "db", abstract: "Show the database's state, as an operator.", subcommands: [Status.self], defaultSubcommand: Status.self)

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
