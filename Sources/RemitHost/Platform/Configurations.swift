import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitJSON
import RemitPostgres
import SwiftProtobuf

extension Platform {
  func listKinds(_: Remit_Platform_V1_ListKindsRequest, _: HostCall) async throws -> Remit_Platform_V1_ListKindsReply {
    .with {
      $0.kinds = kinds.all.sorted { $0.name < $1.name }.map { kind in
        .with {
          $0.kind = kind.name
          $0.module = kind.module
          $0.message = kind.message
          $0.jsonSchema = kinds.jsonSchema(of: kind)
        }
      }
    }
  }

  func planConfiguration(
    _ request: Remit_Platform_V1_PlanConfigurationRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_ChangePlan {
    let configuration = try await call.configuration(of: try await call.tenant(request.tenant))
    var plan = ConfigurationPlan(
      base: configuration.version, current: configuration.documents, given: request.documents, isComplete: request.complete, kinds: kinds,
      locale: configuration.tenant.locale)
    try await check(&plan, configuration.tenant, of: configuration.id, call)
    if !plan.hasErrors { try await tryOnRecentRequests(&plan, configuration, call) }
    let effects = plan.hasErrors ? [] : try await effects(of: plan, configuration, call)
    var message = plan.message(messages)
    message.effects = effects
    return message
  }

  func applyConfiguration(
    _ request: Remit_Platform_V1_ApplyConfigurationRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_ConfigurationVersion> {
    let configuration = try await call.configuration(of: try await call.tenant(request.tenant))
    let plan = ConfigurationPlan(
      base: configuration.version, current: configuration.documents, given: request.documents, isComplete: request.complete, kinds: kinds,
      locale: configuration.tenant.locale)
    try configuration.mustBe(at: request.baseVersion)
    guard request.fingerprint.isEmpty || request.fingerprint == plan.fingerprint else {
      throw CallError(.failedPrecondition, "STALE_PLAN", "this is not what was planned: plan again", field: "fingerprint")
    }
    return try await write(plan, to: configuration, reason: request.reason, call)
  }

  func rollbackConfiguration(
    _ request: Remit_Platform_V1_RollbackConfigurationRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_ConfigurationVersion> {
    let configuration = try await call.configuration(of: try await call.tenant(request.tenant))
    try configuration.mustBe(at: request.baseVersion)
    guard request.version > 0, request.version < request.baseVersion else {
      throw CallError(.notFound, "NO_VERSION", "there is no version \(request.version) before \(request.baseVersion)", field: "version")
    }
    let earlier = try await call.documents(of: configuration.id, at: Int64(clamping: request.version))
    let plan = ConfigurationPlan(
      base: configuration.version, current: configuration.documents, given: earlier.map(\.source), isComplete: true, kinds: kinds,
      locale: configuration.tenant.locale)
    return try await write(plan, to: configuration, reason: request.reason, equals: Int64(clamping: request.version), call)
  }

  func listConfigurations(
    _ request: Remit_Platform_V1_ListConfigurationsRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_ListConfigurationsReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    guard let before = page.after.map({ Int64($0[0]) }) ?? Int64.max else {
      throw CallError(.invalidArgument, "PAGE_TOKEN", "the page_token is none that was given", field: "page_token")
    }
    let found = try await call.query([
      .actFor(try await call.tenant(request.tenant)),
      SQL(
        """
        SELECT \(Remit_Platform_V1_ConfigurationVersion.columns) FROM host.configuration WHERE version < $1 ORDER BY version DESC LIMIT $2
        """, [.int8(before), .int8(Int64(page.size + 1))]),
    ])[1].map { row in try Remit_Platform_V1_ConfigurationVersion(from: &row) }
    return .with { ($0.versions, $0.nextPageToken) = page.cut(found) { ["\($0.version)"] } }
  }

  func getChanges(_ request: Remit_Platform_V1_GetChangesRequest, _ call: HostCall) async throws -> Remit_Platform_V1_ChangePlan {
    let configuration = try await call.configuration(of: try await call.tenant(request.tenant))
    let from = try configuration.existing(request.fromVersion, "from_version")
    let to = request.toVersion == 0 ? configuration.version : try configuration.existing(request.toVersion, "to_version")
    let old = Dictionary(
      try await call.documents(of: configuration.id, at: from).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let new = Dictionary(
      try await call.documents(of: configuration.id, at: to).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    return .with {
      $0.baseVersion = UInt64(clamping: from)
      $0.changes = Set(old.keys).union(new.keys).sorted().compactMap { id in
        let change = ConfigurationPlan.Change(id: id, before: old[id], after: new[id])
        if let before = change.before, let after = change.after, before.isSame(as: after) { return nil }
        return change.message(messages)
      }
    }
  }

  func getConfiguration(
    _ request: Remit_Platform_V1_GetConfigurationRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_Configuration {
    let configuration = try await call.configuration(of: try await call.tenant(request.tenant))
    let version = request.version == 0 ? configuration.version : try configuration.existing(request.version, "version")
    let documents = version == configuration.version ? configuration.documents : try await call.documents(of: configuration.id, at: version)
    return .with {
      $0.version = UInt64(clamping: version)
      $0.documents = documents.map(\.source).sorted { $0.path < $1.path }
    }
  }

  // ---- what applying does

  private func effects(of plan: ConfigurationPlan, _ configuration: CurrentConfiguration, _ call: HostCall) async throws -> [String] {
    let roles = plan.changes.filter { $0.id.kind == "role" && $0.before != nil }.map(\.id.name)
    guard !roles.isEmpty else { return [] }
    return try await call.holders(of: roles, in: configuration.id).map { role, holders in
      let goes = plan.changes.contains { $0.id == DocumentID(kind: "role", name: role) && $0.after == nil }
      return
        "\(holders.count) \(holders.count == 1 ? "key has" : "keys have") the role \(role)\(goes ? ": it cannot go until they are revoked" : "")"
    }
  }

  /// The last statements of a change: the next version, and what other tables have of it.
  ///
  /// - Parameter isNew: the company is being made.
  func write(
    _ plan: ConfigurationPlan, to configuration: CurrentConfiguration, reason: String, equals: Int64 = 0, isNew: Bool = false,
    needsKindPermissions: Bool = true, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_ConfigurationVersion> {
    var plan = plan
    if !isNew { try await check(&plan, configuration.tenant, of: configuration.id, call) }
    try plan.mustBeSound()
    guard !plan.changes.isEmpty else {
      return HostWrite(
        statements: [], reply: configuration.applied ?? .init(), resource: "configuration/\(configuration.version)", about: configuration.id
      )
    }
    for kind in Set(plan.changes.map(\.id.kind)).sorted() where needsKindPermissions && !isNew {
      guard !call.caller.permissions.allows("platform.configuration.\(kind).apply") else { continue }
      throw CallError(
        .permissionDenied, "NO_PERMISSION", "\(call.caller.principal) has no permission platform.configuration.\(kind).apply")
    }
    try await mustCoverRoles(plan, configuration, call)
    let version = Remit_Platform_V1_ConfigurationVersion.with {
      $0.version = UInt64(clamping: configuration.version + 1)
      $0.appliedAt = call.order.now
      $0.appliedBy = call.caller.principal
      $0.reason = reason
      $0.equals = UInt64(clamping: equals)
      $0.added = UInt32(plan.changes.count { $0.before == nil })
      $0.removed = UInt32(plan.changes.count { $0.after == nil })
      $0.changed = UInt32(plan.changes.count { $0.before != nil && $0.after != nil })
    }
    return HostWrite(
      statements: [.actFor(configuration.id)] + plan.statements(version, of: configuration.id), reply: version,
      resource: "configuration/\(version.version)", about: configuration.id)
  }

  /// Nobody hands out, or takes away, more than they have.
  private func mustCoverRoles(_ plan: ConfigurationPlan, _ configuration: CurrentConfiguration, _ call: HostCall) async throws {
    let changes = plan.changes.filter { $0.id.kind == "role" }
    for role in changes.flatMap({ [$0.before, $0.after] }).compactMap({ $0 }).compactMap(Remit_Platform_V1_Role.init) {
      try call.mustCover(role, in: configuration.id)
    }
    let removed = changes.filter { $0.after == nil }.map(\.id.name)
    guard !removed.isEmpty, let held = try await call.holders(of: removed, in: configuration.id).first else { return }
    throw CallError.roleInUse(held.role, by: held.holders)
  }
}

extension ConfigurationPlan {
  func mustBeSound() throws(CallError) {
    let faults = findings.filter { !$0.isWarning }
    guard !faults.isEmpty else { return }
    var error = CallError.invalid(faults.map { ("\($0.path):\($0.line):\($0.column)", $0.message) })
    error.reason = "FINDINGS"
    throw error
  }

  private func events(of id: DocumentID) -> [String] {
    Set(entries[id]?.document.references.filter { $0.kind == "event" }.map(\.name) ?? []).sorted()
  }

  fileprivate func statements(_ version: Remit_Platform_V1_ConfigurationVersion, of tenant: Int32) -> [SQL] {
    let number = Int64(clamping: version.version)
    let gone = changes.filter { $0.before != nil }.map(\.id)
    let new = changes.compactMap(\.after)
    let roles = changes.filter { $0.id.kind == "role" }
    var statements = [
      SQL(
        """
        UPDATE host.document d SET until = $1 FROM unnest($2, $3) g (kind, name)
         WHERE (d.kind, d.name) = (g.kind, g.name) AND d.until = 10000000000000000
        """, [.int8(number), .texts(gone.map(\.kind)), .texts(gone.map(\.name))]),
      SQL(
        """
        INSERT INTO host.document (kind, name, since, path, text, message, body, events)
        SELECT kind, name, $1, path, text, message, body, string_to_array(events, ' ')
          FROM unnest($2, $3, $4, $5, $6, $7, $8) n (kind, name, path, text, message, body, events)
        """,
        [
          .int8(number), .texts(new.map(\.id.kind)), .texts(new.map(\.id.name)), .texts(new.map(\.path)), .texts(new.map(\.text)),
          .texts(new.map(\.message)), .byteas(new.map(\.body)), .texts(new.map { events(of: $0.id).joined(separator: " ") }),
        ]),
      SQL(
        """
        INSERT INTO host.configuration (version, applied_at, applied_by, reason, equals, added, changed, removed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        [
          .int8(number), .timestamptz(version.appliedAt), .text(version.appliedBy), .text(version.reason),
          .int8(Int64(clamping: version.equals)), .int4(Int32(clamping: version.added)), .int4(Int32(clamping: version.changed)),
          .int4(Int32(clamping: version.removed)),
        ]),
      SQL("UPDATE host.tenant SET configuration = $2 WHERE tenant_id = $1", [.int4(tenant), .int8(number)]),
    ]
    for change in roles {
      guard let role = change.after.flatMap(Remit_Platform_V1_Role.init) else {
        statements.append(SQL("DELETE FROM host.role WHERE (tenant_id, name) = ($1, $2)", [.int4(tenant), .text(change.id.name)]))
        continue
      }
      statements.append(
        SQL(
          """
          INSERT INTO host.role (tenant_id, name, permissions) VALUES ($1, $2, string_to_array($3, E'\\n'))
          ON CONFLICT (tenant_id, name) DO UPDATE SET permissions = EXCLUDED.permissions
          """, [.int4(tenant), .text(role.name), .text(role.permissions.joined(separator: "\n"))]))
    }
    if let document = changes.first(where: { $0.id.kind == "tenant" && $0.after != nil })?.after,
      let company = try? Remit_Document_V1_Tenant(serializedBytes: document.body)
    {
      statements.append(
        SQL(
          "UPDATE host.tenant SET name = $2, time_zone = $3, locale = $4 WHERE tenant_id = $1",
          [.int4(tenant), .text(company.title), .text(company.timeZone), .text(company.locale)]))
    }
    return statements
  }
}

/// What a company's configuration is now.
struct CurrentConfiguration: Sendable {
  let id: Int32
  let tenant: Remit_Platform_V1_Tenant
  let version: Int64
  let documents: [StoredDocument]
  /// nil: nothing was ever applied.
  let applied: Remit_Platform_V1_ConfigurationVersion?

  func mustBe(at base: UInt64) throws(CallError) {
    guard base == UInt64(clamping: version) else {
      throw CallError(
        .failedPrecondition, "STALE_PLAN", "the configuration has version \(version) now, not \(base): plan again", field: "base_version")
    }
  }

  fileprivate func existing(_ number: UInt64, _ field: String) throws(CallError) -> Int64 {
    guard number <= UInt64(clamping: version) else {
      throw CallError(.notFound, "NO_VERSION", "there is no version \(number); the last is \(version)", field: field)
    }
    return Int64(clamping: number)
  }
}

extension HostCall {
  /// Of a company; a write keeps others from changing it until it ends.
  func configuration(of tenant: Int32) async throws -> CurrentConfiguration {
    let lock = order.method.isWrite ? " FOR NO KEY UPDATE" : ""
    let now = "(SELECT configuration FROM host.tenant WHERE tenant_id = $1)"
    let found = try await query([
      .actFor(tenant),
      SQL("SELECT configuration, \(Remit_Platform_V1_Tenant.columns) FROM host.tenant WHERE tenant_id = $1\(lock)", [.int4(tenant)]),
      SQL("SELECT \(Remit_Platform_V1_ConfigurationVersion.columns) FROM host.configuration WHERE version = \(now)", [.int4(tenant)]),
      SQL(
        "SELECT \(StoredDocument.columns) FROM host.document WHERE since <= \(now) AND until > \(now) ORDER BY kind, name", [.int4(tenant)]),
    ])
    let company = try found[1].map { row in (version: try row.int8(), tenant: try Remit_Platform_V1_Tenant(from: &row)) }.first
    guard let company else { throw CallError(.notFound, "NO_TENANT", "the company is not there any more") }
    return CurrentConfiguration(
      id: tenant, tenant: company.tenant, version: company.version, documents: try found[3].map { row in try StoredDocument(from: &row) },
      applied: try found[2].map { row in try Remit_Platform_V1_ConfigurationVersion(from: &row) }.first)
  }

  func documents(of tenant: Int32, at version: Int64) async throws -> [StoredDocument] {
    try await query([
      .actFor(tenant),
      SQL("SELECT \(StoredDocument.columns) FROM host.document WHERE since <= $1 AND until > $1 ORDER BY kind, name", [.int8(version)]),
    ])[1].map { row in try StoredDocument(from: &row) }
  }

  /// Of a kind and a company, in all their versions.
  func documentsEver<Document: Message>(_ kind: String, of tenant: Int32?) async throws -> [Document] {
    guard let tenant else { return [] }
    return try await query([.actFor(tenant), SQL("SELECT body FROM host.document WHERE kind = $1 ORDER BY name, since", [.text(kind)])])[1]
      .map { row in try row.bytes() }.compactMap { try? Document(serializedBytes: $0) }
  }

  /// Whose valid keys have which of some roles.
  fileprivate func holders(of roles: [String], in tenant: Int32) async throws -> [(role: String, holders: [String])] {
    try await query([
      SQL(
        """
        SELECT r.name, string_agg(DISTINCT k.principal, E'\\n' ORDER BY k.principal) FROM unnest($2) r (name)
          JOIN host.api_key k ON k.tenant_id = $1 AND r.name = ANY (k.roles) AND k.expires_at > $3 AND k.revoked_at > $3
         GROUP BY r.name ORDER BY r.name
        """, [.int4(tenant), .texts(roles), .timestamptz(order.now)])
    ])[0].map { row in (try row.text(), try row.text().split(separator: "\n").map(String.init)) }
  }
}

extension StoredDocument {
  var source: Remit_Platform_V1_SourceDocument {
    .with {
      $0.path = path
      $0.text = text
    }
  }
}

extension Remit_Platform_V1_Role {
  init?(_ document: StoredDocument) {
    guard let role = try? Remit_Document_V1_Role(serializedBytes: document.body) else { return nil }
    self.init()
    name = document.id.name
    permissions = role.permissions
  }
}

extension Remit_Document_V1_Tenant {
  func tenant(slug: String) -> Remit_Platform_V1_Tenant {
    .with {
      $0.slug = slug
      $0.name = title
      $0.baseCurrency = baseCurrency
      $0.timeZone = timeZone
      $0.locale = locale
    }
  }
}

extension Remit_Platform_V1_ConfigurationVersion {
  fileprivate static let columns = "version, applied_at, applied_by, reason, equals, added, changed, removed"

  fileprivate init(from row: inout CellReader) throws {
    self.init()
    version = UInt64(clamping: try row.int8())
    appliedAt = try row.timestamptz()
    appliedBy = try row.text()
    reason = try row.text()
    equals = UInt64(clamping: try row.int8())
    added = UInt32(clamping: try row.int4())
    changed = UInt32(clamping: try row.int4())
    removed = UInt32(clamping: try row.int4())
  }
}
