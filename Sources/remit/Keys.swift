import ArgumentParser
import FoundationEssentials
import Glibc
import RemitAPI
import SwiftProtobuf

struct Keys: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Make, list and revoke keys.", subcommands: [Create.self, List.self, Revoke.self],
    defaultSubcommand: List.self)

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a key for a person or a machine, and print it. It cannot be shown again.")

    @Argument(help: "Whose it is: a name that stands in the audit trail.") var principal: String
    @Option(name: .customLong("role"), help: "What it may do; repeat it for more.") var roles: [String]
    @Option(help: ArgumentHelp("A client's certificate in PEM that stands for the key: then there is no secret.", valueName: "file"))
    var certificate: String?
    @Option(help: ArgumentHelp("How long it is valid. (default: until it is revoked)", valueName: "days")) var days: Int?
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection

    func validate() throws {
      guard (days ?? 1) > 0 else { throw ValidationError("--days is at least 1") }
    }

    func run() async throws {
      let pem = try certificate.map { String(decoding: try bytes(ofFile: $0), as: UTF8.self) }
      try await connection.run { client in
        let request = Remit_Platform_V1_CreateKeyRequest.with {
          $0.certificate = pem ?? ""
          $0.tenant = company.tenant
          $0.principal = principal
          $0.roles = roles
          if let days { $0.expiresAt = Google_Protobuf_Timestamp(date: Date(timeIntervalSinceNow: Double(days) * 86_400)) }
        }
        let reply: Remit_Platform_V1_CreateKeyReply = try await client.call("CreateKey", of: .keys, request)
        guard pem == nil else { return print("the certificate \(reply.key.certificateSha256) stands for a key of \(principal)") }
        printError("a key of \(principal), which cannot be shown again:")
        print(reply.secret)
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the keys, newest first; never their secrets.")

    @OptionGroup var company: Company
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        var all = Remit_Platform_V1_ListKeysReply()
        repeat {
          let request = Remit_Platform_V1_ListKeysRequest.with {
            $0.tenant = company.tenant
            $0.pageSize = 1000
            $0.pageToken = all.nextPageToken
          }
          let reply: Remit_Platform_V1_ListKeysReply = try await client.call("ListKeys", of: .keys, request)
          all.keys += reply.keys
          all.nextPageToken = reply.nextPageToken
        } while !all.nextPageToken.isEmpty
        var table = Table([("key", .left), ("of", .left), ("roles", .left), ("created", .left), ("by", .left), ("state", .left)])
        table.rows = all.keys.map { [$0.id, $0.principal, $0.roles.joined(separator: " "), $0.createdAt.minute, $0.createdBy, $0.state] }
        try output.show(table, all)
      }
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Refuse a key from now on.")

    @Argument(help: "The key's id, of remit key list: the part between remit_ and the secret.") var id: String
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Platform_V1_RevokeKeyRequest.with {
          $0.tenant = company.tenant
          $0.id = id
        }
        let key: Remit_Platform_V1_Key = try await client.call("RevokeKey", of: .keys, request)
        print("the key \(key.id) of \(key.principal) is revoked")
      }
    }
  }
}

/// Which company a command is about.
struct Company: ParsableArguments {
  @Option(help: "The company, for operators. (default: that of the key)") var tenant = ""
}

extension Google_Protobuf_Timestamp {
  /// "2026-11-24 17:08", UTC.
  var minute: String { String(date.formatted(.iso8601).prefix(16)).replacing("T", with: " ") }
}

extension Remit_Platform_V1_Key {
  fileprivate var state: String {
    if hasRevokedAt { return "revoked \(revokedAt.minute)" }
    guard hasExpiresAt else { return "valid" }
    return expiresAt.date <= Date() ? "expired \(expiresAt.minute)" : "valid until \(expiresAt.minute)"
  }
}
