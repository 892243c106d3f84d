import RemitAPI
import SwiftProtobuf

extension Platform {
  func checkTenant(_ request: Remit_Platform_V1_CheckTenantRequest, _ call: HostCall) async throws -> Remit_Platform_V1_CheckTenantReply {
    let (id, _) = try await call.existingTenant(request.slug)
    let faults = try await call.faults(of: id, plugins.plugins.flatMap { $0.manifest.checks + $0.manifest.findings }, atMost: 1000)
    return .with { $0.faults = faults }
  }
}

extension HostCall {
  /// What does not hold of the rows of a company: of any table, of its audit trail, and by the checks of modules.
  func faults(of tenant: Int32, _ checks: [String], atMost limit: Int) async throws -> [String] {
    let trail = """
      SELECT 'the audit trail has a row of ' || called_at || ' that cannot be' FROM host.call
       WHERE called_at > now() + interval '1 day' OR length(body_sha256) <> 32 OR length(principal) > 200 OR length(resource) > 4000 LIMIT 1
      """
    let bounds = try await tenantTables().filter { !$0.outOfBounds.isEmpty }.map { table in
      "SELECT 'a number or a time in \(table.name.replacing("'", with: "''")) is out of all bounds' FROM \(table.name) WHERE \(table.outOfBounds) LIMIT 1"
    }
    var faults: [String] = []
    for check in bounds + [trail] + checks where faults.count < limit {
      // Row-level security hides how many rows there are from the planner, which would go through them once for each other.
      let results = try await query([.actFor(tenant), SQL("SET LOCAL enable_nestloop = off"), SQL(check)])
      faults += try results[2].map { row in try row.text().cut(toBytes: 500) }
    }
    return Array(faults.prefix(limit))
  }
}
