import Synchronization

/// A fixed number of connections, lent one transaction at a time, in the order asked for. Lost ones are replaced when next needed, so that
/// a database that was away is used again without a restart.
public final class Pool: Sendable {
  private enum Grant: Sendable {
    case connection(Connection)
    /// Nobody uses this place: make a connection.
    case place
    case closed
  }

  private struct State {
    var idle: [Connection] = []
    var taken = 0
    var waiters: [CheckedContinuation<Grant, Never>] = []
    var isClosed = false
  }

  private let url: String
  private let size: Int
  private let state = Mutex(State())

  /// - Parameter url: a libpq connection string.
  public init(url: String, size: Int = 8) {
    self.url = url
    self.size = size
  }

  /// Waits for a free connection. It must be given back by `release`.
  public func lease() async throws(PostgresError) -> Connection {
    let grant: Grant = await withCheckedContinuation { continuation in
      let grant: Grant? = state.withLock { state in
        if state.isClosed { return .closed }
        guard state.taken < size else {
          state.waiters.append(continuation)
          return nil
        }
        state.taken += 1
        while let connection = state.idle.popLast() {
          if connection.isReusable { return .connection(connection) }
          connection.close()
        }
        return .place
      }
      if let grant { continuation.resume(returning: grant) }
    }
    switch grant {
    case .connection(let connection): return connection
    case .closed: throw PostgresError(.closed, "the database connections are closed")
    case .place:
      do {
        return try await Connection.open(url: url)
      } catch {
        pass(on: .place)
        throw error
      }
    }
  }

  /// Gives a connection back. One with an open transaction is closed, which rolls back.
  public func release(_ connection: Connection) {
    if connection.isReusable {
      pass(on: .connection(connection))
    } else {
      connection.close()
      pass(on: .place)
    }
  }

  /// Runs one transaction in one round trip on a free connection.
  @discardableResult
  public func run(_ statements: [Statement]) async throws(PostgresError) -> [Rows] {
    let connection = try await lease()
    defer { release(connection) }
    return try await connection.run(statements)
  }

  /// How many connections there can be, and how many are lent now.
  public var use: (size: Int, inUse: Int) { state.withLock { (size, $0.taken) } }

  public func close() {
    let (idle, waiters) = state.withLock { state in
      state.isClosed = true
      defer { (state.idle, state.waiters) = ([], []) }
      return (state.idle, state.waiters)
    }
    for connection in idle { connection.close() }
    for waiter in waiters { waiter.resume(returning: .closed) }
  }

  private func pass(on grant: Grant) {
    let waiter: CheckedContinuation<Grant, Never>? = state.withLock { state in
      if !state.waiters.isEmpty { return state.waiters.removeFirst() }
      state.taken -= 1
      if case .connection(let connection) = grant {
        state.isClosed ? connection.close() : state.idle.append(connection)
      }
      return nil
    }
    waiter?.resume(returning: grant)
  }
}
