import FoundationEssentials
import Logging
import RemitAPI
import RemitPostgres
import ServiceLifecycle
import Synchronization

/// Tells subscribers of events, one after the other in the order of the company's sequence. What one refuses is parked with all that follows of the same
/// aggregate, tried again later and later, and given up after 20 attempts. Several remitd share it: who finds a cursor that is behind takes its lease.
struct EventDelivery: Service {
  private struct Lease {
    let subscriber: any EventSubscriber
    let tenant: Tenant
    let id: UUID
    let position: Int64
    let last: Int64
    let hasDue: Bool
    /// How often the subscriber was away before.
    let failures: Int32
    let begun: ContinuousClock.Instant
  }

  /// How many subscribers are told just now.
  private final class Running: Sendable {
    let count = Atomic(0)
  }

  let subscribers: any EventSubscribers
  let pool: Pool
  let clock: Clock
  /// Rings when there is something to deliver.
  let moved: Bell
  let logger: Logger

  private static let eventsMax: Int64 = 100
  /// How far a cursor moves at once over events that its subscriber does not want.
  private static let strideMax: Int64 = 1000
  private static let secondsMax = 20
  /// A server that is killed keeps a cursor no longer; who delivers says so more often.
  private static let leaseSeconds: Int32 = 6
  private static let ofCompanyMax: Int64 = 2
  /// A subscriber that was away so often, some minutes long, is tried with the next event too.
  private static let absencesMax: Int32 = 10
  static let attemptsMax: Int32 = 20
  /// Events that tell of events that tell of events: a circle.
  static let hopsMax: Int16 = 16

  func run() async throws {
    guard !subscribers.names.isEmpty else { return try await gracefulShutdown() }
    let rings = moved.rings()
    await cancelWhenGracefulShutdown {
      await withDiscardingTaskGroup { group in
        group.addTask {
          while !Task.isCancelled {
            moved.ring()
            try? await Task.sleep(for: .seconds(1))
          }
        }
        let running = Running()
        for await _ in rings {
          while running.count.load(ordering: .relaxed) < subscribers.atOnceMax, let lease = await attempt({ try await takeLease() }) ?? nil
          {
            running.count.add(1, ordering: .relaxed)
            group.addTask {
              let isDone = await attempt { try await deliver(lease) } != nil
              running.count.subtract(1, ordering: .relaxed)
              if isDone { moved.ring() }
            }
          }
        }
      }
    }
  }

  private func attempt<Result>(_ body: () async throws -> Result) async -> Result? {
    do {
      return try await body()
    } catch {
      // The database is away: calls report that, and the next round tries again.
      if !Task.isCancelled { logger.warning("deliveries wait", metadata: ["error": "\(error)"]) }
      return nil
    }
  }

  /// Of the cursors that are behind, that which was served longest ago. Leases and times of retry go by the database's clock.
  private func takeLease() async throws -> Lease? {
    let (now, begun, id) = (clock.now, ContinuousClock.now, UUID())
    let isOfKind = "substring(d.subscriber, '^[^/]*/?') = ANY ($1)"
    let found = try await pool.host(
      """
      UPDATE host.cursor c SET lease_until = now() + $2 * interval '1 s', leased_by = $4
        FROM host.tenant t, host.event_tail e
       WHERE (t.tenant_id, e.tenant_id) = (c.tenant_id, c.tenant_id) AND (c.tenant_id, c.subscriber) = (
             SELECT d.tenant_id, d.subscriber
               FROM host.cursor d JOIN host.event_tail g USING (tenant_id) JOIN host.tenant a USING (tenant_id)
              WHERE (d.position < g.last OR d.retry_at <= now()) AND d.lease_until <= now() AND a.state = 'active' AND \(isOfKind)
                AND (SELECT count(*) FROM host.cursor x
                      WHERE x.tenant_id = d.tenant_id AND x.leased_by IS NOT NULL AND x.lease_until > now()
                        AND starts_with(x.subscriber, 'webhook/') = starts_with(d.subscriber, 'webhook/')) < $5
              ORDER BY d.lease_until LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
      RETURNING c.subscriber, \(Tenant.columns), c.position, e.last, c.retry_at <= now(),
                c.failures, ($3 AT TIME ZONE t.time_zone)::date::text
      """,
      [
        .texts(subscribers.names), .int4(Self.leaseSeconds), .timestamptz(now), .uuid(id), .int8(Self.ofCompanyMax),
      ]
    ).map { row in
      (
        name: try row.text(), tenant: try Tenant(row: &row), position: try row.int8(), last: try row.int8(), hasDue: try row.bool(),
        failures: try row.int4(), today: try row.text()
      )
    }.first
    guard let found else { return nil }
    guard let subscriber = try await subscribers.subscriber(found.name, of: found.tenant, today: found.today, now: now) else {
      // It waits until somebody makes it one that can be told.
      _ = try await pool.host(
        "UPDATE host.cursor SET lease_until = 'infinity', leased_by = NULL WHERE (tenant_id, subscriber, leased_by) = ($1, $2, $3)",
        [.int4(found.tenant.id), .text(found.name), .uuid(id)])
      return try await takeLease()
    }
    return Lease(
      subscriber: subscriber, tenant: found.tenant, id: id, position: found.position, last: found.last, hasDue: found.hasDue,
      failures: found.failures, begun: begun)
  }

