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
  }

  /// How a client says which key it has.
  private enum Name: Hashable {
    case id(String)
    case certificate([UInt8])
  }

  static let lifetime = Duration.seconds(5)
  private static let entriesMax = 10_000

  private let pool: Pool
  private let entries = Mutex<[Name: Entry]>([:])

  init(pool: Pool) { self.pool = pool }

  /// - Parameters:
  ///   - authorization: the header as it came, "Bearer remit_...".
  ///   - certificate: what the client showed; it stands for a key where there is no header.
  func caller(
    _ authorization: String?, certificate: ClientCertificate?, now: Google_Protobuf_Timestamp
  ) async throws(CallError) -> Caller {
    guard let authorization else {
      if let certificate {
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
    guard let entry = try await entry(.id(key.id), now: now), entry.secretSHA256.equalsInConstantTime(key.secretSHA256) else {
      throw CallError(.unauthenticated, "KEY_REFUSED", "the key is not valid: it is wrong, expired or revoked")
    }
    return try Self.active(entry)
  }

  /// Who has a key now.
  func caller(keyID: String, now: Google_Protobuf_Timestamp) async throws(CallError) -> Caller {
    guard let entry = try await entry(.id(keyID), now: now) else {
      throw CallError(.unauthenticated, "KEY_REFUSED", "the key \(keyID) holds no more")
    }
    return try Self.active(entry)
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

  private static let sql = """
    SELECT k.key_id, k.secret_sha256, k.principal, array_to_string(k.roles, E'\\n'),
           t.tenant_id, t.slug, t.base_currency, t.time_zone, t.locale, t.configuration,
           (SELECT coalesce(string_agg(array_to_string(r.permissions, E'\\n'), E'\\n'), '')
              FROM host.role r WHERE r.tenant_id = k.tenant_id AND r.name = ANY (k.roles)),
           ($2 AT TIME ZONE t.time_zone)::date::text,
           ($2 AT TIME ZONE t.time_zone)::date::timestamp AT TIME ZONE t.time_zone,
           (($2 AT TIME ZONE t.time_zone)::date + 1)::timestamp AT TIME ZONE t.time_zone, t.state = 'active'
      FROM host.api_key k JOIN host.tenant t USING (tenant_id)
     WHERE k.expires_at > $2 AND k.revoked_at > $2 AND
    """

  private func read(_ name: Name, now: Google_Protobuf_Timestamp) async throws(CallError) -> Entry? {
    do {
      let (condition, parameter): (String, Parameter) =
        switch name {
        case .id(let id): ("k.key_id = $1", .text(id))
        case .certificate(let sha256): ("k.certificate_sha256 = $1", .bytea(sha256))
        }
      let statement = Statement(Remit_Plugin_V1_Statement(Self.sql + " " + condition, [parameter, .timestamptz(now)]), scope: "host")
      return try Remit_Plugin_V1_Rows(try await pool.run([statement])[0]).map { row in
        let id = try row.text()
        let secret = try row.bytes()
        let principal = try row.text()
        let roles = try row.lines()
        let tenant = try Tenant(row: &row)
        let permissions = PermissionSet(try row.lines())
        let date = try row.text()
        let dateBeginsAt = try row.timestamptz()
        let dateEndsAt = try row.timestamptz()
        return Entry(
          secretSHA256: secret,
          caller: Caller(
            tenant: tenant, keyID: id, principal: principal, roles: roles, permissions: permissions, businessDate: date),
          readAt: .now, isActive: try row.bool(), dateBeginsAt: dateBeginsAt, dateEndsAt: dateEndsAt)
      }.first
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

extension [UInt8] {
  fileprivate func equalsInConstantTime(_ other: [UInt8]) -> Bool {
    count == other.count && zip(self, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

extension Google_Protobuf_Timestamp {
  fileprivate func isBefore(_ other: Google_Protobuf_Timestamp) -> Bool { (seconds, nanos) < (other.seconds, other.nanos) }
}
