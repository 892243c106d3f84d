import FoundationEssentials
import RemitAPI
import RemitDigest
import RemitSDK
import SwiftProtobuf

extension Platform {
  private static let personsMax = 10_000

  func createPerson(_ request: Remit_Platform_V1_CreatePersonRequest, _ call: HostCall) async throws -> HostWrite<Remit_Platform_V1_Person>
  {
    var person = request.person
    person.login = person.login.lowercased()
    try person.check(isNew: true)
    let tenant = try await call.tenant(request.tenant)
    try await call.mustCover(person.roles, in: tenant, field: "person.roles")
    let found = try await call.query([
      SQL(
        "SELECT principal FROM host.api_key WHERE tenant_id = $1 AND lower(normalize(principal, NFKC)) = $2 LIMIT 1",
        [.int4(tenant), .text(person.login)]),
      SQL("SELECT count(*) FROM host.person WHERE tenant_id = $1", [.int4(tenant)]),
    ])
    if let holder = try found[0].map({ row in try row.text() }).first {
      throw CallError(
        .alreadyExists, "LOGIN_TAKEN", "the audit trail has \(holder) already, whose key that is; choose another login",
        field: "person.login")
    }
    guard try found[1].map({ row in try row.int8() }).first ?? 0 < Self.personsMax else {
      throw CallError(.resourceExhausted, "TOO_MANY", "a company has at most \(Self.personsMax) people")
    }
    person.manager = try await call.manager(person.manager, of: person, in: tenant)
    let id = UUID.version7(at: call.order.now)
    person.id = id.text
    person.version = 1
    person.state = .active
    person.hasPassword_p = false
    person.createdAt = call.order.now
    person.createdBy = call.caller.principal
    return HostWrite(
      statements: [
        SQL(
          insertInto: "host.person",
          [
            "tenant_id": .int4(tenant), "person_id": .uuid(id), "login": .text(person.login), "name": .text(person.name),
            "email": .text(person.email), "locale": .text(person.locale), "roles": .texts(person.roles).asOneValue,
            "state": .text("active"), "manager": .text(person.manager),
            "version": .int4(1), "created_at": .timestamptz(person.createdAt), "created_by": .text(person.createdBy),
          ])
      ], reply: person, resource: "person/\(person.id)", about: tenant,
      refusals: [
        "person_login": CallError(
          .alreadyExists, "LOGIN_TAKEN", "\(person.login) is, or was, somebody else's login; choose another", field: "person.login")
      ])
  }

  func updatePerson(_ request: Remit_Platform_V1_UpdatePersonRequest, _ call: HostCall) async throws -> HostWrite<Remit_Platform_V1_Person>
  {
    let wanted = request.person
    try wanted.check(isNew: false)
    return try await changed(wanted.id, version: wanted.version, of: request.tenant, call) { person, tenant in
      let more = wanted.roles.filter { !person.roles.contains($0) }
      let fewer = person.roles.filter { !wanted.roles.contains($0) }
      try await call.mustCover(more + fewer, in: tenant, field: "person.roles", mayBeGone: Set(fewer))
      (person.name, person.email, person.locale, person.roles) = (wanted.name, wanted.email, wanted.locale, wanted.roles)
      person.manager = try await call.manager(wanted.manager, of: person, in: tenant)
      try await call.setAway(&person, wanted.awayFrom, wanted.awayUntil, wanted.substitute, in: tenant, field: "person.")
    }
  }

  func suspendPerson(_ request: Remit_Platform_V1_SuspendPersonRequest, _ call: HostCall) async throws -> HostWrite<
    Remit_Platform_V1_Person
  > {
    var write = try await changed(request.id, version: request.version, of: request.tenant, call) { person, tenant in
      guard person.id != call.caller.person else {
        throw CallError(.failedPrecondition, "YOURSELF", "nobody suspends themselves: the company might have nobody left", field: "id")
      }
      try await call.mustCover(person.roles, in: tenant, field: "id", mayBeGone: Set(person.roles))
      person.state = .suspended
    }
    write.statements.append(SQL("DELETE FROM host.session WHERE person_id = $1", [.uuid(UUID(uuidString: write.reply.id))]))
    return write
  }

