import RemitAPI
import SwiftProtobuf

extension Platform {
  func listCalls(_ request: Remit_Platform_V1_ListCallsRequest, _ call: HostCall) async throws -> Remit_Platform_V1_ListCallsReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 2)
    let after = try page.after.map(Page.instant)
    let tenant = try await call.tenant(request.tenant)
    let rows = try await call.query([
      .actFor(tenant),
      SQL(
        """
        SELECT called_at, principal, method, resource, request_id, via, key_id, title, admission, called_at AS token FROM host.call
         WHERE tenant_id = $1 AND (called_at, request_id) < (coalesce($2, 'infinity'), $3)
           AND ($4 = '' OR principal = $4) AND right(method, length($5)) = $5 AND starts_with(resource, $6)
           AND called_at >= coalesce($7, '-infinity') AND called_at < coalesce($8, 'infinity')
         ORDER BY called_at DESC, request_id DESC LIMIT $9
        """,
        [
          .int4(tenant), .timestamptzIfPresent(after), .text(page.after?[1] ?? ""), .text(request.principal), .text(request.method),
          .text(request.resource), .timestamptzIfPresent(request.hasFrom ? request.from : nil),
          .timestamptzIfPresent(request.hasUntil ? request.until : nil), .int8(Int64(page.size + 1)),
        ]),
    ])[1]
    let found = try rows.map { row in
      let audited = try Remit_Platform_V1_AuditedCall.with {
        $0.calledAt = try row.timestamptz()
        $0.principal = try row.text()
        $0.method = try row.text()
        $0.resource = try row.text()
        $0.requestID = try row.text()
        $0.via = try row.text()
        $0.keyID = try row.text()
        $0.title = try row.text()
        let admission = try row.bytes()
        if !admission.isEmpty { $0.admission = try Remit_Plugin_V1_Admission(serializedBytes: admission) }
      }
      return (call: audited, at: try row.timestamptz())
    }
    let (calls, token) = page.cut(found) { [Page.text($0.at), $0.call.requestID] }
    return .with {
      $0.calls = calls.map(\.call)
      $0.nextPageToken = token
    }
  }
}
