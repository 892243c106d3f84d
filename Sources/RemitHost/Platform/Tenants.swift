import RemitAPI
import SwiftProtobuf

extension Platform {
  func getTenant(_ request: Remit_Platform_V1_GetTenantRequest, _ call: HostCall) async throws -> Remit_Platform_V1_Tenant {
    try await call.existingTenant(request.slug).tenant
  }

  func listTenants(_ request: Remit_Platform_V1_ListTenantsRequest, _ call: HostCall) async throws -> Remit_Platform_V1_ListTenantsReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    let found = try await call.query([
      SQL(
        """
        SELECT \(Remit_Platform_V1_Tenant.columns) FROM host.tenant WHERE tenant_id <> 0 AND slug > $1 ORDER BY slug LIMIT $2
        """, [.text(page.after?[0] ?? ""), .int8(Int64(page.size + 1))])
    ])[0].map { row in try Remit_Platform_V1_Tenant(from: &row) }
    return .with { ($0.tenants, $0.nextPageToken) = page.cut(found) { [$0.slug] } }
  }

  func suspendTenant(_ request: Remit_Platform_V1_SuspendTenantRequest, _ call: HostCall) async throws -> HostWrite<
    Remit_Platform_V1_Tenant
  > {
    try await change(request.slug, to: .suspended, call)
  }

  func resumeTenant(_ request: Remit_Platform_V1_ResumeTenantRequest, _ call: HostCall) async throws -> HostWrite<Remit_Platform_V1_Tenant>
  {
    try await change(request.slug, to: .active, call)
  }

  private func change(
    _ slug: String, to state: Remit_Platform_V1_Tenant.State, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_Tenant> {
    var (id, tenant) = try await call.existingTenant(slug)
    let name = state == .active ? "active" : "suspended"
    guard tenant.state != state else { throw CallError(.failedPrecondition, "STATE", "\(slug) is \(name) already") }
    tenant.state = state
    return HostWrite(
      statements: [SQL("UPDATE host.tenant SET state = $2 WHERE tenant_id = $1", [.int4(id), .text(name)])], reply: tenant,
      resource: "tenant/\(slug)",
      about: id)
  }
}
