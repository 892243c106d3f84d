import FoundationEssentials
import RemitAPI
import RemitPostgres
import SwiftProtobuf
import Synchronization

/// The one transaction that a call has: as its tenant, with its module's role, with the audit row of a write in it.
///
/// A read never holds one: each of its batches is a read-only transaction in one round trip. A write that commits with its first batch is
/// one round trip as well, without BEGIN and COMMIT: what stands before one Sync is one transaction. A write that reads first holds a
/// connection. Used by one task at a time.
final class CallTransaction: CallWork {
  enum Answer: Sendable {
    case rows([Rows])
    /// The same request was answered before, with this.
    case replay([UInt8])
  }

  typealias Rows = Remit_Plugin_V1_Rows

  private enum State {
    case new
    case open(Connection)
    case ended
  }

  /// How often the call went to the database.
  let roundTrips = Atomic(0)
  /// Whether it tells events, its own or those of calls within it.
  private let tellsEvents = Atomic(false)
  /// Not after another module's statements.
  private let isOwnRole = Atomic(true)
  /// Whether the company's configuration is another than the call was judged by, so that nothing was done.
  private let isOutdated = Atomic(false)
  /// What the company's forms did to the request; known only when they have looked things up.
  let admission = Mutex<Remit_Plugin_V1_Admission?>(nil)
  private static let attemptsMax = 3
  private static let outdated = "CONFIGURATION_CHANGED"

  private let order: CallOrder
  private let module: String
  private let pool: Pool
  private let writes: WriteQueue
  private let isSnapshot: Bool
  private let state = Mutex<State>(.new)
  /// Runs statements now.
  private let busy = Mutex<Connection?>(nil)

  /// What it writes was judged by a version of the company's configuration, which must be the one that holds.
  private let isJudged: Bool

  /// - Parameter isSnapshot: all its batches see the database as it is at the first (REPEATABLE READ).
  init(_ order: CallOrder, module: String, pool: Pool, writes: WriteQueue, isSnapshot: Bool = false, isJudged: Bool = false) {
    self.isJudged = isJudged
    self.order = order
    self.module = module
    self.pool = pool
    self.writes = writes
    self.isSnapshot = isSnapshot
  }

  var outermost: CallTransaction { self }
  var tells: Bool { tellsEvents.load(ordering: .relaxed) }

  func note(_ batch: Remit_Plugin_V1_Batch) {
    if !batch.events.isEmpty { tellsEvents.store(true, ordering: .relaxed) }
  }

  var roundTripCount: Int { roundTrips.load(ordering: .relaxed) }

  var foundOtherConfiguration: Bool { isOutdated.load(ordering: .relaxed) }

  /// Begins a write's transaction for what is to run under a savepoint, unless it is open; the earlier reply where the request was answered before.
  func open() async throws -> [UInt8]? {
    guard case .new = state.withLock({ $0 }) else { return nil }
    guard case .replay(let reply) = try await run(Remit_Plugin_V1_Batch()) else { return nil }
    return reply
  }

  /// Reads as the host what stays as it is until the transaction ends; begins it where it has not begun.
  ///
  /// - Returns: the earlier reply where the request was answered before.
  func readAsHost(_ statements: [SQL]) async throws -> (earlier: [UInt8]?, rows: [Rows]) {
    let isFirst = if case .new = state.withLock({ $0 }) { true } else { false }
    guard isFirst else {
      return (nil, try await nestedFlight([Statement("SET LOCAL ROLE remit_host")], statements, scope: "host", closing: []))
    }
    let connection = try await lease()
    state.withLock { $0 = .open(connection) }
    isOwnRole.store(false, ordering: .relaxed)
    do {
      let opening = [Statement("BEGIN"), self.opening(role: false, isJudged: isJudged), findReply, Self.setRole("host")]
      let results = try await flight(opening, statements, scope: "host", on: connection)
      guard let earlier = try reply(in: results.opening[2]) else { return (nil, results.own) }
      await abandon()
      return (earlier, [])
    } catch {
      await abandon()
      throw error
    }
  }

  /// Whether its transaction is held.
  var isOpen: Bool {
    if case .open = state.withLock({ $0 }) { return true }
    return false
  }

  /// One round trip of a call under a savepoint. Its errors leave the transaction to the savepoint.
  func nestedFlight(
    _ opening: [Statement], _ statements: [Remit_Plugin_V1_Statement], scope: String, closing: [Statement]
  ) async throws -> [Rows] {
    guard case .open(let connection) = state.withLock({ $0 }) else {
      throw CallError(.failedPrecondition, "TRANSACTION_ENDED", "the transaction of the first call has ended")
    }
    isOwnRole.store(false, ordering: .relaxed)
    return try await flight(opening, statements, scope: scope, closing: closing, on: connection).own
  }

