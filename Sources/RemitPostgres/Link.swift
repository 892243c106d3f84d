import CPostgres
import Glibc

/// libpq's connection in pipeline mode, with the one round trip that is under way on it. Not thread-safe: `Connection` guards it.
final class Link {
  /// A round trip whose Sync has not come back.
  struct Pending {
    var continuation: CheckedContinuation<Result<[Rows], PostgresError>, Never>
    /// What the results to come belong to, in order.
    var steps: [Step]
    var step = 0
    var results: [Rows] = []
    var failure: PostgresError?
  }

  enum Step {
    case prepare(StatementKey, name: String)
    case execute(Int)
  }

  struct StatementKey: Hashable {
    let scope: String
    let sql: String
  }

  struct Finished {
    let continuation: CheckedContinuation<Result<[Rows], PostgresError>, Never>
    let result: Result<[Rows], PostgresError>
  }

  /// A plugin that makes up ever new SQL must not fill the server's memory: past this many plans a connection is replaced.
  private static let preparedMax = 500

  private let connection: OpaquePointer
  private var prepared: [StatementKey: String] = [:]
  private var namesMade = 0
  private var pending: Pending?
  private(set) var isLost = false
  /// No caller after this one may have it.
  var isCondemned = false
  let canceller: Canceller
  /// Bytes wait for room in the socket.
  private(set) var wantsToWrite = false

  /// Connects and blocks until it is done: call on a thread of its own.
  init(url: String) throws(PostgresError) {
    guard let connection = Self.connect(url) else { throw PostgresError(.unreachable, "out of memory") }
    guard PQstatus(connection) == CONNECTION_OK else {
      let message = String(cString: PQerrorMessage(connection))
      PQfinish(connection)
      throw PostgresError(.unreachable, "Postgres cannot be reached: \(message.firstLine)")
    }
    PQsetNoticeReceiver(connection, { _, _ in }, nil)
    guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else {
      PQfinish(connection)
      throw PostgresError(.unreachable, "libpq refuses pipeline mode")
    }
    self.connection = connection
    canceller = Canceller(connection)
  }

