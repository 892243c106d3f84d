import RemitAPI
import RemitPostgres
import SwiftProtobuf

extension CallOrder {
  /// What a batch tells, after the rows that it tells of are locked: of the login role, in the batch's transaction.
  func told(_ batch: Remit_Plugin_V1_Batch, by module: String) -> [Statement] {
    let isEnd = batch.end == .commit
    return (batch.events.isEmpty ? [] : [outbox(batch.events)]) + (isEnd && wake != nil ? [woken].compactMap { $0 } : [])
      + (batch.wakes.isEmpty ? [] : wakes(batch.wakes, of: module))
  }

  private func outbox(_ events: [Remit_Plugin_V1_Event]) -> Statement {
    Statement(
      Remit_Plugin_V1_Statement(
        """
        INSERT INTO host.outbox (tenant_id, type, aggregate, payload, hops, recorded_at, request_id)
        SELECT $1, u.type, u.aggregate, u.payload, $5, $6, $7
          FROM unnest($2::text[], $3::text[], $4::bytea[]) WITH ORDINALITY u (type, aggregate, payload, place) ORDER BY u.place
        """,
        [
          .int4(caller.tenant.id), .texts(events.map(\.type)), .texts(events.map(\.aggregate)), .byteas(events.map { Array($0.payload) }),
          .int2(hops), .timestamptz(now), .text(requestID),
        ]), scope: "host")
  }

  /// The wakening that this call is has been; a key that was armed again since stays.
  var woken: Statement? {
    wake.map { wake in
      Statement(
        Remit_Plugin_V1_Statement(
          "DELETE FROM host.wake WHERE (tenant_id, module, key, armed_at) = ($1, $2, $3, $4)",
          [.int4(caller.tenant.id), .text(wake.module), .text(wake.key), .timestamptz(wake.armedAt)]), scope: "host")
    }
  }

  private func wakes(_ wakes: [Remit_Plugin_V1_Wakening], of module: String) -> [Statement] {
    let last = Dictionary(wakes.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    let armed = last.values.filter { $0.hasAt || !$0.local.isEmpty }
    let disarmed = last.values.filter { !$0.hasAt && $0.local.isEmpty }
    var statements: [Remit_Plugin_V1_Statement] = []
    if !disarmed.isEmpty {
      statements.append(
        .init(
          "DELETE FROM host.wake WHERE (tenant_id, module) = ($1, $2) AND key = ANY ($3)",
          [.int4(caller.tenant.id), .text(module), .texts(disarmed.map(\.key))]))
    }
    if !armed.isEmpty {
      statements.append(
        .init(
          """
          INSERT INTO host.wake (tenant_id, module, key, due_at)
          SELECT $1, $2, u.key, coalesce(u.at, u.local::timestamp AT TIME ZONE $6)
            FROM unnest($3::text[], $4::timestamptz[], $5::text[]) u (key, at, local) ORDER BY u.key
          ON CONFLICT (tenant_id, module, key) DO UPDATE
             SET due_at = excluded.due_at, armed_at = excluded.armed_at, attempts = 0, lease_until = '-infinity'
          """,
          [
            .int4(caller.tenant.id), .text(module), .texts(armed.map(\.key)), .timestamptzs(armed.map { $0.hasAt ? $0.at : nil }),
            .texts(armed.map { $0.hasAt ? nil : $0.local }), .text(caller.tenant.timeZone),
          ]))
    }
    return statements.map { Statement($0, scope: "host") }
  }
}

extension Plugin {
  private static let eventsMax = 1000
  private static let payloadBytesMax = 64 << 10
  private static let wakesMax = 1000
  /// Of the years 1 to 9999.
  private static let instants: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// Throws what a batch tells and may not tell.
  func checkTold(_ batch: Remit_Plugin_V1_Batch, by method: ServedMethod) throws(CallError) {
    guard !batch.events.isEmpty || !batch.wakes.isEmpty else { return }
    guard method.isWrite, !batch.apart, batch.end != .rollback else {
      throw CallError(.failedPrecondition, "TELLS_NOTHING", "\(method.path) tells events or wakes in a batch that writes nothing")
    }
    guard batch.events.count <= Self.eventsMax, batch.wakes.count <= Self.wakesMax else {
      throw CallError(.resourceExhausted, "BATCH_TOO_LARGE", "a batch has at most \(Self.eventsMax) events and \(Self.wakesMax) wakes")
    }
    for event in batch.events {
      guard events.contains(event.type) else {
        throw CallError(.internal, "NO_EVENT", "\(event.type) is no message of \(name) with the option remit.api.v1.event")
      }
      guard (1...600).contains(event.aggregate.utf8.count), event.payload.count <= Self.payloadBytesMax else {
        throw CallError(
          .internal, "EVENT_TOO_LARGE",
          "an event has an aggregate of 1 to 600 bytes, and at most \(Self.payloadBytesMax) bytes; \(event.type) has \(event.payload.count)"
        )
      }
    }
    guard batch.wakes.isEmpty || !manifest.wake.isEmpty else {
      throw CallError(.internal, "NO_WAKE", "the manifest of \(name) names no method that is to be called at a time")
    }
    guard batch.wakes.isEmpty || batch.end == .commit else {
      throw CallError(.internal, "WAKES_WITHOUT_COMMIT", "wakes go with the COMMIT of a write")
    }
    for wake in batch.wakes {
      guard (1...100).contains(wake.key.utf8.count), Self.instants.contains(wake.at.seconds), wake.local.utf8.count <= 40 else {
        throw CallError(.internal, "WAKE", "a wake has a key of 1 to 100 bytes, and an instant of the years 1 to 9999")
      }
    }
  }
}
