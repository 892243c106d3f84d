import Synchronization

/// How often jobs ran, since the start.
final class JobMetrics: Sendable {
  struct Job: Hashable, Sendable {
    let module: String
    let name: String
  }

  private let outcomes = Mutex<[Job: (done: Int, failed: Int)]>([:])

  func ran(_ module: String, _ name: String, failed: Bool) {
    outcomes.withLock { outcomes in
      var outcome = outcomes[Job(module: module, name: name)] ?? (0, 0)
      if failed { outcome.failed += 1 } else { outcome.done += 1 }
      outcomes[Job(module: module, name: name)] = outcome
    }
  }

  var all: [(job: Job, outcomes: (done: Int, failed: Int))] {
    outcomes.withLock { Array($0) }.map { ($0.key, $0.value) }.sorted { ($0.0.module, $0.0.name) < ($1.0.module, $1.0.name) }
  }
}
