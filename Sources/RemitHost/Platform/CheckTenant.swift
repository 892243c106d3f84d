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
  /// Events have numbers up to the last that was given; cursors and deliveries are of these.
  private static func checksOfEvents(_ tenant: Int32) -> [String] {
    [
      """
      SELECT 'the events are not numbered up to the last' FROM host.event_tail t
       WHERE t.tenant_id = \(tenant) AND (t.last <> coalesce((SELECT max(sequence) FROM host.event), t.last)
          OR EXISTS (SELECT FROM host.event WHERE sequence < 1))
      """,
      """
      SELECT 'the cursor of ' || c.subscriber || ' is of no event' FROM host.cursor c JOIN host.event_tail t USING (tenant_id)
       WHERE c.tenant_id = \(tenant) AND c.position > t.last
      """,
      """
      SELECT 'the delivery ' || d.sequence || ' to ' || d.subscriber || ' is of no event' FROM host.delivery d
       WHERE d.attempts < 0 OR NOT EXISTS (SELECT FROM host.event e WHERE e.sequence = d.sequence)
      """,
      """
      SELECT 'the cursor of ' || c.subscriber || ' is of no webhook' FROM host.cursor c
       WHERE c.tenant_id = \(tenant) AND starts_with(c.subscriber, 'webhook/')
         AND NOT EXISTS (SELECT FROM host.webhook w WHERE 'webhook/' || w.name = c.subscriber)
      UNION ALL
      SELECT 'the webhook ' || w.name || ' has no cursor' FROM host.webhook w
       WHERE NOT EXISTS (SELECT FROM host.cursor c WHERE (c.tenant_id, c.subscriber) = (\(tenant), 'webhook/' || w.name))
      UNION ALL
      SELECT 'the webhook ' || w.name || ' cannot be' FROM host.webhook w
       WHERE w.version < 1 OR cardinality(w.types) NOT BETWEEN 1 AND 100 OR length(w.error) > 4000 OR length(w.switched_off_because) > 4000
          OR EXISTS (SELECT FROM unnest(w.types) t WHERE t IS NULL OR t !~ '^[A-Za-z0-9_.]{1,255}$')
      UNION ALL
      SELECT 'there are too many webhooks' FROM host.webhook HAVING count(*) > 20
      """,
      """
      SELECT 'a module is to be called with a key that cannot be' FROM host.wake w
       WHERE w.tenant_id = \(tenant) AND octet_length(w.key) NOT BETWEEN 1 AND 100 LIMIT 1
      """,
    ]
  }

  /// What does not hold of the rows of a company: of any table, of its audit trail, and by the checks of modules.
  func faults(of tenant: Int32, _ checks: [String], atMost limit: Int) async throws -> [String] {
    let trail = """
      SELECT 'the audit trail has a row of ' || called_at || ' that cannot be' FROM host.call
       WHERE called_at > now() + interval '1 day' OR length(body_sha256) <> 32 OR length(principal) > 200 OR length(resource) > 4000 LIMIT 1
      """
    let bounds = try await (TenantTable.unguarded + tenantTables()).filter { !$0.outOfBounds.isEmpty }.map { table in
      "SELECT 'a number or a time in \(table.name.replacing("'", with: "''")) is out of all bounds' FROM \(table.name) WHERE tenant_id = \(tenant) AND (\(table.outOfBounds)) LIMIT 1"
    }
    var faults: [String] = []
    for check in bounds + [trail] + Self.checksOfEvents(tenant) + checks where faults.count < limit {
      // Row-level security hides how many rows there are from the planner, which would go through them once for each other.
      let results = try await query([.actFor(tenant), SQL("SELECT set_config('enable_nestloop', 'off', true)"), SQL(check)])
      faults += try results[2].map { row in try row.text().cut(toBytes: 500) }
    }
    return Array(faults.prefix(limit))
  }
}
