import FoundationEssentials
import RemitAPI
import RemitDigest
import RemitPostgres
import SwiftProtobuf
import Synchronization

/// Who holds which key. What the database says is believed for five seconds.
final class KeyDirectory: Sendable {
  private struct Entry {
    let secretSHA256: [UInt8]
    let caller: Caller
    let readAt: ContinuousClock.Instant
    let isActive: Bool
    /// The instants between which the tenant's date is that of the caller. Clocks are set back too.
    let dateBeginsAt, dateEndsAt: Google_Protobuf_Timestamp

    func isOf(_ now: Google_Protobuf_Timestamp) -> Bool { !now.isBefore(dateBeginsAt) && now.isBefore(dateEndsAt) }

    init(row: inout CellReader) throws {
      let id = try row.text()
      secretSHA256 = try row.bytes()
      let principal = try row.text()
      let roles = try row.lines()
      let tenant = try Tenant(row: &row)
      let own = PermissionSet(try row.lines())
      let persons = PermissionSet(try row.lines())
      let isBound = try row.bool()
      let person = try row.text()
      let date = try row.text()
      dateBeginsAt = try row.timestamptz()
      dateEndsAt = try row.timestamptz()
      isActive = try row.bool()
      readAt = .now
      caller = Caller(
        tenant: tenant, keyID: id, principal: principal, roles: roles, permissions: isBound ? own.intersection(persons) : own,
        person: person, businessDate: date)
    }
  }

  /// How a client says which key it has.
  private enum Name: Hashable {
    case id(String)
    case certificate([UInt8])
    case session(String)
  }

  /// What stands for the key of a person for whom something is done.
  static let personPrefix = "person/"

  static let lifetime = Duration.seconds(5)
  private static let entriesMax = 10_000

  private let pool: Pool
  private let entries = Mutex<[Name: Entry]>([:])

  init(pool: Pool) { self.pool = pool }

  /// By the key, else by the session, else by the certificate that the client showed.
  func caller(_ headers: CallHeaders, now: Google_Protobuf_Timestamp) async throws(CallError) -> Caller {
    guard let authorization = headers.authorization else {
      if let session = headers.session {
        guard let entry = try await entry(.session(session.id), now: now), Digest.areEqual(entry.secretSHA256, session.secretSHA256) else {
          throw CallError(.unauthenticated, "SIGNED_OUT", "nobody is signed in by this session any more; sign in again")
        }
        let caller = try Self.active(entry)
        if let person = headers.person, person != Data("\(caller.tenant.name)/\(caller.principal)".utf8).base64EncodedString() {
          throw CallError(
            .unauthenticated, "OTHER_SESSION", "somebody else has signed in in this browser since; load the page again")
        }
        return caller
      }
      if let certificate = headers.certificate {
        guard let entry = try await entry(.certificate(certificate.sha256), now: now) else {
          throw CallError(
            .unauthenticated, "KEY_REFUSED", "the certificate \(Digest.hexadecimal(certificate.sha256)) stands for no valid key")
        }
        return try Self.active(entry)
      }
      throw CallError(
        .unauthenticated, "NO_KEY", "the call has no key; send the metadata (by HTTP: the header) authorization: Bearer <key>")
    }
    guard authorization.prefix(7).lowercased() == "bearer ", let key = APIKey(authorization.dropFirst(7)) else {
      throw CallError(.unauthenticated, "NO_KEY", "the metadata authorization is not Bearer and a key (remit_...)")
    }
    guard let entry = try await entry(.id(key.id), now: now), Digest.areEqual(entry.secretSHA256, key.secretSHA256) else {
      throw CallError(.unauthenticated, "KEY_REFUSED", "the key is not valid: it is wrong, expired or revoked")
    }
    return try Self.active(entry)
  }

  /// Who has a key, or is signed in, now.
  ///
  /// - Parameter keyID: as a caller has it: of a session "session/..."
  func caller(keyID: String, now: Google_Protobuf_Timestamp) async throws(CallError) -> Caller {
    let session = keyID.hasPrefix(SessionToken.keyPrefix) ? String(keyID.dropFirst(SessionToken.keyPrefix.count)) : nil
    guard let entry = try await entry(session.map { .session($0) } ?? .id(keyID), now: now) else {
      throw CallError(.unauthenticated, "KEY_REFUSED", "the key \(keyID) holds no more")
    }
    return try Self.active(entry)
  }

  /// Who made an earlier call, with what they may now.
  ///
  /// - Parameters:
  ///   - keyID: as the call had it.
  ///   - person: empty where a machine called. A session ends within hours; the person stays.
  ///   - read: in the transaction of the call that asks: one that holds a connection waits for no other.
  /// - Returns: nil where they are not there any more.
  func lender(
    keyID: String, person: String, now: Google_Protobuf_Timestamp, _ read: (SQL) async throws -> Remit_Plugin_V1_Rows
  ) async throws -> Caller? {
    let isKey = !keyID.hasPrefix(SessionToken.keyPrefix) && !keyID.hasPrefix(Self.personPrefix)
    guard isKey || !person.isEmpty else { return nil }
    let sql = isKey ? SQL(Self.byID, [.text(keyID), .timestamptz(now)]) : SQL(Self.byPerson, [.text(person), .timestamptz(now)])
    return try await read(sql).map { row in try Entry(row: &row) }.first.map(Self.active)
  }

