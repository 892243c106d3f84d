import RemitAPI
import RemitPostgres

extension Pool {
  /// The host's own statements, as the role that it logs in with: one transaction, one round trip.
  ///
  /// - Parameter tenant: whose rows row-level security shows; nil: only tables without it are read.
  /// - Returns: one result for each statement.
  func host(_ statements: [SQL], as tenant: Int32? = nil) async throws -> [Remit_Plugin_V1_Rows] {
    let all = (tenant.map { [.actFor($0)] } ?? []) + statements
    let results = try await run(all.map { Statement($0, scope: "host") }, for: tenant ?? 0)
    return results.dropFirst(all.count - statements.count).map(Remit_Plugin_V1_Rows.init)
  }

  /// The same of one statement.
  func host(_ sql: String, _ parameters: [Parameter] = [], as tenant: Int32? = nil) async throws -> Remit_Plugin_V1_Rows {
    try await host([SQL(sql, parameters)], as: tenant)[0]
  }
}

extension Tenant {
  /// Of host.tenant t.
  static let columns = "t.tenant_id, t.slug, t.base_currency, t.time_zone, t.locale, t.configuration"

  init(row: inout CellReader) throws {
    self.init(
      id: try row.int4(), name: try row.text(), baseCurrency: try row.text(), timeZone: try row.text(), locale: try row.text(),
      configuration: try row.int8())
  }
}

extension Caller {
  /// For what the host calls by itself: "job fold_ageing".
  init(_ what: String, of plugin: Plugin, for tenant: Tenant, today: String) {
    self.init(
      tenant: tenant, keyID: "", principal: what, roles: [], permissions: plugin.ownPermissions, businessDate: today)
  }
}
