import ArgumentParser
import Glibc
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
        var table = Table([("at (UTC)", .left), ("who", .left), ("what", .left), ("of", .left), ("request", .left)])
        table.rows = all.calls.map { call in
          let what = call.via.isEmpty ? call.method.lastPart : "\(call.method.lastPart) via \(call.via.lastPart)"
          return [call.calledAt.minute, call.principal, what, call.resource, call.requestID]
        }
        try output.show(table, all)
      }
    }
  }
}

struct Plugins: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin", abstract: "List the plugins that serve, and check one that is to serve.", subcommands: [List.self, Check.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the plugins of the remitd that answers, as an operator.")

    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let reply: Remit_Platform_V1_ListPluginsReply = try await client.call(
          "ListPlugins", of: .plugins, Remit_Platform_V1_ListPluginsRequest())
        var table = Table([("plugin", .left), ("version", .left), ("services", .left), ("jobs", .left), ("problem", .left)])
        table.rows = reply.plugins.map {
          [$0.name, $0.version, $0.services.joined(separator: " "), $0.jobs.joined(separator: ", "), $0.problem]
        }
        try output.show(table, reply)
      }
    }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Load plugins here, in a process of its own, and say what they are or why they cannot be used. Needs no key.")

    @Argument(help: "NAME=PATH of a shared library; with those that it calls.") var plugins: [String]

    func run() throws {
      // Beside this program.
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      let length = max(0, readlink("/proc/self/exe", &buffer, buffer.count - 1))
      let own = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let remitd = own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/remitd"
      let words: [String] = [remitd, "check-plugin"] + plugins
      var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
      arguments.append(nil)
      execv(remitd, &arguments)
      try fail("\(remitd) cannot be run: \(String(cString: strerror(errno)))", EX_UNAVAILABLE)
    }
  }
}

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

extension String {
  /// Of "/remit.ledger.v1.LedgerService/PostInvoice" it is PostInvoice.
  fileprivate var lastPart: String { split(separator: "/").last.map(String.init) ?? self }
}
