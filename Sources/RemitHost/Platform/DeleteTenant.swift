import RemitAPI
import SwiftProtobuf

extension Platform {
  func deleteTenant(_ request: Remit_Platform_V1_DeleteTenantRequest, _ call: HostCall) async throws -> Remit_Platform_V1_DeleteTenantReply
  {
    let (id, tenant) = try await call.existingTenant(request.slug)
    guard tenant.state == .suspended else {
      throw CallError(
        .failedPrecondition, "STATE", "\(request.slug) is active; suspend it first, and export it if anybody may want it back")
    }
    let tables = try await call.tenantTables()
    // References between the rows are looked at when all are gone.
    var counts = zip(
      tables.map(\.name),
      try await call.query(
        [.actFor(id), SQL("SET CONSTRAINTS ALL DEFERRED")] + tables.map { SQL("DELETE FROM \($0.name) WHERE tenant_id = $1", [.int4(id)]) }
      ).dropFirst(2).map(\.affected)
    ).map { (name: $0, rows: Int64($1)) }
    let hosts = ["host.job", "host.api_key", "host.role", "host.tenant"]
    let removed = try await call.query(hosts.map { SQL("DELETE FROM \($0) WHERE tenant_id = $1", [.int4(id)]) }).map(\.affected)
    counts += zip(hosts, removed).map { (name: $0, rows: Int64($1)) }
    let reply = Remit_Platform_V1_DeleteTenantReply.with { $0.tables = .init(counts) }
    try await call.commit([], reply: reply, resource: "tenant/\(request.slug)")
    keys.forgetAll()
    return reply
  }
}

extension [Remit_Platform_V1_TableCount] {
  /// Those with rows, by name.
  init(_ counts: [(name: String, rows: Int64)]) {
    self = counts.filter { $0.rows > 0 }.sorted { $0.name < $1.name }.map { count in
      .with {
        $0.table = count.name
        $0.rows = count.rows
      }
    }
  }
}

/// A table with rows of companies.
struct TenantTable: Sendable {
  /// "ledger.document", quoted where it must be.
  let name: String
  /// All that are stored, but tenant_id; quoted.
  let columns: [String]

  /// The one that has no row-level security: it is read before the tenant is known.
  static let roles = TenantTable(name: "host.role", columns: ["name", "permissions"])
}

extension HostCall {
  /// The tables that row-level security divides among the companies: those of the modules, and the audit trail.
  func tenantTables() async throws -> [TenantTable] {
    try await query([
      SQL(
        """
        SELECT c.oid::regclass::text, (
                 SELECT array_to_string(array_agg(quote_ident(a.attname) ORDER BY a.attnum), E'\\n') FROM pg_catalog.pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attname <> 'tenant_id')
          FROM pg_catalog.pg_class c JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid AND p.polname = 'tenant'
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
        """)
    ])[0].map { row in TenantTable(name: try row.text(), columns: try row.text().split(separator: "\n").map(String.init)) }
  }
}
