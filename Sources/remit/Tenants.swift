import ArgumentParser
import FoundationEssentials
import Glibc
import RemitAPI
import SwiftProtobuf

struct Tenants: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tenant", abstract: "Make, list, move and delete companies, as an operator.",
    subcommands: [
      CreateTenant.self, List.self, Show.self, Suspend.self, Resume.self, ExportTenant.self, ImportTenant.self, Delete.self,
    ], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the companies.")

    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let all = try await client.tenants()
        try output.show(Table(all.tenants), all)
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one company.")

    @Argument var slug: String
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let tenant: Remit_Platform_V1_Tenant = try await client.call(
          "GetTenant", of: .tenants, .with { $0.slug = slug } as Remit_Platform_V1_GetTenantRequest)
        try output.show(Table([tenant]), tenant)
      }
    }
  }

  struct Suspend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Refuse the keys of a company, and rest its jobs, until it is resumed.")

    @Argument var slug: String
    @OptionGroup var connection: Connection

    func run() async throws {
      try await connection.run { client in
        let _: Remit_Platform_V1_Tenant = try await client.call(
          "SuspendTenant", of: .tenants, .with { $0.slug = slug } as Remit_Platform_V1_SuspendTenantRequest)
        print("\(slug) is suspended")
      }
    }
  }

  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve a suspended company again.")

    @Argument var slug: String
    @OptionGroup var connection: Connection

    func run() async throws {
      try await connection.run { client in
        let _: Remit_Platform_V1_Tenant = try await client.call(
          "ResumeTenant", of: .tenants, .with { $0.slug = slug } as Remit_Platform_V1_ResumeTenantRequest)
        print("\(slug) is active")
      }
    }
  }

  struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete all that a suspended company has. It cannot be taken back: export it first.")

    @Argument var slug: String
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run(patience: 3600) { client in
        let reply: Remit_Platform_V1_DeleteTenantReply = try await client.call(
          "DeleteTenant", of: .tenants, .with { $0.slug = slug } as Remit_Platform_V1_DeleteTenantRequest)
        try output.show(Table(reply.tables, total: "removed"), reply)
      }
    }
  }
}

extension Table {
  fileprivate init(_ tenants: [Remit_Platform_V1_Tenant]) {
    self.init([("company", .left), ("name", .left), ("currency", .left), ("time zone", .left), ("locale", .left), ("state", .left)])
    rows = tenants.map { [$0.slug, $0.name, $0.baseCurrency, $0.timeZone, $0.locale, $0.state == .active ? "active" : "suspended"] }
  }

  init(_ tables: [Remit_Platform_V1_TableCount], total: String) {
    self.init([("table", .left), (total, .right)])
    rows = tables.map { [$0.table, String($0.rows)] }
    totals = [["", String(tables.reduce(0) { $0 + $1.rows })]]
  }
}

extension Client {
  /// All companies.
  func tenants() async throws -> Remit_Platform_V1_ListTenantsReply {
    var all = Remit_Platform_V1_ListTenantsReply()
    repeat {
      let request = Remit_Platform_V1_ListTenantsRequest.with {
        $0.pageSize = 1000
        $0.pageToken = all.nextPageToken
      }
      let reply: Remit_Platform_V1_ListTenantsReply = try await call("ListTenants", of: .tenants, request)
      all.tenants += reply.tenants
      all.nextPageToken = reply.nextPageToken
    } while !all.nextPageToken.isEmpty
    return all
  }
}
