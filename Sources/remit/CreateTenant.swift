import ArgumentParser
import Glibc
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct CreateTenant: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a company, and print the key of its owner, which cannot be shown again.",
    discussion: """
      With --from FOLDER it is what the documents there say (tenant.yaml, role.*.yaml and all else that remit config applies), with the names of
      accounts.csv; options come before what the documents say. With --data FOLDER the files customers.csv, invoices.csv and receipts.csv there are imported as remit import would; rows that are refused are left out.
      """)

  @Argument(help: "Its short name: a-z, 0-9 and -. (default: of the folder's document of the kind tenant)") var slug: String?
  @Option(help: ArgumentHelp("Such as tenants/nordwind.", valueName: "folder")) var from: String?
  @Option(help: ArgumentHelp("Files to begin with.", valueName: "folder")) var data: String?
  @Option var name: String?
  @Option(help: "The base currency, such as EUR.") var currency: String?
  @Option(help: "Such as Europe/Berlin; decides which day it is.") var timeZone: String?
  @Option(help: "Such as de-DE.") var locale: String?
  @Option(help: "Whose the first key is, which may do everything in the company.") var owner = "owner"
  @OptionGroup var connection: Connection

  func run() async throws {
    let folder = try from.map { try ConfigurationFolder($0) }
    let accounts = try folder?.accounts() ?? []
    let tenant = Remit_Platform_V1_Tenant.with {
      $0.slug = slug ?? ""
      $0.name = name ?? ""
      $0.baseCurrency = currency ?? ""
      $0.timeZone = timeZone ?? ""
      $0.locale = locale ?? ""
    }
    let secret = try await connection.run { [owner] client in
      let request = Remit_Platform_V1_CreateTenantRequest.with {
        $0.tenant = tenant
        $0.documents = folder?.documents ?? []
      }
      let made: Remit_Platform_V1_Tenant = try await client.call("CreateTenant", of: .tenants, request)
      let keyRequest = Remit_Platform_V1_CreateKeyRequest.with {
        $0.tenant = made.slug
        $0.principal = owner
        $0.roles = ["owner"]
      }
      let key: Remit_Platform_V1_CreateKeyReply = try await client.call("CreateKey", of: .keys, keyRequest)
      // Before all that can still fail: it is told once.
      printError("\(made.slug) is made: \(made.name). The key of its owner, which cannot be shown again:")
      print(key.secret)
      let company = Client(client: client.client, key: key.secret, timeout: client.timeout)
      for account in accounts {
        let request = Remit_Ledger_V1_SaveAccountRequest.with { $0.account = account }
        let _: Remit_Ledger_V1_Account = try await company.call("SaveAccount", of: .books, request)
      }
      return key.secret
    }
    if let data { try await load(data, secret) }
  }

  private func load(_ folder: String, _ key: String) async throws {
    for kind in Import.Kind.allCases where access("\(folder)/\(kind.rawValue).csv", R_OK) == 0 {
      var command = try Import.parse([kind.rawValue, "\(folder)/\(kind.rawValue).csv", "--skip-refused"])
      command.connection = connection
      command.connection.key = key
      let result = try await command.result()
      printError("\(result.rows) \(kind.rawValue): \(result.created) imported, \(result.refused) refused")
    }
  }
}
