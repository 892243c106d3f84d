import FoundationEssentials
import Logging
import RemitAPI
import RemitDigest
import RemitPostgres
import ServiceLifecycle
import SwiftProtobuf

/// Calls modules at the times that they asked for (`Batch.wakes`), with the key that they gave. The call takes its own row away as it commits, unless the
/// key was armed again meanwhile; what fails is tried again later and later, up to an hour. Several run at once.
struct WakeRunner: Service {
  private struct Lease {
    let module: Plugin
    let method: ServedMethod
    let tenant: Tenant
    let wakening: CallOrder.Wakening
    let today: String
    let now: Google_Protobuf_Timestamp
    let begun: ContinuousClock.Instant
  }

  private let modules: [String: (plugin: Plugin, method: ServedMethod)]
  private let calls: Calls
  private let pool: Pool
  private let clock: Clock
  private let metrics: JobMetrics
  private let logger: Logger

  private static let atOnceMax = 4
  /// Of one company, so that its slow ones do not hold up the others.
  private static let ofCompanyMax: Int64 = 2

  init(plugins: [Plugin], calls: Calls, pool: Pool, clock: Clock, metrics: JobMetrics, logger: Logger) {
    var modules: [String: (plugin: Plugin, method: ServedMethod)] = [:]
    for plugin in plugins {
      if let method = plugin.methods.first(where: { $0.path == plugin.manifest.wake }) { modules[plugin.name] = (plugin, method) }
    }
    self.modules = modules
    self.calls = calls
    self.pool = pool
    self.clock = clock
    self.metrics = metrics
    self.logger = logger
  }

  func run() async throws {
    guard !modules.isEmpty else { return try await gracefulShutdown() }
    await cancelWhenGracefulShutdown {
      await withTaskGroup { group in
        for _ in 0..<Self.atOnceMax {
          group.addTask {
            while !Task.isCancelled {
              await wakeAll()
              try? await Task.sleep(for: .seconds(1))
            }
          }
        }
      }
    }
  }

  private func wakeAll() async {
    do {
      while !Task.isCancelled, let lease = try await takeLease() { try await run(lease) }
    } catch {
      // The database is away: calls report that, and the next round tries again.
      guard !Task.isCancelled else { return }
      logger.warning("wakes wait", metadata: ["error": "\(error)"])
    }
  }

  /// Leases go by the database's clock, times that are due by companies'.
  private func takeLease() async throws -> Lease? {
    let (now, begun) = (clock.now, ContinuousClock.now)
    let names = Array(modules.keys)
    return try await pool.host(
      """
      UPDATE host.wake w SET lease_until = now() + s.seconds * interval '1 s'
        FROM host.tenant t, unnest($1::text[], $2::int[]) s (module, seconds)
       WHERE (t.tenant_id, s.module) = (w.tenant_id, w.module) AND (w.tenant_id, w.module, w.key) = (
             SELECT d.tenant_id, d.module, d.key FROM host.wake d JOIN host.tenant a USING (tenant_id)
              WHERE d.due_at <= $3 AND d.lease_until <= now() AND a.state = 'active' AND d.module = ANY ($1)
                AND (SELECT count(*) FROM host.wake x WHERE x.tenant_id = d.tenant_id AND x.lease_until > now() AND x.attempts = 0) < $4  -- others wait for their next attempt
              ORDER BY d.due_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
      RETURNING w.module, w.key, w.due_at, w.armed_at, \(Tenant.columns), ($3 AT TIME ZONE t.time_zone)::date::text
      """,
      [
        .texts(names), .int4s(names.map { Int32(clamping: (modules[$0]?.method.timeout.components.seconds ?? 30) + 5) }), .timestamptz(now),
        .int8(Self.ofCompanyMax),
      ]
    ).map { row in
      guard let module = modules[try row.text()] else {
        throw CallError(.internal, "WAKE", "the database gave a module that was not asked for")
      }
      let wakening = CallOrder.Wakening(
        module: module.plugin.name, key: try row.text(), dueAt: try row.timestamptz(), armedAt: try row.timestamptz())
      return Lease(
        module: module.plugin, method: module.method, tenant: try Tenant(row: &row), wakening: wakening, today: try row.text(), now: now,
        begun: begun)
    }.first
  }

  private func run(_ lease: Lease) async throws {
    let (plugin, wakening) = (lease.module, lease.wakening)
    let caller = Caller("wake \(plugin.name)", of: plugin, for: lease.tenant, today: lease.today)
    // Keys may be long.
    let key = Digest.hexadecimal(Array(Digest.sha256(Array(wakening.key.utf8)).prefix(16)))
    let armed = "\(wakening.armedAt.seconds).\(wakening.armedAt.nanos)"
    var order = CallOrder(
      method: lease.method, caller: caller, requestID: "wake/\(plugin.name)/\(key)/\(armed)",
      request: try Remit_Plugin_V1_Wake.with {
        $0.key = wakening.key
        $0.dueAt = wakening.dueAt
      }.serializedBytes(), now: lease.now, deadline: lease.begun + lease.method.timeout)
    order.wake = wakening
    let admitted = order
    let answer = await calls.perform(Endpoint(method: lease.method, provider: .plugin(plugin)), handle: CallHandle(), trace: nil) {
      try Calls.requirePermission(lease.method, caller)
      return (admitted, nil)
    }
    let row: [Parameter] = [.int4(lease.tenant.id), .text(plugin.name), .text(wakening.key), .timestamptz(wakening.armedAt)]
    switch answer.result {
    case .success:
      metrics.ran(plugin.name, "wake", failed: false)
      // A call that wrote nothing, or that was answered before it came here, left it.
      _ = try await pool.host("DELETE FROM host.wake WHERE (tenant_id, module, key, armed_at) = ($1, $2, $3, $4)", row)
    case .failure(let error):
      metrics.ran(plugin.name, "wake", failed: true)
      _ = try await pool.host(
        """
        UPDATE host.wake SET attempts = attempts + 1, lease_until = now() + least(3600, 2 ^ least(attempts, 12)) * interval '1 s'
         WHERE (tenant_id, module, key, armed_at) = ($1, $2, $3, $4)
        """, row)
      logger.error(
        "a wake failed, and is tried again",
        metadata: ["module": "\(plugin.name)", "key": "\(wakening.key)", "tenant": "\(lease.tenant.name)", "error": "\(error)"])
    }
  }
}
