import FoundationEssentials
import RemitAPI
import RemitDigest
import SwiftProtobuf

extension Platform {
  func createKey(_ request: Remit_Platform_V1_CreateKeyRequest, _ call: HostCall) async throws -> HostWrite<
    Remit_Platform_V1_CreateKeyReply
  > {
    try request.check(now: call.order.now)
    let tenant = try await call.tenant(request.tenant)
    let person = try await call.requireOwnName(request.principal, in: tenant)
    let all = try await call.roles(of: tenant)
    let theirs = try await call.rolesOfKeys(of: request.principal, in: tenant)
    for role in all where theirs.contains(role.name) { try call.mustCover(role, in: tenant, ofKeysOf: request.principal) }
    let roles = all.filter { request.roles.contains($0.name) }
    if let missing = request.roles.first(where: { name in !roles.contains { $0.name == name } }) {
      throw CallError(.notFound, "NO_ROLE", "there is no role \(missing); see remit role list", field: "roles")
    }
    for role in roles { try call.mustCover(role, in: tenant) }
    let certificate = request.certificate.isEmpty ? nil : try ClientCertificate(pem: request.certificate)
    // Of a key that a certificate stands for, nobody ever knows the secret.
    let secret = try APIKey()
    let expiresAt = request.hasExpiresAt ? request.expiresAt : certificate.map { Google_Protobuf_Timestamp(date: $0.expiresAt) }
    let key = Remit_Platform_V1_Key.with {
      $0.id = secret.id
      $0.principal = request.principal
      $0.roles = request.roles
      $0.createdAt = call.order.now
      $0.createdBy = call.caller.principal
      if let expiresAt { $0.expiresAt = expiresAt }
      $0.certificateSha256 = certificate.map { Digest.hexadecimal($0.sha256) } ?? ""
    }
    return HostWrite(
      statements: [
        SQL(
          """
          INSERT INTO host.api_key (key_id, tenant_id, secret_sha256, principal, roles, created_at, created_by, expires_at, certificate_sha256,
                                    person_id)
          VALUES ($1, $2, $3, $4, string_to_array($5, E'\\n'), $6, $7, coalesce($8, 'infinity'), $9, $10)
          """,
          [
            .text(key.id), .int4(tenant), .bytea(secret.secretSHA256), .text(key.principal), .text(key.roles.joined(separator: "\n")),
            .timestamptz(key.createdAt), .text(key.createdBy), .timestamptzIfPresent(expiresAt), .byteaIfPresent(certificate?.sha256),
            .uuid(person),
          ])
      ],
      reply: .with {
        $0.key = key
        if certificate == nil { $0.secret = secret.description }
      }, kept: .with { $0.key = key }, resource: "key/\(key.id)", about: tenant,
      refusals: [
        "api_key_certificate": CallError(
          .alreadyExists, "CERTIFICATE_TAKEN", "the certificate stands for another key already", field: "certificate")
      ])
  }

  func listKeys(_ request: Remit_Platform_V1_ListKeysRequest, _ call: HostCall) async throws -> Remit_Platform_V1_ListKeysReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 2)
    let after = try page.after.map(Page.instant)
    let tenant = try await call.tenant(request.tenant)
    // What was created after the key that the page before ended with comes before it.
    let found = try await call.query([
      SQL(
        """
        SELECT \(Remit_Platform_V1_Key.columns), created_at AS token FROM host.api_key
         WHERE tenant_id = $1 AND (created_at, key_id) < (coalesce($2, 'infinity'), $3)
         ORDER BY created_at DESC, key_id DESC LIMIT $4
        """, [.int4(tenant), .timestamptzIfPresent(after), .text(page.after?[1] ?? ""), .int8(Int64(page.size + 1))])
    ])[0].map { row in (key: try Remit_Platform_V1_Key(from: &row), at: try row.timestamptz()) }
    let (rows, token) = page.cut(found) { [Page.text($0.at), $0.key.id] }
    return .with {
      $0.keys = rows.map(\.key)
      $0.nextPageToken = token
    }
  }

  func revokeKey(_ request: Remit_Platform_V1_RevokeKeyRequest, _ call: HostCall) async throws -> HostWrite<Remit_Platform_V1_Key> {
    let tenant = try await call.tenant(request.tenant)
    let found = try await call.query([
      SQL(
        "SELECT \(Remit_Platform_V1_Key.columns) FROM host.api_key WHERE (tenant_id, key_id) = ($1, $2) FOR UPDATE",
        [.int4(tenant), .text(request.id)])
    ])[0].map { row in try Remit_Platform_V1_Key(from: &row) }
    guard var key = found.first else {
      throw CallError(.notFound, "NO_KEY", "there is no key \(request.id); see remit key list", field: "id")
    }
    if key.id != call.caller.keyID {
      for role in try await call.roles(of: tenant) where key.roles.contains(role.name) { try call.mustCover(role, in: tenant) }
    }
    if !key.hasRevokedAt { key.revokedAt = call.order.now }
    return HostWrite(
      statements: [SQL("UPDATE host.api_key SET revoked_at = $2 WHERE key_id = $1", [.text(key.id), .timestamptz(key.revokedAt)])],
      reply: key,
      resource: "key/\(key.id)", about: tenant)
  }
}

