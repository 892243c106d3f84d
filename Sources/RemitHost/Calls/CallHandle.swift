import Synchronization

/// Lets whoever waits cancel the call, also before it was admitted.
final class CallHandle: Sendable {
  private typealias End = @Sendable (PluginCall.Ending) -> Void
  private let state = Mutex<(end: End?, deadline: ContinuousClock.Instant, isCancelled: Bool)>((nil, .now, false))

  func holds(until deadline: ContinuousClock.Instant, _ end: @escaping @Sendable (PluginCall.Ending) -> Void) {
    let isCancelled = state.withLock { state in
      state.end = end
      state.deadline = deadline
      return state.isCancelled
    }
    if isCancelled { end(.cancelled) }
  }

  func isOverdue(at now: ContinuousClock.Instant) -> Bool { state.withLock { $0.end != nil && $0.deadline <= now } }

  func cancel() {
    let (end, deadline) = state.withLock { state in
      state.isCancelled = true
      return (state.end, state.deadline)
    }
    // The transport reports a passed deadline as a cancellation too; the call's own clock tells which it is.
    end?(deadline <= .now + .milliseconds(5) ? .deadlinePassed : .cancelled)
  }
}
