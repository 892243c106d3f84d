import FoundationEssentials
import Logging
import RemitAPI
import RemitPostgres
import ServiceLifecycle
import Synchronization

/// Tells who listens which events there are, as they get their place: one look at the database for all listeners of a company.
final class EventFeed: Service {
  /// What is told: no content, which who may see it asks for.
  struct Told: Sendable {
    let sequence: Int64
    let type: String
    let aggregate: String
  }

  private struct Listener {
    let continuation: AsyncStream<Told>.Continuation
    let types: Set<String>
  }

  private struct Audience {
    /// The last that all were told of; nil: none has begun.
    var last: Int64?
    var listeners: [UInt64: Listener] = [:]
  }

  private struct State {
    var audiences: [Int32: Audience] = [:]
    var count = 0
    var lastID: UInt64 = 0
  }

  static let listenersMax = 40_000
  /// Of one company, so that others find room.
  static let ofCompanyMax = 10_000
  /// Who has so many unread is not waited for.
  private static let unreadMax = 1000
  private static let pageMax = 1000

  private let pool: Pool
  /// Who comes back after a while reads much.
  private let places = FairPlaces(atOnceMax: 4)
  private let moved: Bell
  private let logger: Logger
  private let state = Mutex(State())

  init(pool: Pool, moved: Bell, logger: Logger) {
    self.pool = pool
    self.moved = moved
    self.logger = logger
  }

  func run() async throws {
    let rings = moved.rings()
    await cancelWhenGracefulShutdown {
      await withTaskGroup { group in
        group.addTask {
          while !Task.isCancelled {
            self.moved.ring()
            try? await Task.sleep(for: .seconds(1))
          }
        }
        group.addTask { for await _ in rings { await self.tellAll() } }
      }
    }
    // Who still listens is told that there is no more.
    for listener in state.withLock({ $0.audiences.values.flatMap { Array($0.listeners.values) } }) { listener.continuation.finish() }
  }

  /// - Returns: what comes from now on; it ends when too much is unread, and when the server stops. nil: too many listen.
  func listen(_ tenant: Int32, types: Set<String>) -> (id: UInt64, told: AsyncStream<Told>)? {
    let (stream, continuation) = AsyncStream<Told>.makeStream(bufferingPolicy: .bufferingOldest(Self.unreadMax))
    let id: UInt64? = state.withLock { state in
      guard state.count < Self.listenersMax, state.audiences[tenant]?.listeners.count ?? 0 < Self.ofCompanyMax else { return nil }
      state.count += 1
      state.lastID += 1
      state.audiences[tenant, default: Audience()].listeners[state.lastID] = Listener(continuation: continuation, types: types)
      return state.lastID
    }
    return id.map { ($0, stream) }
  }

  /// The listener has all up to here, which it asked for when it listened already.
  func begin(_ tenant: Int32, at last: Int64) {
    state.withLock { if $0.audiences[tenant]?.last == nil { $0.audiences[tenant]?.last = last } }
  }

  func leave(_ tenant: Int32, _ id: UInt64) {
    state.withLock { state in
      guard state.audiences[tenant]?.listeners.removeValue(forKey: id) != nil else { return }
      state.count -= 1
      if state.audiences[tenant]?.listeners.isEmpty == true { state.audiences[tenant] = nil }
    }
  }

  private func tellAll() async {
    let tenants = state.withLock { Array($0.audiences.keys) }
    for tenant in tenants.sorted() {
      do {
        try await tell(tenant)
      } catch {
        // The database is away: the next round tries again.
        if !Task.isCancelled { logger.debug("listeners wait", metadata: ["error": "\(error)"]) }
      }
    }
  }

  private func tell(_ tenant: Int32) async throws {
    guard let last = state.withLock({ $0.audiences[tenant]?.last }) ?? nil else { return }
    let found = try await events(of: tenant, after: last, to: .max, types: nil)
    guard let end = found.last?.sequence else { return }
    state.withLock { state in
      guard state.audiences[tenant]?.last == last else { return }
      state.audiences[tenant]?.last = end
      for (id, listener) in state.audiences[tenant]?.listeners ?? [:] {
        for event in found where listener.types.contains(event.type) {
          guard case .dropped = listener.continuation.yield(event) else { continue }
          listener.continuation.finish()
          state.audiences[tenant]?.listeners[id] = nil
          state.count -= 1
          break
        }
      }
    }
    if found.count == Self.pageMax { moved.ring() }
  }

  /// The first event that is kept, and the last.
  func span(_ tenant: Int32) async throws -> (first: Int64, last: Int64) {
    let rows = try await pool.host(
      "SELECT coalesce((SELECT min(sequence) FROM host.event), t.last + 1), t.last FROM host.event_tail t WHERE t.tenant_id = $1",
      [.int4(tenant)], as: tenant)
    return try rows.map { row in (try row.int8(), try row.int8()) }.first ?? (1, 0)
  }

  /// The next thousand, for who comes back; a few read at once.
  func missed(by types: Set<String>, of tenant: Int32, after: Int64, to end: Int64) async throws -> [Told] {
    try await places.enter(tenant)
    defer { places.leave(tenant) }
    return try await events(of: tenant, after: after, to: end, types: types)
  }

  private func events(of tenant: Int32, after: Int64, to end: Int64, types: Set<String>?) async throws -> [Told] {
    try await pool.host(
      """
      SELECT sequence, type, aggregate FROM host.event WHERE sequence > $1 AND sequence <= $2 AND ($3::text[] IS NULL OR type = ANY ($3))
       ORDER BY sequence LIMIT $4
      """,
      [.int8(after), .int8(end), types.map { .texts(Array($0)) } ?? .textsAbsent, .int8(Int64(Self.pageMax))], as: tenant
    ).map { row in Told(sequence: try row.int8(), type: try row.text(), aggregate: try row.text()) }
  }
}