  /// A database whose machine is gone must not be waited for until the system gives up, which takes hours. What the URL says overrides this.
  private static func connect(_ url: String) -> OpaquePointer? {
    let defaults = ["connect_timeout": "10", "tcp_user_timeout": "30000", "keepalives_idle": "30", "application_name": "remitd"]
    let all = Array(defaults) + [(key: "dbname", value: url)]
    let keywords = all.map { strdup($0.key) }
    let values = all.map { strdup($0.value) }
    defer { (keywords + values).forEach { free($0) } }
    return PQconnectdbParams(keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
  }

  deinit { PQfinish(connection) }

  var fileDescriptor: Int32 { PQsocket(connection) }

  /// Whether the next caller may have it: nothing under way, no transaction open, not lost.
  var isReusable: Bool {
    !isLost && !isCondemned && pending == nil && PQtransactionStatus(connection) == PQTRANS_IDLE && prepared.count < Self.preparedMax
  }

  /// Sends the statements before one Sync. They are one transaction, unless one of them opened a longer one.
  func send(_ statements: [Statement], _ continuation: CheckedContinuation<Result<[Rows], PostgresError>, Never>) -> Finished? {
    guard pending == nil, !isLost else {
      return Finished(continuation: continuation, result: .failure(PostgresError(.connectionLost, "the connection is not free")))
    }
    do throws(PostgresError) {
      let ranges = try statements.map { statement throws(PostgresError) in try statement.parameterRanges() }
      var steps: [Step] = []
      var beingPrepared: [StatementKey: String] = [:]
      for (index, statement) in statements.enumerated() {
        if let comment = statement.comment {
          let sql = "\(statement.sql)\n/*\(comment)*/"
          try check(send(statement, ranges[index]) { PQsendQueryParams(connection, sql, $0, statement.types, $1, $2, $3, 1) })
          steps.append(.execute(index))
          continue
        }
        let key = StatementKey(scope: statement.scope, sql: statement.sql)
        var name = prepared[key] ?? beingPrepared[key]
        if name == nil {
          namesMade += 1
          let fresh = "s\(namesMade)"
          try check(PQsendPrepare(connection, fresh, statement.sql, Int32(statement.types.count), statement.types))
          beingPrepared[key] = fresh
          steps.append(.prepare(key, name: fresh))
          name = fresh
        }
        try check(send(statement, ranges[index]) { PQsendQueryPrepared(connection, name ?? "", $0, $1, $2, $3, 1) })
        steps.append(.execute(index))
      }
      try check(PQpipelineSync(connection))
      pending = Pending(continuation: continuation, steps: steps)
      try flush()
      return nil
    } catch {
      // Half a pipeline may be on its way: nothing more can be said on this connection. A malformed statement sent nothing.
      if error.code != .invalidStatement { isLost = true }
      pending = nil
      return Finished(continuation: continuation, result: .failure(error))
    }
  }

  /// - Parameter send: takes how many parameters there are, their values, lengths and formats.
  private func send(
    _ statement: Statement, _ ranges: [Range<Int>?], by send: (Int32, [UnsafePointer<CChar>?], [Int32], [Int32]) -> Int32
  ) -> Int32 {
    statement.cells.withUnsafeBytes { bytes in
      let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      // An empty value must not be a null pointer, which is NULL.
      return "".withCString { empty in
        let values: [UnsafePointer<CChar>?] = ranges.map { range in
          range.map { $0.isEmpty ? empty : (base ?? empty) + $0.lowerBound }
        }
        let lengths = ranges.map { Int32($0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: ranges.count)
        return send(Int32(ranges.count), values, lengths, formats)
      }
    }
  }

  private func check(_ status: Int32) throws(PostgresError) {
    guard status == 1 else { throw PostgresError(.connectionLost, String(cString: PQerrorMessage(connection)).firstLine) }
  }

  private func flush() throws(PostgresError) {
    let status = PQflush(connection)
    guard status >= 0 else { throw PostgresError(.connectionLost, String(cString: PQerrorMessage(connection)).firstLine) }
    wantsToWrite = status == 1
  }

  /// Writes and reads what can be without blocking; gives the round trip that ended, if one did.
  func advance() -> Finished? {
    do throws(PostgresError) {
      if wantsToWrite { try flush() }
      guard PQconsumeInput(connection) == 1 else { throw lost() }
      if wantsToWrite { try flush() }
      while pending != nil, PQisBusy(connection) == 0 {
        guard let result = PQgetResult(connection) else {
          guard PQstatus(connection) == CONNECTION_OK else { throw lost() }
          pending?.step += 1
          continue
        }
        defer { PQclear(result) }
        if try take(result), let ended = pending {
          pending = nil
          if ended.failure?.isStalePlan == true || ended.failure?.code == .connectionLost { isLost = true }
          return Finished(
            continuation: ended.continuation, result: ended.failure.map { .failure($0) } ?? .success(ended.results))
        }
      }
      // Input while nobody waits is the server's farewell, or a notice: a lost connection shows in its status.
      if pending == nil, PQstatus(connection) != CONNECTION_OK { isLost = true }
      return nil
    } catch {
      isLost = true
      guard let failed = pending else { return nil }
      pending = nil
      return Finished(continuation: failed.continuation, result: .failure(failed.failure ?? error))
    }
  }

  /// Takes one result; true when it was the Sync, the only place where a transaction is known to be committed.
  private func take(_ result: OpaquePointer) throws(PostgresError) -> Bool {
    switch PQresultStatus(result) {
    case PGRES_PIPELINE_SYNC: return true
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
      guard let current = pending, current.step < current.steps.count else { return false }
      switch current.steps[current.step] {
      case .prepare(let key, let name): prepared[key] = name
      case .execute: pending?.results.append(Rows(result))
      }
    case PGRES_PIPELINE_ABORTED: break
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: throw PostgresError(.connectionLost, "COPY cannot be run in a pipeline")
    default:
      guard pending?.failure == nil else { return false }
      let failure = PostgresError(result: result, statement: failedStatement)
      pending?.failure = failure
    }
    return false
  }

  private var failedStatement: Int? {
    guard let pending, pending.step < pending.steps.count else { return nil }
    for step in pending.steps[pending.step...] {
      if case .execute(let index) = step { return index }
    }
    return nil
  }

  private func lost() -> PostgresError {
    PostgresError(.connectionLost, "the connection to Postgres was lost: \(String(cString: PQerrorMessage(connection)).firstLine)")
  }
}

extension Rows {
  /// Copies what libpq holds into one blob.
  fileprivate init(_ result: OpaquePointer) {
    let columns = PQnfields(result)
    let rows = PQntuples(result)
    types = (0..<columns).map { PQftype(result, $0) }
    count = Int(rows)
    affected = Int(String(cString: PQcmdTuples(result))) ?? 0
    for row in 0..<rows {
      for column in 0..<columns {
        let isNull = PQgetisnull(result, row, column) == 1
        let length = isNull ? -1 : PQgetlength(result, row, column)
        withUnsafeBytes(of: length.bigEndian) { cells.append(contentsOf: $0) }
        if length > 0, let value = PQgetvalue(result, row, column) {
          cells.append(contentsOf: UnsafeRawBufferPointer(start: value, count: Int(length)))
        }
      }
    }
  }
}

extension String {
  var firstLine: String { split(separator: "\n", maxSplits: 1).first.map(String.init) ?? "" }
}
