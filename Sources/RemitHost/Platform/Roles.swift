import RemitAPI
import RemitExpressions
import RemitJSON
import SwiftProtobuf

extension Platform {
  /// Roles that always may the same, so that somebody can always mend the others.
  static let fixedRoles = ["owner", "operator"]

  /// A role is a document; this applies the one.
  func saveRole(_ request: Remit_Platform_V1_SaveRoleRequest, _ call: HostCall) async throws -> HostWrite<Remit_Platform_V1_Role> {
    let role = request.role
    try role.check(permissions)
    try Self.mustNotBeFixed(role.name, field: "role.name")
    let configuration = try await call.configuration(of: try await call.tenant(request.tenant))
    try call.mustCover(role, in: configuration.id)
    let document = Remit_Platform_V1_SourceDocument.with {
      $0.path = configuration.documents.first { $0.id == role.documentID }?.path ?? "role.\(role.name).yaml"
      $0.text = role.documentText
    }
    return try await write([document], role: role, configuration, call)
  }

  func deleteRole(_ request: Remit_Platform_V1_DeleteRoleRequest, _ call: HostCall) async throws -> HostWrite<
    Remit_Platform_V1_DeleteRoleReply
  > {
    try Self.mustNotBeFixed(request.name, field: "name")
    let configuration = try await call.configuration(of: try await call.tenant(request.tenant))
    guard let document = configuration.documents.first(where: { $0.id == DocumentID(kind: "role", name: request.name) }) else {
      throw CallError(.notFound, "NO_ROLE", "there is no role \(request.name); see remit role list", field: "name")
    }
    return try await write([], removed: document.id, role: .init(), configuration, call).replying(.init())
  }

  private static func mustNotBeFixed(_ name: String, field: String) throws(CallError) {
    guard fixedRoles.contains(name) else { return }
    throw CallError(.failedPrecondition, "FIXED_ROLE", "the role \(name) stays as it is; give another name", field: field)
  }

  private func write(
    _ documents: [Remit_Platform_V1_SourceDocument], removed: DocumentID? = nil, role: Remit_Platform_V1_Role,
    _ configuration: CurrentConfiguration, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_Role> {
    let plan = ConfigurationPlan(
      base: configuration.version, current: configuration.documents, given: documents, isComplete: false,
      removed: Set(removed.map { [$0] } ?? []), kinds: kinds, locale: configuration.tenant.locale)
    var write = try await write(plan, to: configuration, reason: "", needsKindPermissions: false, call).replying(role)
    write.resource = "role/\(removed?.name ?? role.name)"
    return write
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

extension CallError {
  static func roleInUse(_ role: String, by holders: [String]) -> CallError {
    let verb = holders.count > 3 ? "and others have" : holders.count > 1 ? "have" : "has"
    return CallError(
      .failedPrecondition, "ROLE_IN_USE",
      "\(holders.prefix(3).joined(separator: ", ")) \(verb) keys with the role \(role); revoke them first", field: "name")
  }
}

extension Remit_Platform_V1_Role {
  var documentID: DocumentID { DocumentID(kind: "role", name: name) }

  /// Strings of JSON are YAML too.
  var documentText: String {
    "kind: role\nname: \(name)\npermissions:\n" + permissions.map { "  - \(JSONValue.string($0).text)\n" }.joined()
  }

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
        violations.append(
          (
            "role.permissions[\(index)]",
            "is a permission that no method has: \(pattern)\(Suggestion.name(nearestTo: pattern, among: known).map { "; did you mean \($0)?" } ?? "")"
          ))
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
