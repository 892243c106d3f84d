import RemitAPI
import RemitJSON
import SwiftProtobuf

extension Platform {
  func listEvents(_ request: Remit_Platform_V1_ListEventsRequest, _ call: HostCall) async throws -> Remit_Platform_V1_ListEventsReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    guard let after = page.after.map({ Int64($0[0]) }) ?? Int64(clamping: request.after) else { throw Page.badToken }
    let seen = eventPermissions.filter { call.caller.permissions.allows($0.value) }.map(\.key)
    let tenant = try await call.tenant(request.tenant)
    let results = try await call.query([
      .actFor(tenant),
      SQL(
        """
        SELECT sequence, type, aggregate, payload, recorded_at, request_id FROM (
          SELECT *, sum(length(payload)) OVER (ORDER BY sequence) - length(payload) AS bytes_before FROM (
            SELECT * FROM host.event
             WHERE sequence > $1 AND type = ANY ($2) AND right(type, length($3)) = $3 AND ($4 = '' OR aggregate = $4)
             ORDER BY sequence LIMIT $5) e) p
         WHERE bytes_before < $6 ORDER BY sequence
        """,
        [
          .int8(after), .texts(seen), .text(request.type), .text(request.aggregate), .int8(Int64(page.size + 1)),
          .int8(Self.pageBytesMax),
        ]),
      SQL("SELECT last FROM host.event_tail WHERE tenant_id = $1", [.int4(tenant)]),
    ])
    let found = try results[1].map { row in
      try Remit_Platform_V1_StoredEvent.with {
        $0.sequence = UInt64(clamping: try row.int8())
        $0.type = try row.text()
        $0.aggregate = try row.text()
        $0.content = messages.structure(fromWire: try row.bytes(), as: $0.type) ?? .init()
        $0.recordedAt = try row.timestamptz()
        $0.requestID = try row.text()
      }
    }
    // A page ends before it is too large for clients: then there may be more.
    let last = try results[2].map { row in UInt64(clamping: try row.int8()) }.first ?? 0
    var (events, token) = page.cut(found) { [String($0.sequence)] }
    if token.isEmpty, let end = events.last?.sequence, end < last, found.count < page.size {
      token = Page.token([String(end)])
    }
    return .with {
      $0.events = events
      $0.nextPageToken = token
    }
  }

  /// As they are stored: as JSON they are larger, and clients take 4 MiB.
  private static let pageBytesMax: Int64 = 1_000_000

  func listDeliveries(
    _ request: Remit_Platform_V1_ListDeliveriesRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_ListDeliveriesReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 2)
    guard let after = page.after.map({ Int64($0[1]) }) ?? 0 else { throw Page.badToken }
    let tenant = try await call.tenant(request.tenant)
    let rows = try await call.query([
      .actFor(tenant),
      SQL(
        """
        SELECT d.subscriber, d.sequence, e.type, d.aggregate, d.attempts, d.dead, d.retry_at, d.error
          FROM host.delivery d JOIN host.event e USING (tenant_id, sequence)
         WHERE (d.subscriber, d.sequence) > ($1, $2) AND ($3 = '' OR d.subscriber = $3) AND (d.dead OR NOT $4)
         ORDER BY d.subscriber, d.sequence LIMIT $5
        """,
        [
          .text(page.after?[0] ?? ""), .int8(after), .text(request.subscriber), .bool(request.dead), .int8(Int64(page.size + 1)),
        ]),
    ])[1]
    let found = try rows.map { row in
      try Remit_Platform_V1_FailedDelivery.with {
        $0.subscriber = try row.text()
        $0.sequence = UInt64(clamping: try row.int8())
        $0.type = try row.text()
        $0.aggregate = try row.text()
        $0.attempts = UInt32(clamping: try row.int4())
        $0.dead = try row.bool()
        $0.retryAt = try row.timestamptz()
        $0.error = try row.text()
      }
    }
    let (deliveries, token) = page.cut(found) { [$0.subscriber, String($0.sequence)] }
    return .with {
      $0.deliveries = deliveries
      $0.nextPageToken = token
    }
  }

  func retryDelivery(
    _ request: Remit_Platform_V1_RetryDeliveryRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_RetryDeliveryReply> {
    try await change(
      request.subscriber, request.sequence, of: request.tenant, call, reply: .init(), onlyFirst: true,
      by: "UPDATE host.delivery SET retry_at = now(), dead = false, attempts = 0 WHERE (subscriber, sequence) = ($1, $2)")
  }

  func dropDelivery(
    _ request: Remit_Platform_V1_DropDeliveryRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_DropDeliveryReply> {
    guard (1...255).contains(request.reason.unicodeScalars.count) else {
      throw CallError.invalid([("reason", "must have 1 to 255 characters: what is dropped is never told")])
    }
    return try await change(
      request.subscriber, request.sequence, of: request.tenant, call, reply: .init(),
      by: "DELETE FROM host.delivery WHERE (subscriber, sequence) = ($1, $2)")
  }

  private func change<Reply: Message>(
    _ subscriber: String, _ sequence: UInt64, of slug: String, _ call: HostCall, reply: Reply, onlyFirst: Bool = false,
    by sql: String
  ) async throws -> HostWrite<Reply> {
    let tenant = try await call.tenant(slug)
    let key: [Parameter] = [.text(subscriber), .int8(Int64(clamping: sequence))]
    let found = try await call.query([
      .actFor(tenant),
      SQL(
        """
        SELECT d.trying_until > now(), coalesce((
                 SELECT min(f.sequence) FROM host.delivery f WHERE f.subscriber = d.subscriber AND f.aggregate = d.aggregate AND f.sequence < d.sequence), 0)
          FROM host.delivery d WHERE (d.subscriber, d.sequence) = ($1, $2) FOR UPDATE
        """, key),
    ])[1].map { row in (isTried: try row.bool(), behind: try row.int8()) }.first
    guard let found else {
      throw CallError(.notFound, "NO_DELIVERY", "no delivery of event \(sequence) to \(subscriber) waits; see remit delivery list")
    }
    guard !found.isTried else {
      throw CallError(.failedPrecondition, "BEING_DELIVERED", "event \(sequence) is being delivered just now; look again in a moment")
    }
    guard !onlyFirst || found.behind == 0 else {
      throw CallError(
        .failedPrecondition, "WAITS", "event \(sequence) waits behind event \(found.behind) of the same aggregate: see to that one")
    }
    _ = try await call.query([SQL(sql, key)])
    return HostWrite(
      statements: [
        SQL("UPDATE host.cursor SET retry_at = now() WHERE (tenant_id, subscriber) = ($1, $2)", [.int4(tenant), .text(subscriber)])
      ], reply: reply, resource: "delivery/\(subscriber)/\(sequence)", about: tenant)
  }
}
