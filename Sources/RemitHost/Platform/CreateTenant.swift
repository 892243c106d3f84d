import RemitAPI

extension Platform {
  func createTenant(_ request: Remit_Platform_V1_CreateTenantRequest, _ call: HostCall) async throws -> HostWrite<Remit_Platform_V1_Tenant>
  {
    var tenant = request.tenant
    try tenant.check()
    tenant.state = .active
    let id = try await tenant.insert(call)
    return HostWrite(
      statements: [SQL("INSERT INTO host.role (tenant_id, name, permissions) VALUES ($1, 'owner', '{*}')", [.int4(id)])]
        + EventCursors.begin(for: id, plugins.plugins) + Provisioning.statements(for: id, plugins.plugins), reply: tenant,
      resource: "tenant/\(tenant.slug)", about: id)
  }
}

extension Remit_Platform_V1_Tenant {
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
      SQL("SELECT EXISTS (SELECT FROM pg_catalog.pg_timezone_names WHERE name = $1)", [.text(timeZone)]),
      SQL(
        """
        INSERT INTO host.tenant (slug, name, base_currency, time_zone, locale) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (slug) DO NOTHING RETURNING tenant_id
        """, [.text(slug), .text(name), .text(baseCurrency), .text(timeZone), .text(locale)]),
    ])
    guard try results[0].map({ row in try row.bool() }) == [true] else {
      throw CallError.invalid([
        ("tenant.time_zone", "must be of the IANA database, such as Europe/Berlin, not \(timeZone.debugDescription)")
      ])
    }
    guard let id = try results[1].map({ row in try row.int4() }).first else {
      throw CallError(.alreadyExists, "SLUG_TAKEN", "there is a company \(slug) already", field: "tenant.slug")
    }
    return id
  }
}
