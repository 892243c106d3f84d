import Synchronization

/// Where calls are made that the host's own methods make beside their own; set when there are some.
final class CallsToCome: Sendable {
  private let state = Mutex<(calls: Calls, clock: Clock)?>(nil)

  func come(_ calls: Calls, _ clock: Clock) { state.withLock { $0 = (calls, clock) } }

  var known: (calls: Calls, clock: Clock)? { state.withLock { $0 } }
}