  func run(_ batch: Remit_Plugin_V1_Batch) async throws -> Answer {
    do {
      return try await answer(to: batch)
    } catch let error as CallError where error.metadata["constraint"] == "call_pkey" && error.metadata["statement"] == nil {
      guard let earlier = try await earlierReply() else {
        throw CallError(.aborted, "CONFLICT", "the same request is being answered; try again")
      }
      return .replay(earlier)
    }
  }

  private func answer(to batch: Remit_Plugin_V1_Batch) async throws -> Answer {
    if batch.apart { try mustStandApart(batch) }
    guard order.method.isWrite, !batch.apart else {
      return .rows(try await inOneRoundTrip([opening(role: true, isReadOnly: true)], batch.statements))
    }
    try batch.mustCarryReply()
    switch (state.withLock({ $0 }), batch.end) {
    case (.ended, _): throw CallError(.failedPrecondition, "TRANSACTION_ENDED", "the transaction of this call has ended")
    case (.new, .commit):
      _ = end()
      let told = order.told(batch, by: module)
      note(batch)
      return .rows(
        try await inOneRoundTrip(
          [opening(role: false, isJudged: isJudged), record(batch), Self.setRole(module)], batch.statements, isWrite: true,
          closing: told.isEmpty ? [] : [Statement("RESET ROLE")] + told))
    case (.new, _):
      let connection = try await lease()
      state.withLock { $0 = .open(connection) }
      return try await begin(batch, on: connection)
    case (.open(let connection), _): return .rows(try await goOn(batch, on: connection).own)
    }
  }

  private func record(_ batch: Remit_Plugin_V1_Batch) -> Statement { order.record(batch, admission.withLock { $0 }) }

  private func mustStandApart(_ batch: Remit_Plugin_V1_Batch) throws(CallError) {
    guard !isOpen, batch.end == .continue else {
      throw CallError(
        .failedPrecondition, "TRANSACTION_OPEN", "what is read apart must be read before the first write, and ends nothing but itself")
    }
  }

  /// Ends what it has the database do, which else only the time limit of each single statement does. What is done soon is let be: its connection can be
  /// used on.
  func interrupt() {
    guard let connection = busy.withLock({ $0 }) else { return }
    Task {
      try await Task.sleep(for: .milliseconds(200))
      guard busy.withLock({ $0 === connection }) else { return }
      connection.interrupt()
    }
  }

  /// The first of several batches of a write, which also looks whether the request was answered before.
  private func begin(_ batch: Remit_Plugin_V1_Batch, on connection: Connection) async throws -> Answer {
    let opening = [
      Statement(isSnapshot ? "BEGIN ISOLATION LEVEL REPEATABLE READ" : "BEGIN"), opening(role: false, isJudged: isJudged), findReply,
      Self.setRole(module),
    ]
    let results = try await goOn(batch, on: connection, opening: opening)
    do {
      guard let earlier = try reply(in: results.opening[2]) else { return .rows(results.own) }
      await abandon()
      return .replay(earlier)
    } catch {
      await abandon()
      throw error
    }
  }

  /// Rolls back what is open. Nothing happens where nothing is.
  func abandon() async {
    guard case .open(let connection) = end() else { return }
    // Where even the rollback fails the connection is lost, and with it the transaction.
    roundTrips.add(1, ordering: .relaxed)
    _ = try? await connection.run([Statement("ROLLBACK")])
    pool.release(connection, of: order.caller.tenant.id)
  }

  private func end() -> State {
    state.withLock { state in
      defer { state = .ended }
      return state
    }
  }

  /// After a conflict with another transaction nothing of it stays, so it is tried again.
  private func inOneRoundTrip(
    _ opening: [Statement], _ statements: [Remit_Plugin_V1_Statement], isWrite: Bool = false, closing: [Statement] = []
  ) async throws -> [Rows] {
    let isQueued = isWrite && statements.reduce(0) { $0 + $1.cells.count } <= Self.queuedBytesMax
    var attempt = 1
    while true {
      do {
        if isQueued { return try await queued(opening, statements, closing: closing) }
        let connection = try await lease()
        defer { pool.release(connection, of: order.caller.tenant.id) }
        return try await flight(opening, statements, scope: module, closing: closing, on: connection).own
      } catch let error as CallError
        where error.code == CallError.Code.aborted.value && attempt < Self.attemptsMax && order.deadline > .now
      {
        attempt += 1
      }
    }
  }

