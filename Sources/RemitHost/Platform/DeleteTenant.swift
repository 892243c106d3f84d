import RemitAPI
import SwiftProtobuf

extension Platform {
  /// When so much time has passed since a company was suspended, no call of it is under way on any server: keys are believed no longer than this, and
  /// calls last no longer.
  private var settling: Duration { KeyDirectory.lifetime + plugins.calls.settling }

  func deleteTenant(_ request: Remit_Platform_V1_DeleteTenantRequest, _ call: HostCall) async throws
    -> HostWrite<Remit_Platform_V1_DeleteTenantReply>
  {
    let (id, tenant) = try await call.existingTenant(request.slug)
    guard tenant.state == .suspended else {
      throw CallError(
        .failedPrecondition, "STATE", "\(request.slug) is active; suspend it first, and export it if anybody may want it back")
    }
    // What such a call wrote after the deletion would stay.
    try await Task.sleep(for: settling - (try await call.timeSinceSuspension(of: request.slug)))
    let tables = try await call.tenantTables()
    // References between the rows are looked at when all are gone.
    var counts = zip(
      tables.map(\.name),
      try await call.query(
        [.actFor(id), SQL("SET CONSTRAINTS ALL DEFERRED")] + tables.map { SQL("DELETE FROM \($0.name) WHERE tenant_id = $1", [.int4(id)]) }
      ).dropFirst(2).map(\.affected)
    ).map { (name: $0, rows: Int64($1)) }
    let hosts = [
      "host.outbox", "host.wake", "host.cursor", "host.webhook_secret", "host.event_tail", "host.job", "host.session", "host.credential",
      "host.person", "host.api_key", "host.role",
      "host.tenant",
    ]
    let removed = try await call.query(hosts.map { SQL("DELETE FROM \($0) WHERE tenant_id = $1", [.int4(id)]) }).map(\.affected)
    counts += zip(hosts, removed).map { (name: $0, rows: Int64($1)) }
    let reply = Remit_Platform_V1_DeleteTenantReply.with { $0.tables = .init(counts) }
    return HostWrite(statements: [], reply: reply, resource: "tenant/\(request.slug)")
  }
}

extension HostCall {
  /// By the audit trail of the operators, and the database's clock.
  fileprivate func timeSinceSuspension(of slug: String) async throws -> Duration {
    let rows = try await query([
      SQL(
        """
        SELECT coalesce(extract(epoch FROM clock_timestamp() - max(called_at)) * 1000, 0)::bigint FROM host.call
         WHERE tenant_id = 0 AND resource = $1 AND method = '/remit.platform.v1.TenantService/SuspendTenant'
        """, [.text("tenant/\(slug)")])
    ])[0]
    return .milliseconds(try rows.map { row in try row.int8() }.first ?? 0)
  }
}
