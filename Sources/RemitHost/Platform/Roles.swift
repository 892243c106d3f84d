import RemitAPI
import SwiftProtobuf

extension Platform {
  /// Roles that always may the same, so that somebody can always mend the others.
  private static let fixed = ["owner", "operator"]

  func saveRole(_ request: Remit_Platform_V1_SaveRoleRequest, _ call: HostCall) async throws -> HostWrite<Remit_Platform_V1_Role> {
    let role = request.role
    try role.check(permissions)
    guard !Self.fixed.contains(role.name) else {
      throw CallError(.failedPrecondition, "FIXED_ROLE", "the role \(role.name) stays as it is; give another name", field: "role.name")
    }
    let tenant = try await call.tenant(request.tenant)
    try call.mustCover(role, in: tenant)
    // Whoever takes away from a role must have had what it had.
    if let before = try await call.roles(of: tenant).first(where: { $0.name == role.name }) { try call.mustCover(before, in: tenant) }
    return HostWrite(
      statements: [
        SQL(
          """
          INSERT INTO host.role (tenant_id, name, permissions) VALUES ($1, $2, string_to_array($3, E'\\n'))
          ON CONFLICT (tenant_id, name) DO UPDATE SET permissions = EXCLUDED.permissions
          """, [.int4(tenant), .text(role.name), .text(role.permissions.joined(separator: "\n"))])
      ], reply: role, resource: "role/\(role.name)", about: tenant)
  }

  func deleteRole(_ request: Remit_Platform_V1_DeleteRoleRequest, _ call: HostCall) async throws -> HostWrite<
    Remit_Platform_V1_DeleteRoleReply
  > {
    guard !Self.fixed.contains(request.name) else {
      throw CallError(.failedPrecondition, "FIXED_ROLE", "the role \(request.name) stays as it is", field: "name")
    }
    let tenant = try await call.tenant(request.tenant)
    guard let role = try await call.roles(of: tenant).first(where: { $0.name == request.name }) else {
      throw CallError(.notFound, "NO_ROLE", "there is no role \(request.name); see remit role list", field: "name")
    }
    try call.mustCover(role, in: tenant)
    let holders = try await call.query([
      SQL(
        """
        SELECT DISTINCT principal FROM host.api_key
         WHERE tenant_id = $1 AND $2 = ANY (roles) AND expires_at > $3 AND revoked_at > $3 ORDER BY principal LIMIT 4
        """, [.int4(tenant), .text(request.name), .timestamptz(call.order.now)])
    ])[0].map { row in try row.text() }
    guard holders.isEmpty else {
      throw CallError(
        .failedPrecondition, "ROLE_IN_USE",
        "\(holders.prefix(3).joined(separator: ", "))\(holders.count > 3 ? " and others have" : holders.count > 1 ? " have" : " has") keys with the role \(request.name); revoke them first",
        field: "name")
    }
    return HostWrite(
      statements: [SQL("DELETE FROM host.role WHERE (tenant_id, name) = ($1, $2)", [.int4(tenant), .text(request.name)])],
      reply: .init(), resource: "role/\(request.name)", about: tenant)
  }

  func getRole(_ request: Remit_Platform_V1_GetRoleRequest, _ call: HostCall) async throws -> Remit_Platform_V1_Role {
    guard let role = try await call.roles(of: try await call.tenant(request.tenant)).first(where: { $0.name == request.name }) else {
      throw CallError(.notFound, "NO_ROLE", "there is no role \(request.name); see remit role list", field: "name")
    }
    return role
  }

  func listRoles(_ request: Remit_Platform_V1_ListRolesRequest, _ call: HostCall) async throws -> Remit_Platform_V1_ListRolesReply {
    let roles = try await call.roles(of: try await call.tenant(request.tenant))
    return .with { $0.roles = roles }
  }
}

extension Remit_Platform_V1_Role {
  /// - Parameter known: the permissions that methods have.
  func check(_ known: [String]) throws(CallError) {
    var violations: [(String, String)] = []
    if name.wholeMatch(of: /[a-z][a-z0-9_-]{0,39}/) == nil {
      violations.append(("role.name", "must begin with a letter and have at most 40 of a-z, 0-9, _ and -, not \(name.debugDescription)"))
    }
    if permissions.isEmpty { violations.append(("role.permissions", "must have at least one")) }
    for (index, pattern) in permissions.enumerated() {
      if pattern.utf8.count > 200 || pattern.wholeMatch(of: /(\*|[a-z0-9_]+)(\.(\*|[a-z0-9_]+))*/) == nil {
        violations.append(
          (
            "role.permissions[\(index)]",
            "must be like ledger.invoice.post, ledger.*.get or ledger.*, not \(pattern.cut(toBytes: 60).debugDescription)"
          ))
      } else if !known.contains(where: PermissionSet([pattern]).allows) {
        violations.append(("role.permissions[\(index)]", "is a permission that no method has: \(pattern); remit call lists the methods"))
      }
    }
    if !violations.isEmpty { throw .invalid(violations) }
  }
}

extension HostCall {
  func roles(of tenant: Int32) async throws -> [Remit_Platform_V1_Role] {
    try await query([
      SQL("SELECT name, array_to_string(permissions, E'\\n') FROM host.role WHERE tenant_id = $1 ORDER BY name", [.int4(tenant)])
    ])[0].map { row in
      try Remit_Platform_V1_Role.with {
        $0.name = try row.text()
        $0.permissions = try row.text().split(separator: "\n").map(String.init)
      }
    }
  }

  /// Nobody hands out more than they have. Operators administer the companies, whose permissions they do not have themselves.
  ///
  /// - Parameter other: somebody who has the role already, and in whose name a key is made: what it does is told as theirs.
  func mustCover(_ role: Remit_Platform_V1_Role, in tenant: Int32, ofKeysOf other: String? = nil) throws(CallError) {
    if caller.isOperator && tenant != caller.tenant.id { return }
    if let more = role.permissions.first(where: { !caller.permissions.covers($0) }) {
      throw CallError(
        .permissionDenied, "ROLE_EXCEEDS",
        "the role \(role.name)\(other.map { ", which \($0) has," } ?? "") may \(more), which \(caller.principal) may not")
    }
  }
}
