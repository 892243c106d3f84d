import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func savePostingProfile(
    _ request: Remit_Ledger_V1_SavePostingProfileRequest, _ call: Call
  ) async throws -> Write<Remit_Ledger_V1_PostingProfile> {
    var profile = request.profile
    let accounts = profile.accounts.sorted { $0.key < $1.key }
    var violations = Violations()
    profile.name = violations.plain(profile.name, "profile.name", charactersMax: 64)
    let roles = ["bank", "revenue", "tax", "discount", "write_off", "bank_fee"]
    for (role, _) in accounts where !roles.contains(role) {
      violations.add("profile.accounts", "\(role) cannot be in a profile; the roles are \(roles.joined(separator: ", "))")
    }
    try violations.throwIfAny()
    let codes = Array(Set(accounts.map(\.value)))
    let known = try await call.query([Statement("SELECT code, role FROM ledger.account WHERE code = ANY ($1)", [.texts(codes)])])[0].map {
      row in (code: try row.text(), role: try row.text())
    }
    for code in codes.sorted() {
      let role = known.first { $0.code == code }?.role
      guard let role, role != "receivable" else {
        throw CallError(
          .failedPrecondition, "NO_ACCOUNT",
          role == nil ? "there is no account \(code)" : "\(code) is the account of receivables: it cannot stand for another",
          field: "profile.accounts")
      }
    }
    return Write(
      [
        Statement(
          """
          INSERT INTO ledger.posting_profile AS p (profile, recorded_at, recorded_by) VALUES ($1, $2, $3)
          ON CONFLICT (tenant_id, profile) DO UPDATE SET (recorded_at, recorded_by, version) = ($2, $3, p.version + 1)
          """, [.text(profile.name), .timestamptz(call.now), .text(call.principal.name)]),
        Statement("DELETE FROM ledger.posting_account WHERE profile = $1", [.text(profile.name)]),
        Statement(
          "INSERT INTO ledger.posting_account (profile, role, account) SELECT $1, u.* FROM unnest($2::text[], $3::text[]) u",
          [.text(profile.name), .texts(accounts.map(\.key)), .texts(accounts.map(\.value))]),
      ], reply: profile, resource: "posting_profile/\(profile.name)")
  }

  func listPostingProfiles(
    _: Remit_Ledger_V1_ListPostingProfilesRequest, _ call: Call
  ) async throws -> Remit_Ledger_V1_ListPostingProfilesReply {
    let rows = try await call.query([
      Statement(
        """
        SELECT profile, a.role, a.account FROM ledger.posting_profile LEFT JOIN ledger.posting_account a USING (tenant_id, profile)
         ORDER BY profile, a.role
        """)
    ])[0].map { row in (profile: try row.text(), role: try row.textIfPresent(), account: try row.textIfPresent()) }
    var reply = Remit_Ledger_V1_ListPostingProfilesReply()
    for row in rows {
      if reply.profiles.last?.name != row.profile { reply.profiles.append(.with { $0.name = row.profile }) }
      if let role = row.role { reply.profiles[reply.profiles.count - 1].accounts[role] = row.account }
    }
    return reply
  }

  /// Profiles are never deleted, so one that is there stays.
  func requireProfile(_ name: String?, _ field: String, _ call: Call) async throws {
    guard let name else { return }
    let found = try await call.query([Statement("SELECT 1 FROM ledger.posting_profile WHERE profile = $1", [.text(name)])])
    guard found[0].count == 1 else {
      throw CallError(.failedPrecondition, "NO_PROFILE", "there is no posting profile \(name)", field: field)
    }
  }
}
