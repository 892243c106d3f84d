import Glibc

/// Two threads for methods that compute for long, such as reading a large file: Swift's own threads, on which all other calls go on, are as few as the
/// machine has cores.
final class LongWork: TaskExecutor, @unchecked Sendable {
  static let shared = LongWork()

  private static let threads = 2

  /// A lock, what waits, and a condition that says when something does; they live as long as the process.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [UnownedJob] = []

  private init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
    for _ in 0..<Self.threads {
      var thread = pthread_t()
      // Without a thread they would wait for ever: no plugin can be loaded then.
      let status = pthread_create(
        &thread, nil,
        { pointer in
          if let pointer { Unmanaged<LongWork>.fromOpaque(pointer).takeUnretainedValue().work() }
          return nil
        }, Unmanaged.passRetained(self).toOpaque())
      precondition(status == 0, "no thread can be started")
      pthread_detach(thread)
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    pthread_mutex_lock(mutex)
    jobs.append(job)
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  private func work() -> Never {
    while true {
      pthread_mutex_lock(mutex)
      while jobs.isEmpty { pthread_cond_wait(condition, mutex) }
      let job = jobs.removeFirst()
      pthread_mutex_unlock(mutex)
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
