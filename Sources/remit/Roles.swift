import ArgumentParser
import RemitAPI
import SwiftProtobuf

struct Roles: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "role", abstract: "List, show, save and delete roles: sets of permissions.",
    subcommands: [List.self, Show.self, Save.self, Delete.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the roles.")

    @OptionGroup var company: Company
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Platform_V1_ListRolesRequest.with { $0.tenant = company.tenant }
        let reply: Remit_Platform_V1_ListRolesReply = try await client.call("ListRoles", of: .keys, request)
        var table = Table([("role", .left), ("permissions", .left)])
        table.rows = reply.roles.map { [$0.name, $0.permissions.joined(separator: " ")] }
        try output.show(table, reply)
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what a role may, a line for each permission.")

    @Argument var name: String
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Platform_V1_GetRoleRequest.with {
          $0.tenant = company.tenant
          $0.name = name
        }
        let role: Remit_Platform_V1_Role = try await client.call("GetRole", of: .keys, request)
        var table = Table([("permission", .left)])
        table.rows = role.permissions.map { [$0] }
        try output.show(table, role)
      }
    }
  }

  struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Delete a role that no valid key has.")

    @Argument var name: String
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Platform_V1_DeleteRoleRequest.with {
          $0.tenant = company.tenant
          $0.name = name
        }
        let _: Remit_Platform_V1_DeleteRoleReply = try await client.call("DeleteRole", of: .keys, request)
        print("the role \(name) is deleted")
      }
    }
  }

  struct Save: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add a role, or change what it may: ledger.customer.get, ledger.*.get, ledger.*")

    @Argument var name: String
    @Argument(help: "A star stands for one part, at the end for all that follow.") var permissions: [String]
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Platform_V1_SaveRoleRequest.with {
          $0.tenant = company.tenant
          $0.role.name = name
          $0.role.permissions = permissions
        }
        let role: Remit_Platform_V1_Role = try await client.call("SaveRole", of: .keys, request)
        print("the role \(role.name) may \(role.permissions.joined(separator: " "))")
      }
    }
  }
}