  private func goOn(_ batch: Remit_Plugin_V1_Batch, on connection: Connection, opening: [Statement] = []) async throws -> FlightResults {
    let told = order.told(batch, by: module)
    note(batch)
    let closing: [Statement] =
      switch batch.end {
      case .commit: [Statement("SET LOCAL ROLE NONE"), record(batch)] + told + [Statement("COMMIT")]
      case .rollback: [Statement("ROLLBACK")]
      default: told.isEmpty ? [] : [Statement("SET LOCAL ROLE NONE")] + told + [Statement("SET LOCAL ROLE remit_\(module)")]
      }
    // Plans made before, those of foreign keys among them, were made for the tables as they were; where many rows are written, one made for a small
    // table would read it whole for each. So it is planned anew before the first, second, fourth, eighth, ... batch of a call: when they have doubled.
    let batchesBefore = roundTrips.load(ordering: .relaxed)
    let isLarge = batch.statements.reduce(0) { $0 + $1.cells.count } > Self.largeBatchBytes
    do {
      let role = isOwnRole.exchange(true, ordering: .relaxed) ? [] : [Statement("SET LOCAL ROLE remit_\(module)")]
      let results = try await flight(
        opening + role + (isLarge && batchesBefore & (batchesBefore - 1) == 0 ? [Statement("DISCARD PLANS")] : []), batch.statements,
        scope: module,
        closing: closing, on: connection)
      if batch.end != .continue {
        _ = end()
        pool.release(connection, of: order.caller.tenant.id)
      }
      return results
    } catch {
      await abandon()
      throw error
    }
  }

  /// Parameters of about a thousand rows.
  private static let largeBatchBytes = 100_000

  private typealias FlightResults = (opening: [Rows], own: [Rows])

  /// Parameters of what may go together with others.
  private static let queuedBytesMax = 64 << 10

  /// One round trip, together with other writes of the company where they wait for a connection.
  private func queued(_ opening: [Statement], _ statements: [Remit_Plugin_V1_Statement], closing: [Statement]) async throws -> [Rows] {
    roundTrips.add(1, ordering: .relaxed)
    let outcome = await writes.run(
      whole(opening, statements, scope: module, closing), for: order.caller.tenant.id, module: module, until: order.deadline
    ) { connection in self.busy.withLock { $0 = connection } }
    let own = opening.count..<opening.count + statements.count
    switch outcome {
    case .done(let results): return results[own].map(Rows.init)
    case .failed(let error): throw refusal(error, own)
    case .late: throw Self.late
    }
  }

  /// One round trip.
  private func flight(
    _ opening: [Statement], _ statements: [Remit_Plugin_V1_Statement], scope: String, closing: [Statement] = [], on connection: Connection
  ) async throws -> FlightResults {
    roundTrips.add(1, ordering: .relaxed)
    busy.withLock { $0 = connection }
    defer { busy.withLock { $0 = nil } }
    let own = opening.count..<opening.count + statements.count
    do throws(PostgresError) {
      let results = try await connection.run(whole(opening, statements, scope: scope, closing))
      return (results[..<opening.count].map(Rows.init), results[own].map(Rows.init))
    } catch {
      throw refusal(error, own)
    }
  }

  private func whole(
    _ opening: [Statement], _ statements: [Remit_Plugin_V1_Statement], scope: String, _ closing: [Statement]
  ) -> [Statement] {
    let all = opening + statements.map { Statement($0, scope: scope) } + closing
    return order.trace?.isSampled == true ? all.map(traced) : all
  }

  /// - Parameter own: which of the statements are the caller's.
  private func refusal(_ error: PostgresError, _ own: Range<Int>) -> CallError {
    let error = CallError(error, statements: own)
    if error.reason == Self.outdated, error.metadata["statement"] == nil { isOutdated.store(true, ordering: .relaxed) }
    return error
  }

  /// The statement as whoever records the trace finds it in the database's own log.
  private func traced(_ statement: Statement) -> Statement {
    var statement = statement
    statement.comment = order.trace.map { "traceparent='\($0.traceparent)'" }
    return statement
  }

  private func lease() async throws(CallError) -> Connection {
    let connection: Connection
    do {
      connection = try await pool.lease(for: order.caller.tenant.id)
    } catch {
      throw CallError(error, statements: 0..<0)
    }
    // Who waited in vain leaves it to the next.
    guard order.deadline > .now else {
      pool.release(connection, of: order.caller.tenant.id)
      throw Self.late
    }
    return connection
  }