extension HostCall {
  /// The roles of the keys that somebody has.
  fileprivate func rolesOfKeys(of principal: String, in tenant: Int32) async throws -> Set<String> {
    let found = try await query([
      SQL(
        "SELECT DISTINCT unnest(roles) FROM host.api_key WHERE (tenant_id, principal) = ($1, $2) AND revoked_at > now()",
        [.int4(tenant), .text(principal)])
    ])
    return Set(try found[0].map { row in try row.text() })
  }

  /// A name must not be taken for that of somebody else who has a key, nor for one of Remit's own: not by case, width or signs that nobody sees.
  ///
  /// - Returns: the person whose login it is; the key is theirs then.
  fileprivate func requireOwnName(_ principal: String, in tenant: Int32) async throws -> UUID? {
    let found = try await query([
      SQL(
        "SELECT person_id, login FROM host.person WHERE tenant_id = $1 AND login = lower(normalize($2, NFKC))",
        [.int4(tenant), .text(principal)]),
      SQL("SELECT lower(normalize($1, NFKC)) ~ '^(job|operator)\\M'", [.text(principal)]),
      SQL(
        """
        SELECT DISTINCT principal FROM host.api_key
         WHERE tenant_id = $1 AND principal <> $2 AND lower(normalize(principal, NFKC)) = lower(normalize($2, NFKC)) LIMIT 1
        """, [.int4(tenant), .text(principal)]),
    ])
    let person = try found[0].map { row in (id: try row.uuid(), login: try row.text()) }.first
    if try found[1].map({ row in try row.bool() }) == [true] {
      throw CallError.invalid([("principal", "must not begin with job or operator: so the audit trail names those")])
    }
    let holder = try found[2].map { row in try row.text() }.first
    if let other = person.flatMap({ $0.login == principal ? nil : $0.login }) ?? holder {
      throw CallError(
        .alreadyExists, "PRINCIPAL_TAKEN",
        "the name looks like \(other), who has \(person == nil ? "a key" : "a login"); write it as that, or differently",
        field: "principal")
    }
    return person?.id
  }
}

extension Remit_Platform_V1_CreateKeyRequest {
  fileprivate func check(now: Google_Protobuf_Timestamp) throws(CallError) {
    var violations: [(String, String)] = []
    if !(1...100).contains(principal.unicodeScalars.count)
      || principal.unicodeScalars.contains(where: \.isUnseen)
      || principal.first?.isWhitespace == true || principal.last?.isWhitespace == true
    {
      violations.append(("principal", "must have 1 to 100 characters that one sees, without blanks around: whose key it is"))
    }
    if principal.contains(/\p{Script=Latin}/), principal.contains(/[\p{Script=Greek}\p{Script=Cyrillic}]/) {
      violations.append(("principal", "must not mix Latin letters with Greek or Cyrillic ones, which look alike"))
    }
    if roles.isEmpty { violations.append(("roles", "must have at least one")) }
    if Set(roles).count < roles.count { violations.append(("roles", "must be different")) }
    if hasExpiresAt, expiresAt.seconds <= now.seconds { violations.append(("expires_at", "must be in the future")) }
    if !violations.isEmpty { throw .invalid(violations) }
  }
}

extension Remit_Platform_V1_Key {
  fileprivate static let columns = """
    key_id, principal, array_to_string(roles, E'\\n'), created_at, created_by, nullif(expires_at, 'infinity'), nullif(revoked_at, 'infinity'),
    coalesce(encode(certificate_sha256, 'hex'), '')
    """

  fileprivate init(from row: inout CellReader) throws {
    self.init()
    id = try row.text()
    principal = try row.text()
    roles = try row.text().split(separator: "\n").map(String.init)
    createdAt = try row.timestamptz()
    createdBy = try row.text()
    if let at = try row.timestamptzIfPresent() { expiresAt = at }
    if let at = try row.timestamptzIfPresent() { revokedAt = at }
    certificateSha256 = try row.text()
  }
}

extension Unicode.Scalar {
  /// A sign that nobody sees, or a blank that is none of those that people write.
  fileprivate var isUnseen: Bool {
    let category = properties.generalCategory
    return properties.isDefaultIgnorableCodePoint || category == .control || category == .format || value == 0x2800
      || properties.isWhitespace && self != " "
  }
}
