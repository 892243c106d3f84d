import FoundationEssentials
import Logging
import RemitAPI
import RemitDigest
import RemitPostgres
import RemitSDK
import SwiftProtobuf

/// Signing in and out, and setting passwords: what is no call, as no password may stand in one.
final class Sessions: Sendable {
  static let lifetimeSeconds: Int64 = 12 * 3600
  /// Without a call for so long a session has ended.
  static let idleSQL = "60 minutes"
  private static let ofPersonMax = 20
  /// So many wrong passwords from one address before it waits; those who share one are many.
  private static let freeFailuresOfAddress = 20
  static let invitationSeconds: Int64 = 24 * 3600

  private let pool: Pool
  private let keys: KeyDirectory
  private let clock: Clock
  private let logger: Logger
  private let attempts = SignInAttempts()
  /// Passwords are compared one at a time of a company, two in all: each takes 32 MiB and a core.
  private let places = FairPlaces(atOnceMax: 2, waitingPerTenantMax: 20)

  init(pool: Pool, keys: KeyDirectory, clock: Clock, logger: Logger) {
    self.pool = pool
    self.keys = keys
    self.clock = clock
    self.logger = logger
  }

  /// From where somebody signs in.
  struct Client: Sendable {
    /// nil: on this machine, as a proxy is.
    let address: String?
    /// What the browser says it is.
    let name: String
  }

  private struct Known {
    let tenant: Int32
    let company: String
    let isServed: Bool
    let person: UUID?
    let name: String
    let isActive: Bool
    let password: String
    let waitsSeconds: Int64

    static let columns = """
      t.tenant_id, t.name, t.state = 'active', p.person_id, coalesce(p.name, ''), coalesce(p.state = 'active', false), coalesce(c.password, ''),
      CASE WHEN c.locked_until > $1 THEN ceil(extract(epoch FROM c.locked_until - $1)) ELSE 0 END::bigint
      """

    init(row: inout CellReader) throws {
      tenant = try row.int4()
      company = try row.text()
      isServed = try row.bool()
      person = try row.uuidIfPresent()
      name = try row.text()
      isActive = try row.bool()
      password = try row.text()
      waitsSeconds = try row.int8()
    }
  }

  /// By password. Who has none, is suspended or unknown is told the same after the same time.
  func signIn(company: String, login: String, password: String, from client: Client) async throws -> SessionToken {
    let (company, login) = (company.plain, login.plain.lowercased())
    // Neither can be anybody's, and what is remembered of them would have no bound.
    guard company.isName(bytesMax: 100), login.isName(bytesMax: 100) else { throw Self.refused }
    let name = "\(company)/\(login)"
    let address = client.address.map { "from \($0)" }
    if let wait = [attempts.wait(name), address.map(attempts.wait) ?? 0].max(), wait > 0 { throw Self.tooMany(wait) }
    let tenant = try await find(company, login)?.tenant ?? -1
    try await places.enter(tenant)
    defer { places.leave(tenant) }
    // Read when it has its place: those before it may have failed.
    let known = try await find(company, login)
    if let wait = known?.waitsSeconds, wait > 0 { throw Self.tooMany(Int(wait)) }
    let kept = known.flatMap { $0.isActive ? Password($0.password) : nil }
    let isRight = try await (kept ?? Password.none)?.isThat(password) ?? false
    guard isRight, let known, kept != nil, let person = known.person else {
      if let address { attempts.fail(address, free: Self.freeFailuresOfAddress) }
      if let known, let person = known.person {
        try await fail(person, of: known.tenant)
      } else {
        attempts.fail(name, free: SignInDelay.freeFailures)
      }
      logger.notice(
        "sign-in refused",
        metadata: [
          "company": "\(company)", "login": "\(login)", "address": "\(client.address ?? "local")",
        ])
      throw Self.refused
    }
    if let address { attempts.succeed(address) }
    guard known.isServed else { throw Self.suspended(known.company) }
    return try await begin(known.tenant, person: person, principal: login, from: client)
  }

  /// By a key: whoever has it, as if it were sent with each call.
  func signIn(key: String, from client: Client) async throws -> SessionToken {
    let address = client.address.map { "from \($0)" }
    if let wait = address.map(attempts.wait), wait > 0 { throw Self.tooMany(wait) }
    guard key.isName(bytesMax: 200) else { throw CallError(.unauthenticated, "KEY_REFUSED", "the key is not valid") }
    let caller: Caller
    do {
      caller = try await keys.caller(CallHeaders(authorization: "Bearer \(key.plain)"), now: clock.now)
    } catch {
      if error.code == CallError.Code.unauthenticated.value, let address { attempts.fail(address, free: Self.freeFailuresOfAddress) }
      throw error
    }
    return try await begin(caller.tenant.id, key: caller.keyID, principal: caller.principal, from: client)
  }

