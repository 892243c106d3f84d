import RemitAPI
import Synchronization

/// The messages of a stream on their way to a client, who reads them as fast as it likes: a call goes on while they wait here, up to a bound.
final class MessageOutlet: Sendable {
  private static let waitingBytesMax = 1 << 20

  private struct State {
    var waiting: [[UInt8]] = []
    var bytes = 0
    var isWriting = false
    /// Why the client gets no more.
    var failure: (any Error)?
    /// Who waits for room, or until all is written.
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let write: @Sendable ([UInt8]) async throws -> Void
  private let state = Mutex(State())

  /// - Parameter write: gives the client one message, and waits until it may have the next.
  init(_ write: @escaping @Sendable ([UInt8]) async throws -> Void) { self.write = write }

  /// - Parameter mayWait: whether the caller can wait for the reader; else it is refused where too much waits already.
  func send(_ body: [UInt8], mayWait: Bool) async throws {
    while try !take(body) {
      guard mayWait else {
        throw CallError(
          .resourceExhausted, "STREAM_IN_TRANSACTION", "a call that holds a transaction cannot wait for a reader who does not read")
      }
      try await wait { $0.bytes >= Self.waitingBytesMax }
    }
  }

  /// Waits until the client has all that was sent.
  func drain() async throws {
    try await wait { $0.isWriting }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// False where there is no room.
  private func take(_ body: [UInt8]) throws -> Bool {
    let (taken, begins) = try state.withLock { state in
      if let failure = state.failure { throw failure }
      guard state.bytes < Self.waitingBytesMax else { return (false, false) }
      state.waiting.append(body)
      state.bytes += body.count
      defer { state.isWriting = true }
      return (true, !state.isWriting)
    }
    if begins { Task { await writeAll() } }
    return taken
  }

  private func writeAll() async {
    while true {
      let messages = state.withLock { state in
        defer { state.waiting = [] }
        if state.waiting.isEmpty { state.isWriting = false }
        return state.waiting
      }
      var failure: (any Error)?
      do { for message in messages { try await write(message) } } catch { failure = error }
      let waiters = state.withLock { state in
        state.bytes -= messages.reduce(0) { $0 + $1.count }
        if let failure { (state.failure, state.isWriting, state.waiting, state.bytes) = (failure, false, [], 0) }
        defer { state.waiters = [] }
        return state.waiters
      }
      for waiter in waiters { waiter.resume() }
      if messages.isEmpty || failure != nil { return }
    }
  }

  private func wait(while condition: @escaping @Sendable (borrowing State) -> Bool) async throws {
    while state.withLock({ $0.failure == nil && condition($0) }) {
      try Task.checkCancellation()
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let waits = state.withLock { state in
            guard state.failure == nil, condition(state), !Task.isCancelled else { return false }
            state.waiters.append(continuation)
            return true
          }
          if !waits { continuation.resume() }
        }
      } onCancel: {
        // All look again, which is rare and cheap.
        let waiters = state.withLock { state in
          defer { state.waiters = [] }
          return state.waiters
        }
        for waiter in waiters { waiter.resume() }
      }
    }
  }
}
