import Testing

@testable import RemitPostgres

@Suite("The pool")
struct PoolTests {
  @Test("Many more tasks than connections are all served, one transaction at a time on each", .timeLimit(.minutes(1)))
  func manyTasks() async throws {
    let pool = Pool(url: try testDatabase(), size: 3)
    defer { pool.close() }
    let backends = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for number in 0..<200 {
        group.addTask {
          let rows = try await pool.run([
            Statement("SELECT pg_backend_pid()"), Statement("SELECT $1::bigint", types: [20], cells: int8(Int64(number))),
          ])
          #expect(rows[1].cells == int8(Int64(number)))
          return rows[0].cells
        }
      }
      return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
    }
    #expect((1...3).contains(backends.count))
  }

  @Test("A lost connection is replaced", .timeLimit(.minutes(1)))
  func replacement() async throws {
    let pool = Pool(url: try testDatabase(), size: 1)
    defer { pool.close() }
    await #expect(throws: PostgresError.self) { try await pool.run([Statement("SELECT pg_terminate_backend(pg_backend_pid())")]) }
    let rows = try await pool.run([Statement("SELECT 1::bigint")])
    #expect(rows[0].cells == int8(1))
  }

  @Test("A connection that comes back with an open transaction is closed, which rolls back", .timeLimit(.minutes(1)))
  func openTransaction() async throws {
    let pool = Pool(url: try testDatabase(), size: 1)
    defer { pool.close() }
    let connection = try await pool.lease()
    let first = try await connection.run([Statement("BEGIN"), Statement("SELECT pg_backend_pid()")])
    pool.release(connection)
    let second = try await pool.run([Statement("SELECT pg_backend_pid()")])
    #expect(first[1].cells != second[0].cells)
  }

  @Test("A closed pool refuses")
  func closed() async throws {
    let pool = Pool(url: try testDatabase())
    pool.close()
    let error = await #expect(throws: PostgresError.self) { try await pool.run([Statement("SELECT 1")]) }
    #expect(error?.code == .closed)
  }

  @Test("One holder cannot take them all, and whoever holds fewest comes first", .timeLimit(.minutes(1)))
  func fairness() async throws {
    let pool = Pool(url: try testDatabase(), size: 8)
    defer { pool.close() }
    var first: [Connection] = []
    for _ in 0..<6 { first.append(try await pool.lease(for: 1)) }
    // The seventh waits, and so does the eighth; others are served meanwhile.
    async let seventh = pool.lease(for: 1)
    async let eighth = pool.lease(for: 1)
    while pool.use.waiting < 2 { await Task.yield() }
    let other = try await pool.lease(for: 2)
    let third = try await pool.lease(for: 3)
    #expect(pool.use.inUse == 8)
    async let second = pool.lease(for: 2)
    while pool.use.waiting < 3 { await Task.yield() }
    // It came last, and has fewer.
    pool.release(first.removeLast(), of: 1)
    let connection = try await second
    #expect(pool.use.waiting == 2)
    for connection in [connection, other] { pool.release(connection, of: 2) }
    pool.release(third, of: 3)
    for connection in first { pool.release(connection, of: 1) }
    for connection in try await [seventh, eighth] { pool.release(connection, of: 1) }
    #expect(pool.use.inUse == 0)
  }
}
