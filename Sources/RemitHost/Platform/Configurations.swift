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

  /// What is asked of documents beyond what their fields say.
  ///
  /// - Parameter id: of the company; nil: it is being made.
  func check(_ plan: inout ConfigurationPlan, _ tenant: Remit_Platform_V1_Tenant, of id: Int32?, _ call: HostCall) async throws {
    let methods = Set(configurations.methods.keys.map { String($0.dropFirst()) })
    plan.checkReferences([
      "role": ["owner"], "method": methods,
      "write": methods.union(configurations.recordMethods.filter { $0.name == "CreateRecord" }.map { String($0.path.dropFirst()) }),
      "view": plan.lookupViews(configurations.views).names,
    ])
    checkRoles(&plan)
    if plan.changes.contains(where: { ["form", "record", "rule", "source"].contains($0.id.kind) }) {
      checkForms(&plan, try await call.documentsEver("form", of: id), try await call.documentsEver("record", of: id))
    }
    for change in plan.changes where change.id.kind == "record" && change.after == nil && !plan.hasErrors {
      let count =
        try await call.query([SQL("SELECT count(*) FROM host.record WHERE kind = $1", [.text(change.id.name)])])[0]
        .map { row in try row.int8() }.first ?? 0
      guard count > 0 else { continue }
      plan.add(
        change.before?.path ?? "",
        Wording(
          "there are \(count) records of the kind \(change.id.name), which stay for ever", "已有 \(count) 条 \(change.id.name) 记录，不能删除该类型"))
    }
    checkExpressions(&plan)
    if !plan.hasErrors { try await checkByModules(&plan, tenant, of: id, call) }
    let tenants = plan.entries(of: "tenant")
    for entry in tenants.dropFirst() {
      plan.add(entry, "name", Wording("a company has one document of the kind tenant", "一家公司只有一份 tenant 文档"))
    }
    guard let entry = tenants.first, let document = try? Remit_Document_V1_Tenant(serializedBytes: entry.stored.body) else { return }
    let wanted = document.tenant(slug: tenant.slug)
    if wanted.baseCurrency != tenant.baseCurrency {
      let currency = tenant.baseCurrency
      plan.add(entry, "base_currency", Wording("a company keeps its base currency for ever: \(currency)", "公司的本位币不能更改：\(currency)"))
    }
    do {
      try wanted.check()
      try await call.requireTimeZone(of: wanted)
    } catch let error as CallError {
      for violation in error.violations {
        let field = String(violation.field.trimmingPrefix("tenant."))
        plan.add(entry, field == "name" ? "title" : field, Wording(violation.message, violation.message))
      }
    }
  }

  /// Expressions of modules' documents that are over a message.
  private func checkExpressions(_ plan: inout ConfigurationPlan) {
    for kind in kinds.all where kind.module != "platform" {
      for entry in plan.entries(of: kind.name) {
        for given in entry.document.expressions where !given.over.isEmpty {
          guard (try? messages.message(given.over)) != nil else { continue }
          let records = MessageRecords(from: given.over, in: messages)
          let environment = FormProgram.environment(records, [], [], it: given.over, request: given.over, row: nil)
          do throws(ExpressionErrors) {
            _ = try Expression(
              given.text, in: environment, expecting: given.type == "bool" ? .bool : given.type == "string" ? .string : nil)
          } catch {
            for item in error.items { plan.add(ContentProblem(item, at: given.path), of: entry) }
          }
        }
      }
    }
  }

  /// What only the modules know that the documents are of. Each is asked about all of its documents as they will be.
  private func checkByModules(
    _ plan: inout ConfigurationPlan, _ tenant: Remit_Platform_V1_Tenant, of id: Int32?, _ call: HostCall
  ) async throws {
    let checked = Dictionary(grouping: kinds.all.filter { !$0.check.isEmpty }, by: \.check)
    for (path, kinds) in checked.sorted(by: { $0.key < $1.key }) {
      let names = Set(kinds.map(\.name))
      guard plan.changes.contains(where: { names.contains($0.id.kind) }), let endpoint = plugins.calls.endpoint(path),
        case .plugin(let plugin) = endpoint.provider, let (calls, _) = callsToCome.known
      else { continue }
      let entries = kinds.flatMap { plan.entries(of: $0.name) }
      let request = Remit_Plugin_V1_CheckDocuments.with {
        $0.documents = entries.map { entry in
          .with {
            $0.kind = entry.stored.id.kind
            $0.name = entry.stored.id.name
            $0.body = .init(entry.stored.body)
          }
        }
      }
      let company = Tenant(
        id: id ?? call.caller.tenant.id, name: tenant.slug, baseCurrency: tenant.baseCurrency, timeZone: tenant.timeZone,
        locale: tenant.locale, configuration: plan.base)
      var order = CallOrder(
        method: endpoint.method, caller: Caller("configuration", of: plugin, for: company, today: call.caller.businessDate),
        requestID: call.order.requestID, request: try request.serializedBytes(), now: call.order.now, deadline: call.order.deadline)
      order.via = call.order.method.path
      let admitted = order
      let answer = await calls.perform(endpoint, handle: CallHandle(), trace: call.order.trace) { (admitted, nil) }
      let reply = try Remit_Plugin_V1_CheckDocumentsReply(serializedBytes: try answer.result.get())
      for fault in reply.faults.prefix(ConfigurationPlan.findingsMax) {
        guard let entry = entries.first(where: { $0.stored.id == DocumentID(kind: fault.kind, name: fault.name) }) else { continue }
        plan.add(
          entry, fault.field, Wording(fault.message, fault.chinese.isEmpty ? fault.message : fault.chinese), isWarning: fault.warns)
      }
    }
  }

  func getDocuments(_ request: Remit_Plugin_V1_GetDocuments, _ call: HostCall) async throws -> Remit_Plugin_V1_GetDocumentsReply {
    let asks = plugins.plugins.first { plugin in plugin.methods.contains { $0.path == call.order.via } }
    let declared = (asks?.manifest.documentKinds.map(\.kind) ?? []) + (asks?.manifest.documents ?? [])
    guard declared.contains(request.kind) else {
      throw CallError(
        .permissionDenied, "NOT_DECLARED",
        "the manifest of \(asks?.name ?? "nobody") names no documents of the kind \(request.kind.cut(toBytes: 60))")
    }
    let version = call.caller.tenant.configuration
    let documents = try await call.query([
      SQL(
        "SELECT name, body FROM host.document WHERE kind = $1 AND since <= $2 AND until > $2 ORDER BY name",
        [.text(request.kind), .int8(version)])
    ])[0].map { row in (name: try row.text(), body: try row.bytes()) }
    return .with {
      $0.version = UInt64(clamping: version)
      $0.documents = documents.map { document in
        .with {
          $0.kind = request.kind
          $0.name = document.name
          $0.body = .init(document.body)
        }
      }
    }
  }

  private func checkRoles(_ plan: inout ConfigurationPlan) {
    let known = permissions
    for entry in plan.entries(of: "role") {
      guard let role = Remit_Platform_V1_Role(entry.stored) else { continue }
      if Self.fixedRoles.contains(role.name) {
        plan.add(entry, "name", Wording("the role \(role.name) stays as it is; give another name", "角色 \(role.name) 不能更改，请换一个名称"))
      }
      do throws(CallError) {
        try role.check(known)
      } catch {
        for violation in error.violations {
          plan.add(entry, String(violation.field.trimmingPrefix("role.")), Wording(violation.message, violation.message))
        }
      }
    }
  }

  /// - Parameters:
  ///   - earlier: all forms that the company ever had.
  ///   - records: all its kinds of records.
  private func checkForms(
    _ plan: inout ConfigurationPlan, _ earlier: [Remit_Document_V1_Form], _ records: [Remit_Document_V1_RecordKind]
  ) {
    var seen: [String: String] = [:]
    var rules: [RuleProgram] = []
    var broken: [String] = []
    for entry in plan.entries(of: "rule") {
      guard let rule = try? Remit_Document_V1_Rule(serializedBytes: entry.stored.body) else { continue }
      let (program, problems) = RuleProgram.compile(rule)
      for problem in problems { plan.add(problem, of: entry) }
      if let program { rules.append(program) } else { broken.append("rules.\(rule.name)") }
    }
    var programs: [String: [FormProgram]] = [:]
    var types = OwnFieldTypes(earlier, records, configurations.methods, messages)
    let views = plan.lookupViews(configurations.views)
    for entry in plan.entries(of: "record") {
      guard let kind = try? Remit_Document_V1_RecordKind(serializedBytes: entry.stored.body),
        let method = configurations.recordMethods.first
      else { continue }
      if let wording = RecordNumber.fault(in: kind.number) { plan.add(entry, "number", wording) }
      for (index, conflict) in types.conflicts(of: kind) { plan.add(entry, "fields[\(index)].type", conflict) }
      if plan.findsUnknownRules(in: entry) || broken.contains(where: entry.stored.text.contains) { continue }
      let (program, problems) = kind.compile(for: method, schema: messages, rules: rules, views: views)
      for problem in problems { plan.add(problem, of: entry) }
      if let program { programs[method.path, default: []].append(program) }
    }
    for entry in plan.entries(of: "form") {
      guard let form = try? Remit_Document_V1_Form(serializedBytes: entry.stored.body),
        let method = configurations.methods["/\(form.method)"]
      else { continue }
      if let other = seen.updateValue(entry.stored.id.name, forKey: "\(form.method) \(form.at)") {
        plan.add(entry, "method", Wording("the form \(other) is about the same", "表单 \(other) 针对同一方法"))
      }
      for (index, conflict) in types.conflicts(of: form) { plan.add(entry, "fields[\(index)].type", conflict) }
      // What asks a table that is wrong is not wrong for that.
      if plan.findsUnknownRules(in: entry) || broken.contains(where: entry.stored.text.contains) { continue }
      let (program, problems) = FormProgram.compile(
        form, requestType: method.requestType, schema: messages, rules: rules, views: views)
      for problem in problems { plan.add(problem, of: entry) }
      if let program { programs[method.path, default: []].append(program) }
    }
    if plan.hasErrors { return }
    for entry in plan.entries(of: "source") {
      guard let source = try? Remit_Document_V1_Source(serializedBytes: entry.stored.body),
        let method = configurations.method("/\(source.method)")
      else { continue }
      let own = (programs[method.path] ?? []).ownFields(recordKind: source.record)
      for problem in SourceProgram.compile(source, for: method, schema: messages, views: views, own: own).problems {
        plan.add(problem, of: entry)
      }
    }
  }

  /// Warns of forms that would have refused what was done lately.
  private func tryOnRecentRequests(
    _ plan: inout ConfigurationPlan, _ configuration: CurrentConfiguration, _ call: HostCall
  ) async throws {
    let begun = ContinuousClock.now
    let rules = plan.entries(of: "rule").compactMap { try? Remit_Document_V1_Rule(serializedBytes: $0.stored.body) }
      .compactMap { RuleProgram.compile($0).program }
    let views = plan.lookupViews(configurations.views)
    var caller = call.caller
    caller.tenant = Tenant(
      id: configuration.id, name: configuration.tenant.slug, baseCurrency: configuration.tenant.baseCurrency,
      timeZone: configuration.tenant.timeZone, locale: configuration.tenant.locale, configuration: configuration.version)
    for change in plan.changes where change.id.kind == "form" {
      guard let after = change.after, let entry = plan.entries[change.id], let form = try? Remit_Document_V1_Form(serializedBytes: after.body),
        let method = configurations.methods["/\(form.method)"],
        let program = FormProgram.compile(form, requestType: method.requestType, schema: messages, rules: rules, views: views).program
      else { continue }
      let order = CallOrder(
        method: method, caller: caller, requestID: call.order.requestID, request: [], now: call.order.now, deadline: call.order.deadline)
      var (tried, refused, first) = (0, 0, "")
      for request in configurations.recent.all(of: method.path, configuration.id) where ContinuousClock.now - begun < Self.trialMax {
        tried += 1
        let read = { (statements: [SQL]) in
          Array(try await call.query([.actFor(configuration.id)] + statements).dropFirst())
        }
        guard let (judgement, _) = try? await admission.judge(request, of: order, by: [program], .none, read),
          let fault = judgement.violations.first
        else { continue }
        refused += 1
        if first.isEmpty { first = "\(fault.field) \(fault.words)" }
      }
      guard refused > 0 else { continue }
      plan.add(
        entry, "name",
        Wording(
          "it would have refused \(refused) of the last \(tried) requests; the first: \(first)",
          "会拒绝最近 \(tried) 个请求中的 \(refused) 个；第一个：\(first)"), isWarning: true)
    }
  }

  private static let trialMax = Duration.seconds(5)

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
  /// Where its forms may look things up.
  fileprivate func lookupViews(_ published: [String: String]) -> LookupViews {
    let kinds = entries(of: "record").compactMap { try? Remit_Document_V1_RecordKind(serializedBytes: $0.stored.body) }
    return LookupViews(
      published: published, records: Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }))
  }

  /// Tells of decision tables that a document asks, and that are not there.
  fileprivate mutating func findsUnknownRules(in entry: Entry) -> Bool {
    let unknown = unknownRules(in: entry)
    for rule in unknown { add(rule.problem, of: entry, at: rule.place) }
    return !unknown.isEmpty
  }

  func mustBeSound() throws(CallError) {
    let faults = findings.filter { !$0.isWarning }
    guard !faults.isEmpty else { return }
    var error = CallError.invalid(faults.map { ("\($0.path):\($0.line):\($0.column)", $0.message) })
    error.reason = "FINDINGS"
    throw error
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
        INSERT INTO host.document (kind, name, since, path, text, message, body) SELECT kind, name, $1, path, text, message, body
          FROM unnest($2, $3, $4, $5, $6, $7) n (kind, name, path, text, message, body)
        """,
        [
          .int8(number), .texts(new.map(\.id.kind)), .texts(new.map(\.id.name)), .texts(new.map(\.path)), .texts(new.map(\.text)),
          .texts(new.map(\.message)), .byteas(new.map(\.body)),
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
  fileprivate func documentsEver<Document: Message>(_ kind: String, of tenant: Int32?) async throws -> [Document] {
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
