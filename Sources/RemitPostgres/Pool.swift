import Synchronization

/// A fixed number of connections, lent one transaction at a time. Lost ones are replaced when next needed, so that a database that was away is
/// used again without a restart.
///
/// Nobody can take them all: a holder, which is a company, gets another one only while it has fewer than twice what is free, so that the others
/// find one at once; and whoever has fewest comes first. With twelve, one alone has up to eight.
public final class Pool: Sendable {
  private enum Grant: Sendable {
    case connection(Connection)
    /// Nobody uses this place: make a connection.
    case place
    case closed
  }

  private struct Waiter {
    let holder: Int32
    let continuation: CheckedContinuation<Grant, Never>
  }

  private struct State {
    var idle: [Connection] = []
    var free: Int
    var held: [Int32: Int] = [:]
    /// In the order in which they came.
    var waiters: [Waiter] = []
    var isClosed = false

    func mayTake(_ holder: Int32) -> Bool { free > 0 && held[holder, default: 0] < max(1, 2 * free) }

    mutating func take(_ holder: Int32) -> Grant {
      free -= 1
      held[holder, default: 0] += 1
      while let connection = idle.popLast() {
        if connection.isReusable { return .connection(connection) }
        connection.close()
      }
      return .place
    }

    mutating func giveBack(_ connection: Connection?, _ holder: Int32) {
      free += 1
      held[holder] = held[holder].flatMap { $0 > 1 ? $0 - 1 : nil }
      guard let connection else { return }
      isClosed || !connection.isReusable ? connection.close() : idle.append(connection)
    }

    /// The first of those who hold fewest, if it may have one.
    mutating func nextWaiter() -> Waiter? {
      let next = waiters.indices.min { held[waiters[$0].holder, default: 0] < held[waiters[$1].holder, default: 0] }
      guard let next, mayTake(waiters[next].holder) else { return nil }
      return waiters.remove(at: next)
    }
  }

  private let url: String
  private let size: Int
  private let state: Mutex<State>

  /// - Parameter url: a libpq connection string.
  public init(url: String, size: Int = 12) {
    self.url = url
    self.size = size
    state = Mutex(State(free: size))
  }

  /// Waits for a free connection. It must be given back by `release`.
  ///
  /// - Parameter holder: the company that it is for; 0 is the installation itself.
  public func lease(for holder: Int32 = 0) async throws(PostgresError) -> Connection {
    let grant: Grant = await withCheckedContinuation { continuation in
      let grant: Grant? = state.withLock { state in
        if state.isClosed { return .closed }
        guard state.mayTake(holder) else {
          state.waiters.append(Waiter(holder: holder, continuation: continuation))
          return nil
        }
        return state.take(holder)
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
        giveBack(nil, of: holder)
        throw error
      }
    }
  }

  /// Gives a connection back. One with an open transaction is closed, which rolls back.
  ///
  /// - Parameter holder: as it was leased.
  public func release(_ connection: Connection, of holder: Int32 = 0) { giveBack(connection, of: holder) }

  /// Runs one transaction in one round trip on a free connection.
  @discardableResult
  public func run(_ statements: [Statement], for holder: Int32 = 0) async throws(PostgresError) -> [Rows] {
    let connection = try await lease(for: holder)
    defer { release(connection, of: holder) }
    return try await connection.run(statements)
  }

  /// How many connections there can be, how many are lent now, and how many transactions wait for one.
  public var use: (size: Int, inUse: Int, waiting: Int) { state.withLock { (size, size - $0.free, $0.waiters.count) } }

  public func close() {
    let (idle, waiters) = state.withLock { state in
      state.isClosed = true
      defer { (state.idle, state.waiters) = ([], []) }
      return (state.idle, state.waiters)
    }
    for connection in idle { connection.close() }
    for waiter in waiters { waiter.continuation.resume(returning: .closed) }
  }

  private func giveBack(_ connection: Connection?, of holder: Int32) {
    let granted = state.withLock { state in
      state.giveBack(connection, holder)
      var granted: [(Waiter, Grant)] = []
      while let waiter = state.nextWaiter() { granted.append((waiter, state.take(waiter.holder))) }
      return granted
    }
    for (waiter, grant) in granted { waiter.continuation.resume(returning: grant) }
  }
}