  func resumePerson(_ request: Remit_Platform_V1_ResumePersonRequest, _ call: HostCall) async throws -> HostWrite<Remit_Platform_V1_Person>
  {
    try await changed(request.id, version: request.version, of: request.tenant, call) { person, tenant in
      try await call.mustCover(person.roles, in: tenant, field: "id", mayBeGone: Set(person.roles))
      person.state = .active
    }
  }

  func getPerson(_ request: Remit_Platform_V1_GetPersonRequest, _ call: HostCall) async throws -> Remit_Platform_V1_Person {
    try await call.person(request.id, in: try await call.tenant(request.tenant))
  }

  func listPersons(_ request: Remit_Platform_V1_ListPersonsRequest, _ call: HostCall) async throws -> Remit_Platform_V1_ListPersonsReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    let tenant = try await call.tenant(request.tenant)
    let found = try await call.query([
      SQL(
        Remit_Platform_V1_Person.selecting("p.login > $2 AND ($3 = '' OR $3 = ANY (p.roles))") + " ORDER BY p.login LIMIT $4",
        [.int4(tenant), .text(page.after?[0] ?? ""), .text(request.role), .int8(Int64(page.size + 1))])
    ])[0].map { row in try Remit_Platform_V1_Person(from: &row) }
    let (persons, token) = page.cut(found) { [$0.login] }
    return .with {
      $0.persons = persons
      $0.nextPageToken = token
    }
  }

  func invitePerson(_ request: Remit_Platform_V1_InvitePersonRequest, _ call: HostCall) async throws -> HostWrite<
    Remit_Platform_V1_InvitePersonReply
  > {
    let tenant = try await call.tenant(request.tenant)
    let person = try await call.person(request.id, in: tenant)
    guard person.state == .active else {
      throw CallError(.failedPrecondition, "SUSPENDED", "\(person.login) is suspended; resume first", field: "id")
    }
    // Who has a person's invitation becomes that person.
    try await call.mustCover(person.roles, in: tenant, field: "id", mayBeGone: Set(person.roles))
    guard let random = Digest.randomBytes(24) else { throw CallError(.internal, "INVITATION", "OpenSSL gives no random bytes") }
    let word = Digest.hexadecimal(random)
    var reply = Remit_Platform_V1_InvitePersonReply.with {
      $0.person = person
      $0.expiresAt = call.order.now
      $0.expiresAt.seconds += Sessions.invitationSeconds
    }
    let kept = reply
    reply.invitation = word
    let id = UUID(uuidString: person.id)
    return HostWrite(
      statements: [
        SQL(
          """
          INSERT INTO host.credential AS c (tenant_id, person_id, invitation_sha256, invitation_until) VALUES ($1, $2, $3, $4)
          ON CONFLICT (tenant_id, person_id) DO UPDATE SET (password, invitation_sha256, invitation_until) = ('', $3, $4)
          """, [.int4(tenant), .uuid(id), .bytea(Digest.sha256(Array(word.utf8))), .timestamptz(reply.expiresAt)]),
        SQL("DELETE FROM host.session WHERE (tenant_id, person_id) = ($1, $2)", [.int4(tenant), .uuid(id)]),
      ], reply: reply, kept: kept, resource: "person/\(person.id)", about: tenant)
  }

  func setProfile(_ request: Remit_Platform_V1_SetProfileRequest, _ call: HostCall) async throws -> HostWrite<Remit_Platform_V1_Person> {
    guard !call.caller.person.isEmpty else {
      throw CallError(.failedPrecondition, "NO_PERSON", "\(call.caller.principal) is a key, which has no profile")
    }
    try Remit_Platform_V1_Person.check(locale: request.locale, field: "locale")
    return try await changed(call.caller.person, version: nil, of: "", call) { person, tenant in
      person.locale = request.locale
      try await call.setAway(&person, request.awayFrom, request.awayUntil, request.substitute, in: tenant, field: "")
    }
  }

  /// - Parameters:
  ///   - version: that was read; nil: whatever it is.
  ///   - change: of the person and of which company.
  private func changed(
    _ id: String, version: UInt32?, of slug: String, _ call: HostCall,
    _ change: (inout Remit_Platform_V1_Person, _ tenant: Int32) async throws -> Void
  ) async throws -> HostWrite<Remit_Platform_V1_Person> {
    let tenant = try await call.tenant(slug)
    var person = try await call.person(id, in: tenant, lock: true)
    guard version == nil || version == person.version else {
      throw CallError(
        .failedPrecondition, "CHANGED_MEANWHILE", "\(person.login) has version \(person.version), not \(version ?? 0): look again",
        field: "version")
    }
    try await change(&person, tenant)
    person.version += 1
    return HostWrite(
      statements: [
        SQL(
          """
          UPDATE host.person SET (name, email, locale, roles, state, version, away_from, away_until, substitute, manager)
             = ($3, $4, $5, $6, $7, $8, nullif($9, '')::date, nullif($10, '')::date, nullif($11, ''), $12) WHERE (tenant_id, person_id) = ($1, $2)
          """,
          [
            .int4(tenant), .uuid(UUID(uuidString: person.id)), .text(person.name), .text(person.email), .text(person.locale),
            .texts(person.roles), .text(person.state == .active ? "active" : "suspended"), .int4(Int32(clamping: person.version)),
            .text(person.awayFrom), .text(person.awayUntil), .text(person.substitute), .text(person.manager),
          ])
      ], reply: person, resource: "person/\(person.id)", about: tenant)
  }
}