  /// Ends a session; of one that has ended already nothing happens.
  func signOut(_ token: SessionToken) async throws {
    let ended = try await pool.host(
      "DELETE FROM host.session WHERE session_id = $1 AND secret_sha256 = $2", [.text(token.id), .bytea(token.secretSHA256)])
    // Whoever has no session must not make all keys be read anew.
    if ended.affected > 0 { keys.forgetAll() }
  }

  /// Another password for who is signed in; their other sessions end.
  func changePassword(_ token: SessionToken, from old: String, to new: String) async throws {
    let caller = try await keys.caller(CallHeaders(session: token), now: clock.now)
    guard let id = UUID(uuidString: caller.person) else {
      throw CallError(.failedPrecondition, "NO_PERSON", "a key has no password; who has it may revoke it")
    }
    guard let known = try await find(caller.tenant.name, caller.principal), known.person == id else {
      throw CallError(.unauthenticated, "SIGNED_OUT", "sign in again")
    }
    if known.waitsSeconds > 0 { throw Self.tooMany(Int(known.waitsSeconds)) }
    try await places.enter(caller.tenant.id)
    defer { places.leave(caller.tenant.id) }
    guard try await Password(known.password)?.isThat(old) ?? false else {
      try await fail(id, of: caller.tenant.id)
      throw CallError.invalid([("old", "is not your password")])
    }
    try Password.check(new, unlike: [caller.principal, known.name, known.company, caller.tenant.name], field: "new")
    let kept = try await Password.keep(new)
    _ = try await pool.host(
      [
        SQL(
          """
          UPDATE host.credential SET password = $3, failures = 0, locked_until = '-infinity', invitation_sha256 = NULL
           WHERE (tenant_id, person_id) = ($1, $2)
          """, [.int4(caller.tenant.id), .uuid(id), .text(kept.text)]),
        SQL(
          "DELETE FROM host.session WHERE (tenant_id, person_id) = ($1, $2) AND session_id <> $3",
          [.int4(caller.tenant.id), .uuid(id), .text(token.id)]),
        trail(caller.tenant.id, caller.principal, keyID: caller.keyID, "password changed", resource: "person/\(id.text)"),
      ], as: caller.tenant.id)
    keys.forgetAll()
  }

  /// A first or forgotten password, by the word of an invitation; then the person is signed in.
  func accept(invitation: String, password: String, from client: Client) async throws -> SessionToken {
    let address = client.address.map { "from \($0)" }
    if let wait = address.map(attempts.wait), wait > 0 { throw Self.tooMany(wait) }
    let digest = Digest.sha256(Array(invitation.plain.utf8))
    let found = try await pool.host(
      """
      SELECT \(Known.columns), p.login, t.slug FROM host.credential c JOIN host.person p USING (tenant_id, person_id) JOIN host.tenant t USING (tenant_id)
       WHERE c.invitation_sha256 = $2 AND c.invitation_until > $1 AND p.state = 'active'
      """, [.timestamptz(clock.now), .bytea(digest)]
    ).map { row in (known: try Known(row: &row), login: try row.text(), slug: try row.text()) }.first
    guard let found, let person = found.known.person else {
      if let address { attempts.fail(address, free: Self.freeFailuresOfAddress) }
      throw CallError(.unauthenticated, "INVITATION_REFUSED", "the invitation was used, or is older than a day; ask for another")
    }
    guard found.known.isServed else { throw Self.suspended(found.known.company) }
    try Password.check(password, unlike: [found.login, found.known.name, found.known.company, found.slug], field: "password")
    let tenant = found.known.tenant
    try await places.enter(tenant)
    defer { places.leave(tenant) }
    let kept = try await Password.keep(password)
    // Of two at once one finds it used.
    let updated = try await pool.host(
      [
        SQL(
          """
          UPDATE host.credential SET password = $3, failures = 0, locked_until = '-infinity', invitation_sha256 = NULL
           WHERE (tenant_id, person_id, invitation_sha256) = ($1, $2, $4) RETURNING 1
          """, [.int4(tenant), .uuid(person), .text(kept.text), .bytea(digest)]),
        SQL("DELETE FROM host.session WHERE (tenant_id, person_id) = ($1, $2)", [.int4(tenant), .uuid(person)]),
      ], as: tenant)
    guard updated[0].affected == 1 else {
      throw CallError(.unauthenticated, "INVITATION_REFUSED", "the invitation was used; ask for another")
    }
    keys.forgetAll()
    return try await begin(tenant, person: person, principal: found.login, from: client)
  }

