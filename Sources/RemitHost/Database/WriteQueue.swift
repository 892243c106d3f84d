import RemitPostgres
import Synchronization

/// Writes that are one round trip each, on their way to the database. Those of a company and module that came while no connection was free for it go
/// together, as one transaction: one commit, which is what a write mostly waits for, for all of them. Where one of them fails nothing of them has happened, and
/// each goes alone.
///
/// Whoever finds a connection free goes alone at once, so that a single caller is neither held up nor bound to others.
final class WriteQueue: Sendable {
  enum Outcome: Sendable {
    case done([Rows])
    case failed(PostgresError)
    /// No connection was free before its deadline.
    case late
  }

  private struct Flight: Sendable {
    let statements: [Statement]
    let deadline: ContinuousClock.Instant
    /// Told which connection runs it now; nil: none any more.
    let runs: @Sendable (Connection?) -> Void
    let continuation: CheckedContinuation<Outcome, Never>

    func end(_ outcome: Outcome) {
      runs(nil)
      continuation.resume(returning: outcome)
    }
  }

  /// Modules stand in lines of their own: what one has set in its transaction is no affair of another.
  private struct Key: Hashable {
    let tenant: Int32
    let module: String
  }

  private struct Line {
    var flights: [Flight] = []
    var isWatched = false
    /// How many go together: fewer after a failure, since each of them was sent twice then.
    var together = WriteQueue.togetherMax
  }

  /// More keep the locks of the first for too long.
  private static let togetherMax = 16

  private let pool: Pool
  private let lines = Mutex<[Key: Line]>([:])

  init(pool: Pool) { self.pool = pool }

  /// - Parameters:
  ///   - statements: a whole transaction, without BEGIN and COMMIT; a role that it sets is reset at its end.
  ///   - runs: told which connection runs it, so that it can be interrupted; nil: none any more.
  func run(
    _ statements: [Statement], for tenant: Int32, module: String, until deadline: ContinuousClock.Instant,
    runs: @escaping @Sendable (Connection?) -> Void
  ) async -> Outcome {
    let key = Key(tenant: tenant, module: module)
    return await withCheckedContinuation { continuation in
      let flight = Flight(statements: statements, deadline: deadline, runs: runs, continuation: continuation)
      let isFirst = lines.withLock { lines in
        lines[key, default: Line()].flights.append(flight)
        defer { lines[key]?.isWatched = true }
        return lines[key]?.isWatched == false
      }
      if isFirst { Task { await watch(key) } }
    }
  }

  /// Gives each connection that becomes free to those who wait for it, until nobody does.
  private func watch(_ key: Key) async {
    repeat {
      do throws(PostgresError) {
        let connection = try await pool.lease(for: key.tenant)
        let flights = next(key)
        Task { await run(flights, of: key, on: connection) }
      } catch {
        for flight in next(key, all: true) { flight.end(.failed(error)) }
      }
    } while goesOn(key)
  }

  private func next(_ key: Key, all: Bool = false) -> [Flight] {
    lines.withLock { lines in
      guard let line = lines[key] else { return [] }
      let count = all ? line.flights.count : min(line.together, line.flights.count)
      lines[key]?.flights.removeFirst(count)
      return Array(line.flights.prefix(count))
    }
  }

  private func goesOn(_ key: Key) -> Bool {
    lines.withLock { lines in
      let goesOn = lines[key]?.flights.isEmpty == false
      lines[key]?.isWatched = goesOn
      return goesOn
    }
  }

  private func run(_ flights: [Flight], of key: Key, on connection: Connection) async {
    // Who waited in vain leaves it to the next.
    let (late, due) = (flights.filter { $0.deadline <= .now }, flights.filter { $0.deadline > .now })
    for flight in late { flight.end(.late) }
    for flight in due { flight.runs(connection) }
    do throws(PostgresError) {
      let separator = due.count > 1 ? [Statement("RESET ROLE")] : []
      let results = try await due.isEmpty ? [] : connection.run(due.flatMap { $0.statements + separator })
      pool.release(connection, of: key.tenant)
      adjust(key) { min(Self.togetherMax, $0 + 1) }
      var first = 0
      for flight in due {
        flight.end(.done(Array(results[first..<first + flight.statements.count])))
        first += flight.statements.count + separator.count
      }
    } catch {
      pool.release(connection, of: key.tenant)
      guard due.count > 1 else { return due.forEach { $0.end(.failed(error)) } }
      adjust(key) { max(1, $0 / 2) }
      for flight in due {
        flight.runs(nil)
        Task { await alone(flight, of: key) }
      }
    }
  }

  private func adjust(_ key: Key, _ change: (Int) -> Int) {
    lines.withLock { lines in
      guard let together = lines[key]?.together else { return }
      lines[key]?.together = change(together)
    }
  }

  private func alone(_ flight: Flight, of key: Key) async {
    do throws(PostgresError) {
      let connection = try await pool.lease(for: key.tenant)
      await run([flight], of: key, on: connection)
    } catch {
      flight.end(.failed(error))
    }
  }
}