extension HostCall {
  /// By id or login.
  func person(_ id: String, in tenant: Int32, lock: Bool = false) async throws -> Remit_Platform_V1_Person {
    let uuid = UUID(uuidString: id)
    let found = try await query([
      SQL(
        Remit_Platform_V1_Person.selecting("(p.person_id = $2 OR $2 IS NULL AND p.login = $3)") + (lock ? " FOR UPDATE OF p" : ""),
        [.int4(tenant), .uuid(uuid), .text(id.lowercased())])
    ])[0].map { row in try Remit_Platform_V1_Person(from: &row) }
    guard let person = found.first else {
      throw CallError(.notFound, "NO_PERSON", "there is no person \(id.cut(toBytes: 100))", field: "id")
    }
    return person
  }

  /// Nobody hands out, or takes away, more than they have.
  ///
  /// - Parameter mayBeGone: roles that there need not be any more.
  fileprivate func mustCover(_ names: [String], in tenant: Int32, field: String, mayBeGone: Set<String> = []) async throws {
    guard !names.isEmpty else { return }
    let all = try await roles(of: tenant)
    for name in names {
      guard let role = all.first(where: { $0.name == name }) else {
        if mayBeGone.contains(name) { continue }
        throw CallError(.notFound, "NO_ROLE", "there is no role \(name.cut(toBytes: 60)); see remit role list", field: field)
      }
      try mustCover(role, in: tenant)
    }
  }

  /// The login of who a person is to answer to.
  ///
  /// - Parameter wanted: id or login; empty: nobody.
  fileprivate func manager(_ wanted: String, of person: Remit_Platform_V1_Person, in tenant: Int32) async throws -> String {
    if wanted.isEmpty { return "" }
    let other = try await self.person(wanted, in: tenant)
    guard other.login != person.login else { throw CallError.invalid([("person.manager", "must be somebody else")]) }
    return other.login
  }