  private static func active(_ entry: Entry) throws(CallError) -> Caller {
    guard entry.isActive else {
      throw CallError(
        .permissionDenied, "TENANT_SUSPENDED", "\(entry.caller.tenant.name) is suspended; who runs this installation can resume it")
    }
    return entry.caller
  }

  /// Keys, roles or companies were changed.
  func forgetAll() { entries.withLock { $0.removeAll() } }

  private func entry(_ id: Name, now: Google_Protobuf_Timestamp) async throws(CallError) -> Entry? {
    if let entry = entries.withLock({ $0[id] }), entry.readAt + Self.lifetime > .now, entry.isOf(now) { return entry }
    let entry = try await read(id, now: now)
    entries.withLock { entries in
      if entries.count >= Self.entriesMax { entries.removeAll() }
      entries[id] = entry
    }
    return entry
  }

  /// Of whoever holds a key: what is theirs, and the person whose key it is.
  private static let holders = """
    SELECT k.tenant_id, k.key_id AS id, k.secret_sha256, k.principal, k.roles, p.roles AS bound, p.person_id FROM host.api_key k
      LEFT JOIN host.person p ON (p.tenant_id, p.person_id) = (k.tenant_id, k.person_id)
     WHERE k.expires_at > $2 AND k.revoked_at > $2 AND coalesce(p.state, 'active') = 'active'
    """

  private static func select(from holder: String) -> String {
    """
    SELECT h.id, h.secret_sha256, h.principal, array_to_string(h.roles, E'\\n'), \(Tenant.columns),
           (SELECT coalesce(string_agg(array_to_string(r.permissions, E'\\n'), E'\\n'), '')
              FROM host.role r WHERE r.tenant_id = h.tenant_id AND r.name = ANY (h.roles)),
           (SELECT coalesce(string_agg(array_to_string(r.permissions, E'\\n'), E'\\n'), '')
              FROM host.role r WHERE h.bound IS NOT NULL AND r.tenant_id = h.tenant_id AND r.name = ANY (h.bound)),
           h.bound IS NOT NULL, coalesce(h.person_id::text, ''),
           ($2 AT TIME ZONE t.time_zone)::date::text,
           ($2 AT TIME ZONE t.time_zone)::date::timestamp AT TIME ZONE t.time_zone,
           (($2 AT TIME ZONE t.time_zone)::date + 1)::timestamp AT TIME ZONE t.time_zone, t.state = 'active'
      FROM (\(holder)) h JOIN host.tenant t USING (tenant_id)
    """
  }

  private static let byID = select(from: "\(holders) AND k.key_id = $1")
  private static let byCertificate = select(from: "\(holders) AND k.certificate_sha256 = $1")
  /// A session of a person, or of who holds a key.
  private static let bySession = select(
    from: """
      SELECT s.tenant_id, '\(SessionToken.keyPrefix)' || s.session_id AS id, s.secret_sha256, coalesce(k.principal, p.login) AS principal,
             coalesce(k.roles, p.roles) AS roles, k.bound, coalesce(k.person_id, p.person_id) AS person_id
        FROM host.session s LEFT JOIN host.person p ON (p.tenant_id, p.person_id) = (s.tenant_id, s.person_id) AND p.state = 'active'
        LEFT JOIN (\(holders)) k ON k.id = s.key_id
       WHERE s.session_id = $1 AND s.expires_at > $2 AND s.seen_at > $2 - interval '\(Sessions.idleSQL)' AND num_nonnulls(p.person_id::text, k.id) > 0
      """)
  private static let byPerson = select(
    from: """
      SELECT p.tenant_id, '\(personPrefix)' || p.person_id AS id, ''::bytea AS secret_sha256, p.login AS principal, p.roles, NULL::text[] AS bound, p.person_id
        FROM host.person p WHERE p.person_id = $1::uuid AND p.state = 'active'
      """)
  /// To the minute, so that it is seldom written.
  private static let seen = "UPDATE host.session SET seen_at = $2 WHERE session_id = $1 AND seen_at < $2 - interval '1 minute'"

  private func read(_ name: Name, now: Google_Protobuf_Timestamp) async throws(CallError) -> Entry? {
    do {
      let (sql, parameter): (String, Parameter) =
        switch name {
        case .id(let id): (Self.byID, .text(id))
        case .certificate(let sha256): (Self.byCertificate, .bytea(sha256))
        case .session(let id): (Self.bySession, .text(id))
        }
      let found = try await pool.host(sql, [parameter, .timestamptz(now)]).map { row in try Entry(row: &row) }.first
      if case .session(let id) = name, found != nil { _ = try await pool.host(Self.seen, [.text(id), .timestamptz(now)]) }
      return found
    } catch let error as PostgresError {
      throw CallError(error, statements: 0..<0)
    } catch let error as CallError {
      throw error
    } catch {
      throw CallError(.internal, "KEY", "a key cannot be read: \(error)")
    }
  }
}

extension CellReader {
  fileprivate mutating func lines() throws(CallError) -> [String] {
    try text().split(separator: "\n").map(String.init)
  }
}

extension Google_Protobuf_Timestamp {
  fileprivate func isBefore(_ other: Google_Protobuf_Timestamp) -> Bool { (seconds, nanos) < (other.seconds, other.nanos) }
}
