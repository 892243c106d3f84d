import Synchronization

/// A place among the large requests, which is left once, as early as the request is done with.
final class LargePlace: Sendable {
  private let end: Mutex<(@Sendable () -> Void)?>

  init(_ end: @escaping @Sendable () -> Void) { self.end = Mutex(end) }

  func leave() {
    let end = end.withLock { end in
      defer { end = nil }
      return end
    }
    end?()
  }
}
