import CPostgres

/// What is needed to have the server give up a connection's statement, from another thread.
final class Canceller: @unchecked Sendable {
  /// Of libpq: used by one thread at a time.
  private let handle: OpaquePointer?

  init(_ connection: OpaquePointer) { handle = PQgetCancel(connection) }

  deinit { PQfreeCancel(handle) }

  /// Blocks until the server has taken the request.
  func cancel() {
    var error = [CChar](repeating: 0, count: 256)
    // Where it cannot be asked, the statement ends at its own time limit.
    _ = PQcancel(handle, &error, Int32(error.count))
  }
}
