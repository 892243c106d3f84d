import CPostgres

/// A plain, blocking connection for an administrator's work: migrations and provisioning, never a call.
public final class Session {
  private let connection: OpaquePointer

  /// - Parameter url: a libpq connection string.
  public init(url: String) throws(PostgresError) {
    guard let connection = PQconnectdb(url) else { throw PostgresError(.unreachable, "out of memory") }
    self.connection = connection
    guard PQstatus(connection) == CONNECTION_OK else {
      throw PostgresError(.unreachable, "Postgres cannot be reached: \(String(cString: PQerrorMessage(connection)).firstLine)")
    }
    PQsetNoticeReceiver(connection, { _, _ in }, nil)
  }

  deinit { PQfinish(connection) }

  /// Runs SQL text, which may be many statements: one transaction, unless it says otherwise itself.
  public func execute(_ sql: String) throws(PostgresError) {
    guard let result = PQexec(connection, sql) else { throw PostgresError(.connectionLost, "the connection to Postgres was lost") }
    defer { PQclear(result) }
    try check(result)
  }

  /// Runs one statement with text parameters; the rows as text.
  @discardableResult
  public func query(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> [[String?]] {
    let owned = parameters.map { $0.map { [CChar]($0.utf8CString) } }
    var result: OpaquePointer?
    func bind(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) {
      guard index < owned.count else {
        result = PQexecParams(connection, sql, Int32(pointers.count), nil, pointers, nil, nil, 0)
        return
      }
      guard let text = owned[index] else { return bind(index + 1, pointers + [nil]) }
      text.withUnsafeBufferPointer { bind(index + 1, pointers + [$0.baseAddress]) }
    }
    bind(0, [])
    guard let result else { throw PostgresError(.connectionLost, "the connection to Postgres was lost") }
    defer { PQclear(result) }
    try check(result)
    return (0..<PQntuples(result)).map { row in
      (0..<PQnfields(result)).map { column in
        PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
      }
    }
  }

  /// Runs `body` in a transaction; an error rolls all of it back.
  public func transaction<Value>(_ body: () throws -> Value) throws -> Value {
    try execute("BEGIN")
    do {
      let value = try body()
      try execute("COMMIT")
      return value
    } catch {
      // What failed is the error to tell; a failing rollback means that the connection, and with it the transaction, is gone.
      do { try execute("ROLLBACK") } catch {}
      throw error
    }
  }

  private func check(_ result: OpaquePointer) throws(PostgresError) {
    let status = PQresultStatus(result)
    guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY else {
      throw PostgresError(result: result, statement: nil)
    }
  }
}