  fileprivate func setAway(
    _ person: inout Remit_Platform_V1_Person, _ from: String, _ until: String, _ substitute: String, in tenant: Int32, field: String
  ) async throws {
    var violations: [(String, String)] = []
    for (name, day) in [("away_from", from), ("away_until", until)] where !day.isEmpty && CivilDate(day) == nil {
      violations.append((field + name, "must be a day like 2026-12-24"))
    }
    if from.isEmpty != until.isEmpty { violations.append((field + "away_until", "goes with away_from")) }
    if let from = CivilDate(from), let until = CivilDate(until), until < from {
      violations.append((field + "away_until", "must not be before away_from"))
    }
    if !violations.isEmpty { throw CallError.invalid(violations) }
    var login = ""
    if !substitute.isEmpty {
      let other = try await self.person(substitute, in: tenant)
      guard other.id != person.id, other.state == .active else {
        throw CallError.invalid([(field + "substitute", "must be somebody else who is not suspended")])
      }
      login = other.login
    }
    (person.awayFrom, person.awayUntil, person.substitute) = (from, until, login)
  }
}

extension Remit_Platform_V1_Person {
  static func selecting(_ condition: String) -> String {
    """
    SELECT p.person_id, p.login, p.name, p.email, p.locale, array_to_string(p.roles, E'\\n'), p.state = 'active', p.version,
           coalesce(p.away_from::text, ''), coalesce(p.away_until::text, ''), coalesce(p.substitute, ''), p.created_at, p.created_by, p.manager,
           EXISTS (SELECT FROM host.credential c WHERE (c.tenant_id, c.person_id) = (p.tenant_id, p.person_id) AND c.password <> '')
      FROM host.person p WHERE p.tenant_id = $1 AND \(condition)
    """
  }

  /// - Parameter parameters: the company first.
  static func select(_ condition: String, _ parameters: [Parameter]) -> SQL { SQL(selecting(condition), parameters) }

  init(from row: inout CellReader) throws {
    self.init()
    id = try row.uuid().text
    login = try row.text()
    name = try row.text()
    email = try row.text()
    locale = try row.text()
    roles = try row.text().split(separator: "\n").map(String.init)
    state = try row.bool() ? .active : .suspended
    version = UInt32(clamping: try row.int4())
    awayFrom = try row.text()
    awayUntil = try row.text()
    substitute = try row.text()
    createdAt = try row.timestamptz()
    createdBy = try row.text()
    manager = try row.text()
    hasPassword_p = try row.bool()
  }

  fileprivate func check(isNew: Bool) throws(CallError) {
    var violations: [(String, String)] = []
    if isNew, login.wholeMatch(of: /[a-z0-9][a-z0-9._@+-]{1,99}/) == nil {
      violations.append(("person.login", "must have 2 to 100 of a-z, 0-9 and ._@+-, and begin with a letter or digit"))
    }
    if isNew, login.wholeMatch(of: /(job|operator|event)(\W.*)?/) != nil {
      violations.append(("person.login", "must not begin with job, operator or event: so the audit trail names those"))
    }
    if !(1...200).contains(name.unicodeScalars.count) || name.plainLine(max: 1000) != name || !name.utf8.elementsEqual(name.plain.utf8) {
      violations.append(("person.name", "must have 1 to 200 characters that one sees, without blanks around"))
    }
    if !email.isEmpty, email.utf8.count > 254 || email.wholeMatch(of: /[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+/) == nil {
      violations.append(("person.email", "must be an address like anna@example.com, or empty"))
    }
    if roles.isEmpty { violations.append(("person.roles", "must have at least one")) }
    if Set(roles).count < roles.count { violations.append(("person.roles", "must be different")) }
    if !violations.isEmpty { throw .invalid(violations) }
    try Self.check(locale: locale, field: "person.locale")
  }

  fileprivate static func check(locale: String, field: String) throws(CallError) {
    guard locale.isEmpty || locale.utf8.count <= 35 && locale.wholeMatch(of: /[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}/) != nil else {
      throw .invalid([(field, "must be a language like de-DE, zh-CN or en, or empty for the company's")])
    }
  }
}
