import FoundationEssentials
import Logging
import RemitAPI
import RemitPostgres
import ServiceLifecycle
import SwiftProtobuf

/// Calls the methods that modules want called at certain times, for each company. Several remitd share the jobs: who finds one due takes its lease. A
/// job is an ordinary call whose request id is made of its name and time, so that a repeat does not do it twice; times that were missed are caught up
/// once; what fails is tried again when its lease runs out.
struct JobRunner: Service {
  private struct Job {
    let plugin: Plugin
    let name: String
    let schedule: CronSchedule
    let method: ServedMethod

    /// All of its own module, and of those that it says it calls; of the host's nothing: nobody is asked who might give it.
    var permissions: PermissionSet {
      PermissionSet(
        ([plugin.name] + plugin.manifest.calls.compactMap { $0.split(separator: ".").dropFirst().first.map(String.init) })
          .filter { $0 != "platform" }.map { "\($0).*" }
      )
    }
  }

  private struct Lease {
    let job: Job
    let tenant: Tenant
    let dueAt: Google_Protobuf_Timestamp
    let today: CivilDate
    let minute: Int
    let now: Google_Protobuf_Timestamp
  }

  private let jobs: [String: Job]
  private let calls: Calls
  private let pool: Pool
  private let metrics: JobMetrics
  private let logger: Logger

  init(plugins: [Plugin], calls: Calls, pool: Pool, metrics: JobMetrics, logger: Logger) {
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
    self.metrics = metrics
    self.logger = logger
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do {
          try await addMissing()
          while !Task.isCancelled, let lease = try await takeLease() { await run(lease) }
        } catch {
          // The database is away: calls report that, and the next round tries again.
          logger.warning("jobs wait", metadata: ["error": "\(error)"])
        }
        // Cancelled at shutdown: then the loop ends.
        try? await Task.sleep(for: .seconds(5))
      }
    }
  }

  /// A company that has no row for a job is new, or the job is: it is due at once.
  private func addMissing() async throws {
    let pairs = jobs.map { ($0.value.plugin.name, $0.value.name) }
    _ = try await query(
      """
      INSERT INTO host.job (tenant_id, module, name, due_at)
      SELECT t.tenant_id, j.module, j.name, now() FROM host.tenant t, unnest($1::text[], $2::text[]) j (module, name)
       WHERE t.state = 'active' AND t.tenant_id <> 0 AND NOT EXISTS (
             SELECT FROM host.job o WHERE (o.tenant_id, o.module, o.name) = (t.tenant_id, j.module, j.name))
      ON CONFLICT DO NOTHING
      """, [.texts(pairs.map(\.0)), .texts(pairs.map(\.1))])
  }

  private func takeLease() async throws -> Lease? {
    try await query(
      """
      UPDATE host.job j SET lease_until = now() + interval '30 s' FROM host.tenant t
       WHERE t.tenant_id = j.tenant_id AND (j.tenant_id, j.module, j.name) = (
             SELECT d.tenant_id, d.module, d.name FROM host.job d JOIN host.tenant a USING (tenant_id)
              WHERE d.due_at <= now() AND d.lease_until <= now() AND a.state = 'active' AND d.module || '/' || d.name = ANY ($1)
              ORDER BY d.due_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
      RETURNING j.module || '/' || j.name, t.tenant_id, t.slug, t.base_currency, t.time_zone, t.locale, j.due_at,
                (now() AT TIME ZONE t.time_zone)::date, to_char(now() AT TIME ZONE t.time_zone, 'HH24')::int * 60
                + to_char(now() AT TIME ZONE t.time_zone, 'MI')::int, now()
      """, [.texts(Array(jobs.keys))]
    ).map { row in
      guard let job = jobs[try row.text()] else { throw CallError(.internal, "JOB", "the database gave a job that was not asked for") }
      let tenant = Tenant(
        id: try row.int4(), name: try row.text(), baseCurrency: try row.text(), timeZone: try row.text(), locale: try row.text())
      return Lease(
        job: job, tenant: tenant, dueAt: try row.timestamptz(), today: try row.date(), minute: Int(try row.int4()),
        now: try row.timestamptz())
    }.first
  }

  private func run(_ lease: Lease) async {
    let job = lease.job
    let caller = Caller(
      tenant: lease.tenant, keyID: "", principal: "job \(job.name)", roles: [], permissions: job.permissions,
      businessDate: "\(lease.today)")
    let order = CallOrder(
      method: job.method, caller: caller, requestID: "job/\(job.plugin.name)/\(job.name)/\(lease.dueAt.seconds).\(lease.dueAt.nanos)",
      request: [],
      now: lease.now,
      deadline: .now + .seconds(25))
    do {
      let endpoint = Endpoint(method: job.method, provider: .plugin(job.plugin))
      _ = try await calls.perform(endpoint, handle: CallHandle(), trace: nil) {
        try Calls.requirePermission(job.method, caller)
        return (order, nil)
      }.result.get()
      metrics.ran(job.plugin.name, job.name, failed: false)
      guard let next = job.schedule.next(after: lease.today, lease.minute) else { return }
      let minute = "\(next.day) \(next.minute / 60):\(next.minute % 60)"
      _ = try await query(
        """
        UPDATE host.job SET due_at = greatest($1::timestamp AT TIME ZONE $2, now()), lease_until = '-infinity'
         WHERE (tenant_id, module, name) = ($3, $4, $5)
        """, [.text(minute), .text(lease.tenant.timeZone), .int4(lease.tenant.id), .text(job.plugin.name), .text(job.name)])
    } catch {
      metrics.ran(job.plugin.name, job.name, failed: true)
      logger.error(
        "a job failed, and is tried again", metadata: ["job": "\(job.name)", "tenant": "\(lease.tenant.name)", "error": "\(error)"])
    }
  }

  private func query(_ sql: String, _ parameters: [Parameter]) async throws -> Remit_Plugin_V1_Rows {
    Remit_Plugin_V1_Rows(try await pool.run([Statement(Remit_Plugin_V1_Statement(sql, parameters), scope: "host")])[0])
  }
}
