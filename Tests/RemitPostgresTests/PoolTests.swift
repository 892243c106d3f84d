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
}