  private func find(_ company: String, _ login: String) async throws -> Known? {
    try await pool.host(
      """
      SELECT \(Known.columns) FROM host.tenant t LEFT JOIN host.person p ON p.tenant_id = t.tenant_id AND p.login = $3
        LEFT JOIN host.credential c ON (c.tenant_id, c.person_id) = (p.tenant_id, p.person_id) WHERE t.slug = $2
      """, [.timestamptz(clock.now), .text(company), .text(login)]
    ).map { row in try Known(row: &row) }.first
  }

  private func fail(_ person: UUID, of tenant: Int32) async throws {
    let free = SignInDelay.freeFailures
    _ = try await pool.host(
      """
      INSERT INTO host.credential AS c (tenant_id, person_id, failures) VALUES ($1, $2, 1)
      ON CONFLICT (tenant_id, person_id) DO UPDATE SET failures = least(1000, c.failures + 1),
        locked_until = CASE WHEN c.failures + 1 < \(free) THEN '-infinity'
                            ELSE $3 + make_interval(secs => least(900, 2 ^ least(20, c.failures + 1 - \(free)))) END
      """, [.int4(tenant), .uuid(person), .timestamptz(clock.now)])
  }

  private func begin(
    _ tenant: Int32, person: UUID? = nil, key: String? = nil, principal: String, from client: Client
  ) async throws -> SessionToken {
    guard let token = SessionToken() else { throw CallError(.internal, "SESSION", "OpenSSL gives no random bytes") }
    let now = clock.now
    var expires = now
    expires.seconds += Self.lifetimeSeconds
    _ = try await pool.host(
      [
        SQL("DELETE FROM host.session WHERE expires_at < $1", [.timestamptz(now)]),
        SQL(
          """
          DELETE FROM host.session WHERE session_id IN (
            SELECT session_id FROM host.session WHERE tenant_id = $1 AND (person_id = $2 OR key_id = $3) ORDER BY made_at DESC OFFSET \(Self.ofPersonMax - 1))
          """, [.int4(tenant), .uuid(person), .text(key)]),
        SQL(
          "UPDATE host.credential SET failures = 0, locked_until = '-infinity' WHERE (tenant_id, person_id) = ($1, $2)",
          [.int4(tenant), .uuid(person)]),
        SQL(
          insertInto: "host.session",
          [
            "session_id": .text(token.id), "tenant_id": .int4(tenant), "person_id": .uuid(person), "key_id": .text(key),
            "secret_sha256": .bytea(token.secretSHA256), "made_at": .timestamptz(now), "seen_at": .timestamptz(now),
            "expires_at": .timestamptz(expires), "client": .text(client.name.plainLine(max: 300)),
          ]),
        trail(tenant, principal, keyID: SessionToken.keyPrefix + token.id, "signed in", resource: "session/\(token.id)"),
      ], as: tenant)
    return token
  }

  /// Its row in the audit trail.
  private func trail(_ tenant: Int32, _ principal: String, keyID: String, _ title: String, resource: String) -> SQL {
    SQL(
      insertInto: "host.call",
      [
        "tenant_id": .int4(tenant), "request_id": .text("session/" + UUID().text), "principal": .text(principal),
        "method": .text("/session"),
        "body_sha256": .bytea(Digest.sha256([])), "resource": .text(resource), "reply": .bytea([]), "called_at": .timestamptz(clock.now),
        "key_id": .text(keyID), "title": .text(title),
      ])
  }

  private static let refused = CallError(.unauthenticated, "SIGN_IN_REFUSED", "company, login or password is not right")

  private static func suspended(_ company: String) -> CallError {
    CallError(.permissionDenied, "TENANT_SUSPENDED", "\(company) is suspended; who runs this installation can resume it")
  }

  private static func tooMany(_ seconds: Int) -> CallError {
    var error = CallError(.resourceExhausted, "TOO_MANY_ATTEMPTS", "too many wrong passwords; try again in \(seconds) s")
    error.retryAfterMs = UInt32(clamping: seconds) * 1000
    return error
  }
}

extension String {
  /// Short enough, and without signs below the blank, of which the database takes not all.
  fileprivate func isName(bytesMax: Int) -> Bool { utf8.count <= bytesMax && utf8.allSatisfy { $0 >= 0x20 } }

  /// Without what breaks a line, and cut.
  func plainLine(max: Int) -> String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint && $0.value >= 32 && $0.value != 127 }.prefix(max)))
  }
}
