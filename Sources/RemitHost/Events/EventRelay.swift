import Logging
import RemitAPI
import RemitPostgres
import ServiceLifecycle

/// Gives committed events their place: a dense sequence for each company, which a writer cannot take without holding up all others until it commits. Any
/// remitd does it, at once after its own commits and else every second; the company's row of host.event_tail is the lock.
struct EventRelay: Service {
  let pool: Pool
  /// Rings when a call of this process told something.
  let told: Bell
  /// Rung when there is something to deliver.
  let moved: Bell
  let logger: Logger

  private static let eventsMax = 500
  /// How long events are kept that all subscribers were told of.
  private static let daysKept: Int32 = 30

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup { group in
        group.addTask {
          while !Task.isCancelled {
            await attempt { for tenant in try await waiting() { told.ring(tenant) } }
            try? await Task.sleep(for: .seconds(1))
          }
        }
        group.addTask {
          for await _ in told.rings() {
            await move()
            // What many calls tell at once is placed at once.
            try? await Task.sleep(for: .milliseconds(5))
          }
        }
        group.addTask {
          while !Task.isCancelled {
            await attempt { try await forgetOld() }
            try? await Task.sleep(for: .seconds(600))
          }
        }
      }
    }
  }

  private func attempt(_ body: () async throws -> Void) async {
    do {
      try await body()
    } catch {
      // The database is away: calls report that, and the next round tries again.
      guard !Task.isCancelled else { return }
      logger.warning("events wait", metadata: ["error": "\(error)"])
    }
  }

  /// Companies with events that have no place yet.
  private func waiting() async throws -> [Int32] {
    try await pool.host(
      "SELECT tenant_id FROM host.event_tail t WHERE EXISTS (SELECT FROM host.outbox o WHERE o.tenant_id = t.tenant_id)"
    ).map { row in try row.int4() }
  }

  /// By turns, so that one with many does not hold up the others; one that cannot be done now is done in the next round.
  private func move() async {
    var left: Set<Int32> = []
    repeat {
      left.formUnion(told.take())
      for tenant in left.sorted() {
        await attempt {
          left.remove(tenant)
          if try await move(of: tenant) == Self.eventsMax { left.insert(tenant) }
        }
      }
      moved.ring()
    } while !left.isEmpty && !Task.isCancelled
  }

  /// Those that are older than they are kept, of which every subscriber was told; some thousands a company and round.
  private func forgetOld() async throws {
    for tenant in try await pool.host("SELECT tenant_id FROM host.event_tail").map({ row in try row.int4() }) {
      _ = try await pool.host(
        [
          SQL(
            """
            WITH waiting AS (SELECT subscriber, position FROM host.cursor WHERE tenant_id = $1 AND lease_until < 'infinity')
            DELETE FROM host.event WHERE sequence = ANY (ARRAY (
                   SELECT e.sequence FROM (SELECT sequence, recorded_at FROM host.event ORDER BY sequence LIMIT 5000) e
                    WHERE e.recorded_at < now() - $2 * interval '1 day'
                      AND e.sequence <= coalesce((SELECT min(position) FROM waiting), e.sequence)
                      AND NOT EXISTS (SELECT FROM host.delivery d JOIN waiting USING (subscriber) WHERE d.sequence = e.sequence)))
            """, [.int4(tenant), .int4(Self.daysKept)]),
          // What waited for a subscriber that is off.
          SQL("DELETE FROM host.delivery d WHERE NOT EXISTS (SELECT FROM host.event e WHERE e.sequence = d.sequence)"),
        ], as: tenant)
    }
  }

  /// - Returns: how many were moved. A statement of its own after the lock sees what was committed while it waited.
  private func move(of tenant: Int32) async throws -> Int {
    let results = try await pool.host(
      [
        SQL("SELECT set_config('lock_timeout', '1s', true)"),
        SQL("INSERT INTO host.event_tail (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING", [.int4(tenant)]),
        SQL("SELECT last FROM host.event_tail WHERE tenant_id = $1 FOR UPDATE", [.int4(tenant)]),
        SQL(
          """
          WITH moved AS (
            DELETE FROM host.outbox WHERE tenant_id = $1 AND id = ANY (ARRAY (
                   SELECT id FROM host.outbox WHERE tenant_id = $1 ORDER BY id LIMIT $2)) RETURNING *),
          placed AS (SELECT m.*, row_number() OVER (ORDER BY m.id) AS place FROM moved m),
          tail AS (
            UPDATE host.event_tail t SET last = t.last + c.count FROM (SELECT count(*) FROM moved) c WHERE t.tenant_id = $1 AND c.count > 0
            RETURNING t.last - c.count AS before)
          INSERT INTO host.event (tenant_id, sequence, type, aggregate, payload, hops, recorded_at, request_id)
          SELECT p.tenant_id, t.before + p.place, p.type, p.aggregate, p.payload, p.hops, p.recorded_at, p.request_id FROM placed p, tail t
          """, [.int4(tenant), .int8(Int64(Self.eventsMax))]),
      ], as: tenant)
    return Int(results[3].affected)
  }
}
