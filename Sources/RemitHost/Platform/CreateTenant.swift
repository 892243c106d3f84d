import RemitAPI
import RemitDocuments
import RemitJSON
import SwiftProtobuf

extension Platform {
  func createTenant(_ request: Remit_Platform_V1_CreateTenantRequest, _ call: HostCall) async throws -> HostWrite<Remit_Platform_V1_Tenant>
  {
    var (tenant, documents) = (request.tenant, request.documents)
    if tenant.complete(from: &documents, kinds) {
      try tenant.check()
      try await call.requireTimeZone(of: tenant)
    }
    tenant.state = .active
    var plan = ConfigurationPlan(base: 0, current: [], given: documents, isComplete: true, kinds: kinds, locale: tenant.locale)
    try await check(&plan, tenant, of: nil, call)
    try plan.mustBeSound()
    try tenant.check()
    let id = try await tenant.insert(call)
    let configuration = CurrentConfiguration(id: id, tenant: tenant, version: 0, documents: [], applied: nil)
    let first = try await write(plan, to: configuration, reason: "", isNew: true, call)
    return HostWrite(
      statements: [SQL("INSERT INTO host.role (tenant_id, name, permissions) VALUES ($1, 'owner', '{*}')", [.int4(id)])]
        + first.statements + EventCursors.begin(for: id, plugins.plugins) + Provisioning.statements(for: id, plugins.plugins),
      reply: tenant, resource: "tenant/\(tenant.slug)", about: id)
  }
}

extension Remit_Platform_V1_Tenant {
  /// What was not asked for is as the document says; where something else was asked for, or there is none, it is written: then true.
  fileprivate mutating func complete(from documents: inout [Remit_Platform_V1_SourceDocument], _ kinds: DocumentKinds) -> Bool {
    let place = documents.firstIndex { (try? kinds.read($0.text))?.kind == "tenant" }
    let document = place.flatMap { try? kinds.read(documents[$0].text) }
    if let document, let said = try? Remit_Document_V1_Tenant(serializedBytes: document.bytes) {
      let isAsked = [(name, said.title), (baseCurrency, said.baseCurrency), (timeZone, said.timeZone), (locale, said.locale)]
        .contains { !$0.isEmpty && $0 != $1 }
      if slug.isEmpty { slug = document.name }
      if name.isEmpty { name = said.title }
      if baseCurrency.isEmpty { baseCurrency = said.baseCurrency }
      if timeZone.isEmpty { timeZone = said.timeZone }
      if locale.isEmpty { locale = said.locale }
      guard isAsked else { return false }
    } else if documents.contains(where: { $0.path == "tenant.yaml" }) {
      // It is there, and wrong: that is told.
      return false
    }
    let path = place.map { documents[$0].path } ?? "tenant.yaml"
    if let place { documents.remove(at: place) }
    documents.append(
      .with {
        $0.path = path
        $0.text = documentText
      })
    return true
  }

  /// Strings of JSON are YAML too.
  private var documentText: String {
    func quoted(_ text: String) -> String { JSONValue.string(text).text }
    return """
      kind: tenant
      name: \(slug)
      title: \(quoted(name))
      base_currency: \(quoted(baseCurrency))
      time_zone: \(quoted(timeZone))
      locale: \(quoted(locale))

      """
  }

  func check() throws(CallError) {
    var violations: [(String, String)] = []
    if slug.wholeMatch(of: /[a-z][a-z0-9-]{1,30}/) == nil {
      violations.append(("tenant.slug", "must begin with a letter and have 2 to 31 of a-z, 0-9 and -, not \(slug.debugDescription)"))
    }
    if !(1...200).contains(name.unicodeScalars.count) { violations.append(("tenant.name", "must have 1 to 200 characters")) }
    if Currency(baseCurrency) == nil {
      violations.append(("tenant.base_currency", "must be a code of ISO 4217, such as EUR, not \(baseCurrency.debugDescription)"))
    }
    if locale.wholeMatch(of: /[a-z]{2,3}(-[A-Za-z0-9]{2,8})*/) == nil {
      violations.append(("tenant.locale", "must be of BCP 47, such as de-DE, not \(locale.debugDescription)"))
    }
    if !violations.isEmpty { throw .invalid(violations) }
  }

  /// Adds it, and gives its number. Its time zone is checked by the database, which has to know it.
  func insert(_ call: HostCall) async throws -> Int32 {
    let results = try await call.query([
      SQL(
        """
        INSERT INTO host.tenant (slug, name, base_currency, time_zone, locale) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (slug) DO NOTHING RETURNING tenant_id
        """, [.text(slug), .text(name), .text(baseCurrency), .text(timeZone), .text(locale)])
    ])
    guard let id = try results[0].map({ row in try row.int4() }).first else {
      throw CallError(.alreadyExists, "SLUG_TAKEN", "there is a company \(slug) already", field: "tenant.slug")
    }
    return id
  }
}

extension HostCall {
  func requireTimeZone(of tenant: Remit_Platform_V1_Tenant) async throws {
    let zone = tenant.timeZone
    let found = try await query([SQL("SELECT EXISTS (SELECT FROM pg_catalog.pg_timezone_names WHERE name = $1)", [.text(zone)])])
    guard try found[0].map({ row in try row.bool() }) == [true] else {
      throw CallError.invalid([("tenant.time_zone", "must be of the IANA database, such as Europe/Berlin, not \(zone.debugDescription)")])
    }
  }
}