  /// Delivers a batch, and says every two seconds that it does.
  private func deliver(_ lease: Lease) async throws {
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await deliverBatch(lease) }
        group.addTask { try await prolong(lease) }
        defer { group.cancelAll() }
        try await group.next()
      }
    } catch {
      await lease.subscriber.close()
      throw error
    }
    await lease.subscriber.close()
  }

  /// Ends when somebody else has it.
  private func prolong(_ lease: Lease) async throws {
    while true {
      try await Task.sleep(for: .seconds(2))
      let prolonged = try await pool.host(
        """
        UPDATE host.cursor SET lease_until = now() + $4 * interval '1 s' WHERE (tenant_id, subscriber, leased_by) = ($1, $2, $3)
        """, [.int4(lease.tenant.id), .text(lease.subscriber.name), .uuid(lease.id), .int4(Self.leaseSeconds)])
      guard prolonged.affected == 1 else { return }
    }
  }

  private func deliverBatch(_ lease: Lease) async throws {
    if lease.hasDue, try await !retryDue(lease) { return }
    var parked: [(event: DeliveredEvent, error: String?)] = []
    var aggregates: Set<String> = []
    // Of a subscriber that is away for long one event a round is parked, so that one that always says so does not hold up the others for ever.
    var mayPark = lease.failures >= Self.absencesMax
    let end = min(lease.last, lease.position + Self.strideMax)  // each is at most 10^16
    let events = try await events(after: lease.position, to: end, lease)
    // Those that are not wanted are passed over with the wanted one before them.
    var position = events.count < Self.eventsMax ? end : (events.last?.sequence ?? end)
    var absence: String?
    var hasTold = false
    for event in events {
      if ContinuousClock.now > lease.begun + .seconds(Self.secondsMax) || Task.isCancelled {
        position = event.sequence - 1
        break
      }
      if event.isParked || aggregates.contains(event.aggregate) {
        parked.append((event, nil))
        continue
      }
      switch await tell(event, lease) {
      case .done:
        hasTold = true
        continue
      case .refused(let why):
        parked.append((event, why))
        aggregates.insert(event.aggregate)
        continue
      case .away(let why) where mayPark:
        mayPark = false
        parked.append((event, why))
        aggregates.insert(event.aggregate)
        continue
      case .away(let why): absence = why
      case .changed: break
      }
      position = event.sequence - 1
      break
    }
    try await settle(lease, position: position, parked, absence, hasTold: hasTold)
  }

  /// Tries those again that are due, the first of each aggregate, and with it those behind it.
  ///
  /// - Returns: whether there is time for others.
  private func retryDue(_ lease: Lease) async throws -> Bool {
    while !Task.isCancelled, let event = try await nextDue(lease) {
      switch await tell(event, lease) {
      case .done:
        try await asTenant(
          lease,
          .init(
            "DELETE FROM host.delivery WHERE (subscriber, sequence) = ($1, $2)", [.text(lease.subscriber.name), .int8(event.sequence)]),
          .init(
            """
            UPDATE host.delivery SET retry_at = now() WHERE subscriber = $1 AND aggregate = $2 AND attempts = 0
            """, [.text(lease.subscriber.name), .text(event.aggregate)]))
      case .refused(let why): try await retryLater(event, lease, why, mayDie: true)
      // Others do not wait for it, and it is not given up: when the subscriber is there again it is told.
      case .away(let why): try await retryLater(event, lease, why, mayDie: false)
      case .changed:
        try await settle(lease, position: lease.position, [], nil)
        return false
      }
      if ContinuousClock.now > lease.begun + .seconds(Self.secondsMax) {
        try await settle(lease, position: lease.position, [], nil)
        return false
      }
    }
    return true
  }

  private func retryLater(_ event: DeliveredEvent, _ lease: Lease, _ why: String, mayDie: Bool) async throws {
    try await asTenant(
      lease,
      .init(
        """
        UPDATE host.delivery SET attempts = attempts + 1, error = $3, dead = $4 AND attempts + 1 >= $5 OR $6,
               trying_until = '0001-01-01Z', retry_at = now() + least(3600, 2 ^ least(attempts, 12)) * interval '1 s'
         WHERE (subscriber, sequence) = ($1, $2)
        """,
        [
          .text(lease.subscriber.name), .int8(event.sequence), .text(why), .bool(mayDie), .int4(Self.attemptsMax),
          .bool(event.hops >= Self.hopsMax),
        ]))
  }

  private func tell(_ event: DeliveredEvent, _ lease: Lease) async -> DeliveryOutcome {
    guard event.hops < Self.hopsMax else { return .refused("\(event.hops) events tell of each other in turn: a circle") }
    return await lease.subscriber.tell(event)
  }

  private func events(after position: Int64, to end: Int64, _ lease: Lease) async throws -> [DeliveredEvent] {
    let types = Array(Set(lease.subscriber.types))
    return try await asTenant(
      lease,
      .init(
        """
        SELECT \(DeliveredEvent.columns), EXISTS (SELECT FROM host.delivery d WHERE (d.subscriber, d.aggregate) = ($1, e.aggregate)) FROM host.event e
         WHERE e.sequence > $2 AND e.sequence <= $3 AND e.type = ANY ($4) ORDER BY e.sequence LIMIT $5
        """,
        [.text(lease.subscriber.name), .int8(position), .int8(end), .texts(types), .int8(Self.eventsMax)])
    )[0].map(DeliveredEvent.init(row:))
  }

  private func nextDue(_ lease: Lease) async throws -> DeliveredEvent? {
    try await asTenant(
      lease,
      .init(
        """
        WITH due AS (
          SELECT f.sequence FROM (
            SELECT DISTINCT ON (d.aggregate) d.sequence, d.retry_at, d.dead FROM host.delivery d WHERE d.subscriber = $1
             ORDER BY d.aggregate, d.sequence) f
           WHERE f.retry_at <= now() AND NOT f.dead AND EXISTS (SELECT FROM host.event e WHERE e.sequence = f.sequence)
           ORDER BY f.sequence LIMIT 1),
        trying AS (
          UPDATE host.delivery d SET trying_until = now() + $2 * interval '1 s' FROM due WHERE (d.subscriber, d.sequence) = ($1, due.sequence)
          RETURNING d.sequence)
        SELECT \(DeliveredEvent.columns), true FROM host.event e JOIN trying USING (sequence)
        """, [.text(lease.subscriber.name), .int4(Self.leaseSeconds)])
    )[0].map(DeliveredEvent.init(row:)).first
  }

  /// Gives the lease back; with it goes what was delivered, and what is parked.
  private func settle(
    _ lease: Lease, position: Int64, _ parked: [(event: DeliveredEvent, error: String?)], _ absence: String?, hasTold: Bool = false
  ) async throws {
    let name = lease.subscriber.name
    if let absence {
      logger.warning("a subscriber waits", metadata: ["subscriber": "\(name)", "tenant": "\(lease.tenant.name)", "error": "\(absence)"])
    }
    for (event, error) in parked {
      if let error {
        logger.error(
          "an event was refused, and is tried again",
          metadata: ["subscriber": "\(name)", "tenant": "\(lease.tenant.name)", "sequence": "\(event.sequence)", "error": "\(error)"])
      }
    }
    let settled = try await asTenant(
      lease,
      .init(
        """
        INSERT INTO host.delivery (subscriber, sequence, aggregate, attempts, retry_at, dead, error)
        SELECT $1, u.sequence, u.aggregate, (u.error IS NOT NULL)::int, now() + (u.error IS NOT NULL)::int * interval '1 s', u.dead, coalesce(u.error, '')
          FROM unnest($2::int8[], $3::text[], $4::text[], $5::bool[]) u (sequence, aggregate, error, dead)
         WHERE EXISTS (SELECT FROM host.cursor WHERE (tenant_id, subscriber, leased_by) = ($6, $1, $7))
        ON CONFLICT DO NOTHING
        """,
        [
          .text(name), .int8s(parked.map(\.event.sequence)), .texts(parked.map(\.event.aggregate)), .texts(parked.map(\.error)),
          .bools(parked.map { $0.event.hops >= Self.hopsMax }), .int4(lease.tenant.id), .uuid(lease.id),
        ]),
      .init(
        """
        UPDATE host.cursor SET position = greatest(position, $3), leased_by = NULL, failures = CASE WHEN NOT $4 THEN 0 WHEN $7 THEN 1 ELSE failures + 1 END,
               lease_until = now() + CASE WHEN $4 THEN least($6, 2 ^ CASE WHEN $7 THEN 0 ELSE least(failures, 12) END) * (1 + random() / 4) ELSE 0 END * interval '1 s',
               retry_at = coalesce((
                 SELECT min(f.retry_at) FROM (
                   SELECT DISTINCT ON (d.aggregate) d.sequence, d.retry_at, d.dead FROM host.delivery d WHERE d.subscriber = $2
                    ORDER BY d.aggregate, d.sequence) f
                  WHERE NOT f.dead AND EXISTS (SELECT FROM host.event e WHERE e.sequence = f.sequence)), 'infinity')
         WHERE (tenant_id, subscriber, leased_by) = ($1, $2, $5)
        """,
        [
          .int4(lease.tenant.id), .text(name), .int8(position), .bool(absence != nil), .uuid(lease.id),
          .int4(subscribers.absenceSecondsMax), .bool(hasTold),
        ]))
    if settled[1].affected == 1 { try await lease.subscriber.end() }
  }

  @discardableResult
  private func asTenant(_ lease: Lease, _ statements: Remit_Plugin_V1_Statement...) async throws -> [Remit_Plugin_V1_Rows] {
    try await pool.host(statements, as: lease.tenant.id)
  }
}
