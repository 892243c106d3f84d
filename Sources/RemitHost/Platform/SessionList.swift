import FoundationEssentials
import RemitAPI
import SwiftProtobuf

extension Platform {
  func listSessions(_ request: Remit_Platform_V1_ListSessionsRequest, _ call: HostCall) async throws -> Remit_Platform_V1_ListSessionsReply
  {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 2)
    let after = try page.after.map(Page.instant)
    let tenant = try await call.tenant(request.tenant)
    let principal = call.caller.permissions.allows("platform.session.list") ? request.principal : call.caller.principal
    let own = call.caller.keyID
    let found = try await call.query([
      SQL(
        """
        SELECT s.session_id, coalesce(p.login, k.principal), s.made_at, s.seen_at, s.expires_at, s.client FROM host.session s
          LEFT JOIN host.person p ON (p.tenant_id, p.person_id) = (s.tenant_id, s.person_id) LEFT JOIN host.api_key k ON k.key_id = s.key_id
         WHERE s.tenant_id = $1 AND s.expires_at > $2 AND s.seen_at > $2 - interval '\(Sessions.idleSQL)'
           AND (s.made_at, s.session_id) < (coalesce($3, 'infinity'), $4) AND ($5 = '' OR coalesce(p.login, k.principal) = $5)
         ORDER BY s.made_at DESC, s.session_id DESC LIMIT $6
        """,
        [
          .int4(tenant), .timestamptz(call.order.now), .timestamptzIfPresent(after), .text(page.after?[1] ?? ""), .text(principal),
          .int8(Int64(page.size + 1)),
        ])
    ])[0].map { row in
      try Remit_Platform_V1_Session.with {
        $0.id = try row.text()
        $0.principal = try row.text()
        $0.madeAt = try row.timestamptz()
        $0.seenAt = try row.timestamptz()
        $0.expiresAt = try row.timestamptz()
        $0.client = try row.text()
        $0.isOwn = SessionToken.keyPrefix + $0.id == own
      }
    }
    let (sessions, token) = page.cut(found) { [Page.text($0.madeAt), $0.id] }
    return .with {
      $0.sessions = sessions
      $0.nextPageToken = token
    }
  }

  func endSession(_ request: Remit_Platform_V1_EndSessionRequest, _ call: HostCall) async throws -> HostWrite<
    Remit_Platform_V1_EndSessionReply
  > {
    let tenant = try await call.tenant(request.tenant)
    let mayAll = call.caller.permissions.allows("platform.session.end")
    let ended = try await call.query([
      SQL(
        """
        DELETE FROM host.session s USING host.session o
          LEFT JOIN host.person p ON (p.tenant_id, p.person_id) = (o.tenant_id, o.person_id) LEFT JOIN host.api_key k ON k.key_id = o.key_id
         WHERE s.session_id = o.session_id AND o.tenant_id = $1 AND o.session_id = $2 AND ($3 OR coalesce(p.login, k.principal) = $4)
        """, [.int4(tenant), .text(request.id), .bool(mayAll), .text(call.caller.principal)])
    ])[0].affected
    guard ended == 1 else {
      throw CallError(.notFound, "NO_SESSION", "there is no session \(request.id.cut(toBytes: 60)) that you may end", field: "id")
    }
    return HostWrite(statements: [], reply: .init(), resource: "session/\(request.id)", about: tenant)
  }
}
