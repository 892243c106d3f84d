import FoundationEssentials
import Logging
import RemitAPI
import RemitPostgres
import ServiceLifecycle
import SwiftProtobuf

/// Calls the methods that modules want called at certain times, for each company. Several remitd share the jobs: who finds one due takes its lease. A
/// job is an ordinary call whose request id is made of its name and time, so that a repeat does not do it twice; times that were missed are caught up
/// once; what fails is tried again later and later, up to an hour. Several run at once, so that a long one does not hold up the others.
struct JobRunner: Service {
  private struct Job {
    let plugin: Plugin
    let name: String
    let schedule: CronSchedule
    let method: ServedMethod

    /// A little longer than it may run.
    var leaseSeconds: Int32 { Int32(clamping: method.timeout.components.seconds + 5) }
  }

  private struct Lease {
    let job: Job
    let tenant: Tenant
    let dueAt: Google_Protobuf_Timestamp
    let today: CivilDate
    let minute: Int
    let now: Google_Protobuf_Timestamp
    /// When that was.
    let begun: ContinuousClock.Instant
  }

  private let jobs: [String: Job]
  private let calls: Calls
  private let pool: Pool
  private let clock: Clock
  private let metrics: JobMetrics
  private let logger: Logger

  private static let atOnceMax = 4

  init(plugins: [Plugin], calls: Calls, pool: Pool, clock: Clock, metrics: JobMetrics, logger: Logger) {
    var jobs: [String: Job] = [:]
    for plugin in plugins {
      for job in plugin.manifest.jobs {
        // Checked with the manifest.
        guard let schedule = CronSchedule(job.schedule), let method = plugin.methods.first(where: { $0.path == job.method }) else {
          continue
        }
        jobs["\(plugin.name)/\(job.name)"] = Job(plugin: plugin, name: job.name, schedule: schedule, method: method)
      }
    }
    self.jobs = jobs
    self.calls = calls
    self.pool = pool
    self.clock = clock
    self.metrics = metrics
    self.logger = logger
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup { group in
        group.addTask { await again { try await addMissing() } }
        for _ in 0..<Self.atOnceMax {
          group.addTask { await again { while !Task.isCancelled, let lease = try await takeLease() { await run(lease) } } }
        }
      }
    }
  }

  /// Does it every five seconds until the shutdown.
  private func again(_ body: () async throws -> Void) async {
    while !Task.isCancelled {
      do {
        try await body()
      } catch {
        // The database is away: calls report that, and the next round tries again. At shutdown it is closed.
        guard !Task.isCancelled else { return }
        logger.warning("jobs wait", metadata: ["error": "\(error)"])
      }
      // Cancelled at shutdown: then the loop ends.
      try? await Task.sleep(for: .seconds(5))
    }
  }

  /// A company that has no row for a job is new, or the job is: it is due at once.
  private func addMissing() async throws {
    let pairs = jobs.map { ($0.value.plugin.name, $0.value.name) }
    _ = try await pool.host(
      """
      INSERT INTO host.job (tenant_id, module, name, due_at)
      SELECT t.tenant_id, j.module, j.name, $3 FROM host.tenant t, unnest($1::text[], $2::text[]) j (module, name)
       WHERE t.state = 'active' AND t.tenant_id <> 0 AND NOT EXISTS (
             SELECT FROM host.job o WHERE (o.tenant_id, o.module, o.name) = (t.tenant_id, j.module, j.name))
      ON CONFLICT DO NOTHING
      """, [.texts(pairs.map(\.0)), .texts(pairs.map(\.1)), .timestamptz(clock.now)])
  }

  /// Leases go by the database's clock, times that are due by companies'.
  private func takeLease() async throws -> Lease? {
    let (now, begun) = (clock.now, ContinuousClock.now)
    let names = Array(jobs.keys)
    return try await pool.host(
      """
      UPDATE host.job j SET lease_until = now() + s.seconds * interval '1 s'
        FROM host.tenant t, unnest($1::text[], $2::int[]) s (job, seconds)
       WHERE t.tenant_id = j.tenant_id AND s.job = j.module || '/' || j.name AND (j.tenant_id, j.module, j.name) = (
             SELECT d.tenant_id, d.module, d.name FROM host.job d JOIN host.tenant a USING (tenant_id)
              WHERE d.due_at <= $3 AND d.lease_until <= now() AND a.state = 'active' AND d.module || '/' || d.name = ANY ($1)
              ORDER BY d.due_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
      RETURNING j.module || '/' || j.name, \(Tenant.columns), j.due_at,
                ($3 AT TIME ZONE t.time_zone)::date, to_char($3 AT TIME ZONE t.time_zone, 'HH24')::int * 60
                + to_char($3 AT TIME ZONE t.time_zone, 'MI')::int, $3
      """,
      [
        .texts(names), .int4s(names.map { (jobs[$0]?.leaseSeconds ?? 30) }), .timestamptz(now),
      ]
    ).map { row in
      guard let job = jobs[try row.text()] else { throw CallError(.internal, "JOB", "the database gave a job that was not asked for") }
      return Lease(
        job: job, tenant: try Tenant(row: &row), dueAt: try row.timestamptz(), today: try row.date(), minute: Int(try row.int4()),
        now: try row.timestamptz(), begun: begun)
    }.first
  }

  private func run(_ lease: Lease) async {
    let job = lease.job
    let caller = Caller("job \(job.name)", of: job.plugin, for: lease.tenant, today: "\(lease.today)")
    let order = CallOrder(
      method: job.method, caller: caller, requestID: "job/\(job.plugin.name)/\(job.name)/\(lease.dueAt.seconds).\(lease.dueAt.nanos)",
      request: [],
      now: lease.now,
      deadline: lease.begun + job.method.timeout)
    do {
      let endpoint = Endpoint(method: job.method, provider: .plugin(job.plugin))
      _ = try await calls.perform(endpoint, handle: CallHandle(), trace: nil) {
        try Calls.requirePermission(job.method, caller)
        return (order, nil)
      }.result.get()
      metrics.ran(job.plugin.name, job.name, failed: false)
      guard let next = job.schedule.next(after: lease.today, lease.minute) else { return }
      let minute = "\(next.day) \(next.minute / 60):\(next.minute % 60)"
      _ = try await pool.host(
        """
        UPDATE host.job SET due_at = greatest($1::timestamp AT TIME ZONE $2, $6), lease_until = '-infinity', failures = 0
         WHERE (tenant_id, module, name) = ($3, $4, $5)
        """,
        [
          .text(minute), .text(lease.tenant.timeZone), .int4(lease.tenant.id), .text(job.plugin.name), .text(job.name),
          .timestamptz(lease.now),
        ])
    } catch {
      metrics.ran(job.plugin.name, job.name, failed: true)
      // Where this is not done, the lease runs out.
      _ = try? await pool.host(
        """
        UPDATE host.job SET failures = failures + 1, lease_until = now() + least(3600, 15 * 2 ^ least(failures + 1, 10)) * interval '1 s'
         WHERE (tenant_id, module, name) = ($1, $2, $3)
        """, [.int4(lease.tenant.id), .text(job.plugin.name), .text(job.name)])
      logger.error(
        "a job failed, and is tried again", metadata: ["job": "\(job.name)", "tenant": "\(lease.tenant.name)", "error": "\(error)"])
    }
  }
}
