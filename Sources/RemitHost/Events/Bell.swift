import Synchronization

/// Tells one who waits that there is something to do, and for which companies; rings that come while nobody waits are one.
final class Bell: Sendable {
  private let tenants = Mutex<Set<Int32>>([])
  private let continuation: AsyncStream<Void>.Continuation
  /// One a ring, or several; it ends when the task that waits is cancelled.
  let rings: AsyncStream<Void>

  init() { (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  func ring(_ tenant: Int32? = nil) {
    if let tenant { tenants.withLock { _ = $0.insert(tenant) } }
    continuation.yield()
  }

  /// The companies for which it rang since it was asked last.
  func take() -> Set<Int32> {
    tenants.withLock { tenants in
      defer { tenants = [] }
      return tenants
    }
  }
}
