import Synchronization

/// How long who gave a wrong password waits for the next try.
enum SignInDelay {
  static let freeFailures = 5
  private static let secondsMax = 900

  /// Of a login: 1, 2, 4, ... seconds from the fifth failure on, at most 15 minutes.
  static func seconds(afterFailures failures: Int) -> Int {
    failures < freeFailures ? 0 : min(secondsMax, 1 << min(failures - freeFailures, 20))
  }
}

/// Failures that no row counts: of addresses, and of logins that nobody has. In memory, and bounded.
final class SignInAttempts: Sendable {
  private struct Entry {
    var failures: Int
    var until: ContinuousClock.Instant
  }

  private static let entriesMax = 10_000
  /// An entry without a failure for so long is forgotten.
  private static let memory = Duration.seconds(3600)
  private let entries = Mutex<[String: Entry]>([:])

  /// Seconds to wait; 0: none.
  func wait(_ name: String) -> Int {
    entries.withLock { entries in
      guard let entry = entries[name], entry.until > .now else { return 0 }
      return Int((entry.until - .now) / .seconds(1)) + 1
    }
  }

  /// - Parameter free: so many failures without waiting.
  func fail(_ name: String, free: Int) {
    entries.withLock { entries in
      if entries.count >= Self.entriesMax { entries = entries.filter { $0.value.until + Self.memory > .now } }
      if entries.count >= Self.entriesMax { entries.removeAll() }
      let failures = (entries[name].map { $0.until + Self.memory > .now ? $0.failures : 0 } ?? 0) + 1
      let wait = SignInDelay.seconds(afterFailures: failures - free + SignInDelay.freeFailures)
      entries[name] = Entry(failures: failures, until: .now + .seconds(wait))
    }
  }

  func succeed(_ name: String) { entries.withLock { $0[name] = nil } }
}
