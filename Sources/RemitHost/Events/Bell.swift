import Synchronization

/// Tells those who wait that there is something to do, and for which companies; rings that come while one does not wait are one for it.
final class Bell: Sendable {
  private let tenants = Mutex<Set<Int32>>([])
  private let listeners = Mutex<[AsyncStream<Void>.Continuation]>([])

  /// One a ring, or several; it ends when the task that waits is cancelled.
  func rings() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    listeners.withLock { $0.append(continuation) }
    return stream
  }

  func ring(_ tenant: Int32? = nil) {
    if let tenant { tenants.withLock { _ = $0.insert(tenant) } }
    for listener in listeners.withLock({ $0 }) { listener.yield() }
  }

  /// The companies for which it rang since it was asked last.
  func take() -> Set<Int32> {
    tenants.withLock { tenants in
      defer { tenants = [] }
      return tenants
    }
  }
}
