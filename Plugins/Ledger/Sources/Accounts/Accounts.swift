import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  /// Adds an account, or gives one another name.
  func saveAccount(_ request: Remit_Ledger_V1_SaveAccountRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_Account> {
    var account = request.account
    var violations = Violations()
    account.code = violations.plain(account.code, "account.code", charactersMax: 32)
    if account.code.hasPrefix("#") { violations.add("account.code", "must not begin with #") }
    violations.text(account.name, "account.name", charactersMax: 255)
    try violations.throwIfAny()
    let known = try await call.first(Statement("SELECT role FROM ledger.account WHERE code = $1", [.text(account.code)])) { row in
      try row.text()
    }
    let role = known ?? "other"
    guard account.role.isEmpty || account.role == role else {
      throw CallError(
        .failedPrecondition, "OTHER_ROLE",
        "\(account.code) has the role \(role), which does not change: to post to other accounts, use a posting profile",
        field: "account.role")
    }
    return Write(
      [
        Statement(
          """
          INSERT INTO ledger.account AS a (code, name, role) VALUES ($1, $2, $3)
          ON CONFLICT (tenant_id, code) DO UPDATE SET name = excluded.name, version = a.version + 1
          """, [.text(account.code), .text(account.name), .text(role)])
      ],
      reply: .with { [account] in
        $0 = account
        $0.role = role
      }, resource: "account/\(account.code)")
  }

  func listAccounts(_: Remit_Ledger_V1_ListAccountsRequest, _ call: Call) async throws -> Remit_Ledger_V1_ListAccountsReply {
    let results = try await call.query([Statement("SELECT code, name, role FROM ledger.account ORDER BY code")])
    return try .with { $0.accounts = try results[0].map(Remit_Ledger_V1_Account.init(row:)) }
  }
}

extension Remit_Ledger_V1_Account {
  /// - Parameter row: code, name, role.
  init(row: inout CellReader) throws {
    self.init()
    code = try row.text()
    name = try row.text()
    role = try row.text()
  }
}
