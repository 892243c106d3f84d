import FoundationEssentials
import RemitAPI
import RemitPostgres

/// What an administrator's tools ask a running remitd: its metrics, whether it lives, whether it can serve.
struct Operations: Sendable {
  let plugins: LoadedPlugins
  let pool: Pool
  let calls: CallMetrics
  let jobs: JobMetrics
  let health: Health
  private let startedAt = Date().timeIntervalSince1970

  init(plugins: LoadedPlugins, pool: Pool, calls: CallMetrics, jobs: JobMetrics, health: Health) {
    self.plugins = plugins
    self.pool = pool
    self.calls = calls
    self.jobs = jobs
    self.health = health
  }

  /// Whether clients should be sent here, and a line for each plugin that cannot be used.
  var readiness: (isReady: Bool, text: String) {
    let problems = plugins.problems.map { "plugin \($0.plugin) cannot be used: \($0.message)\n" }.joined()
    return (
      health.isServing,
      (health.isServing ? "ready\n" : health.isDraining ? "shutting down\n" : "the database cannot be reached\n") + problems
    )
  }

  /// In the text format of Prometheus. Nothing of it tells of companies.
  var metrics: String {
    var text = PrometheusText()
    let all = calls.all.map { (labels: Self.split($0.path), series: $0.series) }
    text.metric("remit_calls_total", .counter, "Calls that ended, by gRPC status code.")
    for (labels, series) in all {
      for (code, count) in series.codes.enumerated() where count > 0 {
        text.sample("remit_calls_total", ["service": labels.service, "method": labels.method, "code": CallMetrics.codeNames[code]], count)
      }
    }
    text.metric("remit_call_duration_seconds", .histogram, "From the arrival of a call to its answer.")
    for (labels, series) in all {
      var count = 0
      for (index, bound) in (CallMetrics.bounds.map { "\($0)" } + ["+Inf"]).enumerated() {
        count += series.classes[index]
        text.sample("remit_call_duration_seconds_bucket", ["service": labels.service, "method": labels.method, "le": bound], count)
      }
      text.sample(
        "remit_call_duration_seconds_sum", ["service": labels.service, "method": labels.method], series.duration / .seconds(1))
      text.sample("remit_call_duration_seconds_count", ["service": labels.service, "method": labels.method], count)
    }
    text.metric("remit_call_round_trips_total", .counter, "Round trips to the database that calls made.")
    for (labels, series) in all {
      text.sample("remit_call_round_trips_total", ["service": labels.service, "method": labels.method], series.roundTrips)
    }
    text.gauge("remit_calls_in_flight", "Calls that have not ended.", calls.callsInFlight)
    text.metric("remit_jobs_total", .counter, "Jobs that ran for a company.")
    for (job, outcomes) in jobs.all {
      for (outcome, count) in [("done", outcomes.done), ("failed", outcomes.failed)] {
        text.sample("remit_jobs_total", ["module": job.module, "job": job.name, "outcome": outcome], count)
      }
    }
    let use = pool.use
    text.gauge("remit_pool_connections", "Connections to the database that there can be.", use.size)
    text.gauge("remit_pool_connections_in_use", "Connections that transactions hold.", use.inUse)
    text.gauge("remit_pool_waiting", "Transactions that wait for a connection.", use.waiting)
    text.gauge("remit_database_reached", "1 while the database answers.", health.reachesDatabase ? 1 : 0)
    text.metric("remit_plugin_up", .gauge, "1 for a plugin that serves, 0 for one that cannot be used.")
    for plugin in plugins.plugins { text.sample("remit_plugin_up", ["plugin": plugin.name, "version": plugin.manifest.version], 1) }
    for problem in plugins.problems { text.sample("remit_plugin_up", ["plugin": problem.plugin, "version": ""], 0) }
    ProcessUse.current.write(to: &text, startedAt: startedAt)
    return text.text
  }

  private static func split(_ path: String) -> (service: String, method: String) {
    let parts = path.split(separator: "/")
    return (String(parts.first ?? ""), String(parts.last ?? ""))
  }
}
