import Foundation
import Testing

@testable import RemitPostgres

/// The cluster that `make test` starts.
func testDatabase() throws -> String {
  try #require(ProcessInfo.processInfo.environment["REMIT_TEST_DATABASE"], "REMIT_TEST_DATABASE is not set: run make test")
}

func int8(_ value: Int64) -> [UInt8] { [0, 0, 0, 8] + withUnsafeBytes(of: value.bigEndian) { Array($0) } }

func text(_ value: String) -> [UInt8] { withUnsafeBytes(of: Int32(value.utf8.count).bigEndian) { Array($0) } + Array(value.utf8) }

@Suite("A connection")
struct ConnectionTests {
  @Test("Values go and come in Postgres' binary format, NULL and empty included")
  func binaryValues() async throws {
    let connection = try await Connection.open(url: testDatabase())
    defer { connection.close() }
    let null: [UInt8] = [255, 255, 255, 255]
    let cells = int8(.min) + text("héllo 客户") + text("") + null
    let rows = try await connection.run([
      Statement("SELECT $1::bigint, $2::text, $3::text, $4::text", types: [20, 25, 25, 25], cells: cells)
    ])
    #expect(rows[0].cells == cells)
    #expect(rows[0].types == [20, 25, 25, 25])
    #expect(rows[0].count == 1)
  }

  @Test("What stands before one Sync is one transaction, and an error does not poison what follows")
  func oneTransaction() async throws {
    let connection = try await Connection.open(url: testDatabase())
    defer { connection.close() }
    try await connection.run([Statement("CREATE TEMP TABLE t (id bigint PRIMARY KEY)")])
    let insert = Statement("INSERT INTO t VALUES ($1)", types: [20], cells: int8(1))
    let error = await #expect(throws: PostgresError.self) { try await connection.run([insert, insert, insert]) }
    #expect(error?.sqlState == "23505")
    #expect(error?.constraint == "t_pkey")
    #expect(error?.statement == 1)
    #expect(connection.isReusable)
    let rows = try await connection.run([Statement("SELECT count(*) FROM t"), insert, Statement("SELECT count(*) FROM t")])
    #expect(rows.map(\.cells) == [int8(0), [], int8(1)])
    #expect(rows[1].affected == 1)
  }

  @Test("A deferred constraint fails at the end, after all statements were fine")
  func deferredConstraint() async throws {
    let connection = try await Connection.open(url: testDatabase())
    defer { connection.close() }
    try await connection.run([Statement("CREATE TEMP TABLE a (id bigint PRIMARY KEY, b bigint REFERENCES a DEFERRABLE INITIALLY DEFERRED)")]
    )
    let error = await #expect(throws: PostgresError.self) { try await connection.run([Statement("INSERT INTO a VALUES (1, 2)")]) }
    #expect(error?.sqlState == "23503")
    #expect(error?.statement == nil)
    let rows = try await connection.run([Statement("SELECT count(*) FROM a")])
    #expect(rows[0].cells == int8(0))
  }

  @Test("A value larger than the socket takes at once arrives whole")
  func largeValue() async throws {
    let connection = try await Connection.open(url: testDatabase())
    defer { connection.close() }
    let large = String(repeating: "0123456789abcdef", count: 1 << 19)
    let rows = try await connection.run([Statement("SELECT $1::text, length($1)::bigint", types: [25], cells: text(large))])
    #expect(rows[0].cells == text(large) + int8(8 << 20))
  }

  @Test("Malformed parameters are refused before anything is sent")
  func malformedParameters() async throws {
    let connection = try await Connection.open(url: testDatabase())
    defer { connection.close() }
    for (types, cells) in [([20], []), ([20], [0, 0]), ([20], [0, 0, 0, 9, 1]), ([], int8(1)), ([20], [128, 0, 0, 0])]
      as [([UInt32], [UInt8])]
    {
      let error = await #expect(throws: PostgresError.self) {
        try await connection.run([Statement("SELECT 1"), Statement("SELECT $1::bigint", types: types, cells: cells)])
      }
      #expect(error?.code == .invalidStatement)
    }
    #expect(connection.isReusable)
  }

  @Test("COPY, which would wedge the pipeline, costs the connection and nothing else", .timeLimit(.minutes(1)))
  func copy() async throws {
    let connection = try await Connection.open(url: testDatabase())
    defer { connection.close() }
    let error = await #expect(throws: PostgresError.self) { try await connection.run([Statement("COPY (SELECT 1) TO STDOUT")]) }
    #expect(error?.code == .connectionLost)
    #expect(!connection.isReusable)
  }

  @Test("A killed backend is told as a lost connection", .timeLimit(.minutes(1)))
  func lostConnection() async throws {
    let connection = try await Connection.open(url: testDatabase())
    defer { connection.close() }
    let error = await #expect(throws: PostgresError.self) {
      try await connection.run([Statement("SELECT pg_terminate_backend(pg_backend_pid())"), Statement("SELECT 1")])
    }
    #expect(error?.code == .connectionLost)
    #expect(!connection.isReusable)
  }

  @Test("No database gives an error that says so")
  func unreachable() async throws {
    let error = await #expect(throws: PostgresError.self) { try await Connection.open(url: "host=/nonexistent dbname=x") }
    #expect(error?.code == .unreachable)
  }
}