  private static let late = CallError(
    .deadlineExceeded, "DEADLINE_EXCEEDED", "no database connection was free before the deadline of the call")

  private var findReply: Statement {
    Statement(
      Remit_Plugin_V1_Statement("SELECT body_sha256, reply FROM host.call WHERE request_id = $1", [.text(order.requestID)]), scope: "host")
  }

  /// What the same request was answered, if it was answered; throws where it was another request.
  private func reply(in found: Rows) throws -> [UInt8]? {
    guard let row = try found.map({ row in (digest: try row.bytes(), reply: try row.bytes()) }).first else { return nil }
    guard row.digest == order.bodySHA256 else {
      throw CallError(
        .alreadyExists, "REQUEST_ID_REUSED",
        "the idempotency-key \(order.requestID) was used by another request; a new request needs a new key")
    }
    return row.reply
  }

  /// What the same request was answered that came first, and took the key; nil where none was.
  func earlierReply() async throws -> [UInt8]? {
    roundTrips.add(1, ordering: .relaxed)
    let results: [RemitPostgres.Rows]
    do {
      results = try await pool.run([opening(role: false), findReply], for: order.caller.tenant.id)
    } catch {
      throw CallError(error, statements: 0..<0)
    }
    return try reply(in: Rows(results[1]))
  }

  /// - Parameter isJudged: what it writes was judged by a version of the company's configuration, which must be the one that holds.
  private func opening(role: Bool, isReadOnly: Bool = false, isJudged: Bool = false) -> Statement {
    let left = max(1, Int((order.deadline - .now) / .milliseconds(1)))
    var sql = "SELECT set_config('remit.tenant', $1, true), set_config('statement_timeout', $2, true)"
    var parameters: [Parameter] = [.text(String(order.caller.tenant.id)), .text(String(left))]
    if isReadOnly || !order.method.isWrite { sql += ", set_config('transaction_read_only', 'on', true)" }
    if role {
      sql += ", set_config('role', $3, true)"
      parameters.append(.text("remit_" + module))
    }
    if isJudged {
      sql +=
        ", host.require((SELECT configuration = $\(parameters.count + 1) FROM host.tenant WHERE tenant_id = $\(parameters.count + 2)), '\(Self.outdated)')"
      parameters += [.int8(order.caller.tenant.configuration), .int4(order.caller.tenant.id)]
    }
    return Statement(Remit_Plugin_V1_Statement(sql, parameters), scope: "host")
  }

  private static func setRole(_ module: String) -> Statement {
    Statement(Remit_Plugin_V1_Statement("SELECT set_config('role', $1, true)", [.text("remit_" + module)]), scope: "host")
  }
}

extension Remit_Plugin_V1_Batch {
  func mustCarryReply() throws(CallError) {
    guard end != .commit || hasReply else {
      throw CallError(.failedPrecondition, "COMMIT_WITHOUT_REPLY", "the COMMIT of a write must carry its reply")
    }
  }
}

extension CallOrder {
  /// The row of host.call: the audit, and what a repeat is answered.
  func record(_ batch: Remit_Plugin_V1_Batch, _ admission: Remit_Plugin_V1_Admission?) -> Statement {
    Statement(
      Remit_Plugin_V1_Statement(
        """
        INSERT INTO host.call (request_id, principal, method, body_sha256, resource, reply, called_at, via, key_id, title, admission, person, on_behalf,
                               passed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        [
          .text(requestID), .text(caller.principal), .text(method.path), .bytea(bodySHA256), .text(batch.resource),
          .bytea(Array(batch.reply.body)), .timestamptz(now), .text(via), .text(caller.keyID),
          .text(batch.title.cut(toBytes: 200)), .bytea((try? admission?.serializedBytes()) ?? []), .text(caller.person), .text(onBehalf),
          .text(pass?.resource ?? ""),
        ]), scope: "host")
  }
}

extension Statement {
  init(_ statement: Remit_Plugin_V1_Statement, scope: String) {
    self.init(statement.sql, types: statement.types, cells: Array(statement.cells), scope: scope)
  }
}

extension Remit_Plugin_V1_Rows {
  init(_ rows: RemitPostgres.Rows) {
    self.init()
    types = rows.types
    count = UInt32(rows.count)
    cells = Data(rows.cells)
    affected = UInt64(rows.affected)
  }
}
