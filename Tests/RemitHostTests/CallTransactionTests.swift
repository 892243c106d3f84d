import Foundation
import Logging
import RemitAPI
import RemitJSON
import RemitPostgres
import SwiftProtobuf
import Synchronization
import Testing

@testable import RemitHost

/// The migrated database of `make test` with the demo companies, and the ledger's library beside the test binary.
struct TestDatabase {
  static let shared = Result { try TestDatabase() }

  let url: String
  let plugins: LoadedPlugins
  let ledger: Plugin

  private init() throws {
    url = try #require(ProcessInfo.processInfo.environment["REMIT_TEST_DATABASE"], "REMIT_TEST_DATABASE is not set: run make test")
    let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    plugins = LoadedPlugins([PluginSource(name: "ledger", path: "\(folder)/libLedger.so")], logger: Logger(label: "test"))
    ledger = try #require(plugins.plugins.first, "\(plugins.problems)")
    _ = try Migrator(url: url).migrate(plugins)
    let session = try Session(url: url)
    try session.execute(
      """
      INSERT INTO host.tenant (slug, name, base_currency, time_zone, locale)
      VALUES ('huaxin', '华信', 'CNY', 'Asia/Shanghai', 'zh-CN'), ('nordwind', 'Nordwind', 'EUR', 'Europe/Berlin', 'de-DE')
      """)
    try Provisioning.run(plugins, in: session)
  }

  var serverURL: String { url.replacing("user=remit", with: "user=remitd") }
}

@Suite("The transaction of a call")
struct CallTransactionTests {
  private let database: TestDatabase
  private let pool: Pool

  init() throws {
    database = try TestDatabase.shared.get()
    pool = Pool(url: database.serverURL, size: 2)
  }

  private static let noBounds: RequestBounds = {
    do { return try RequestBounds([]) } catch { fatalError("\(error)") }
  }()

  private func order(_ effect: Remit_Api_V1_Rule.Effect, requestID: String = UUID().uuidString, request: [UInt8] = []) -> CallOrder {
    CallOrder(
      method: ServedMethod(
        service: "s", name: "M", rule: .with { $0.effect = effect }, isServerStreaming: false, isClientStreaming: false,
        requestType: "", replyType: "", bounds: Self.noBounds),
      caller: Caller(
        tenant: Tenant(id: 1, name: "huaxin", baseCurrency: "CNY", timeZone: "Asia/Shanghai", locale: "zh-CN", configuration: 0),
        keyID: "k",
        principal: "tester", roles: [], permissions: PermissionSet([]), businessDate: "2026-01-01"),
      requestID: requestID, request: request, now: Google_Protobuf_Timestamp(date: Date()), deadline: .now + .seconds(120))
  }

  private func transaction(_ order: CallOrder, _ writes: WriteQueue? = nil) -> CallTransaction {
    CallTransaction(order, module: "ledger", pool: pool, writes: writes ?? WriteQueue(pool: pool))
  }

  private func insert(_ number: String) -> Remit_Plugin_V1_Statement {
    Remit_Plugin_V1_Statement(
      "INSERT INTO ledger.customer (customer_id, number, name, recorded_at) VALUES ($1, $2, 'x', '2026-01-01T00:00:00Z')",
      [.uuid(UUID()), .text(number)])
  }

  private func batch(_ statements: [Remit_Plugin_V1_Statement], end: Remit_Plugin_V1_Batch.End = .continue, reply: String? = nil)
    -> Remit_Plugin_V1_Batch
  {
    .with {
      $0.statements = statements
      $0.end = end
      if let reply { $0.reply = .with { $0.body = Data(reply.utf8) } }
    }
  }

  private func count(_ number: String) async throws -> Int64 {
    let statement = Remit_Plugin_V1_Statement("SELECT count(*) FROM ledger.customer WHERE number = $1", [.text(number)])
    guard case .rows(let rows) = try await transaction(order(.read)).run(batch([statement])) else { return -1 }
    return try rows[0].map { row in try row.int8() }[0]
  }

  private func insertOnly(_ numbers: [String], _ writes: WriteQueue, ids: [String]) async -> [Result<CallTransaction.Answer, any Error>] {
    await withTaskGroup(of: (Int, Result<CallTransaction.Answer, any Error>).self) { group in
      for (index, number) in numbers.enumerated() {
        group.addTask {
          let transaction = transaction(order(.write, requestID: ids[index]), writes)
          do {
            return (index, .success(try await transaction.run(batch([insert(number)], end: .commit, reply: number))))
          } catch {
            return (index, .failure(error))
          }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }.sorted { $0.key < $1.key }.map(\.value)
    }
  }

  @Test("Writes that wait for a connection go together; where one fails the others are done, each with its own answer")
  func together() async throws {
    let pool = Pool(url: database.serverURL, size: 1)
    let writes = WriteQueue(pool: pool)
    let run = UUID().uuidString
    var numbers = (0..<30).map { "\(run)-\($0)" }
    let held = try await pool.lease(for: 1)
    async let good = insertOnly(numbers, writes, ids: numbers)
    try await Task.sleep(for: .milliseconds(1000))
    pool.release(held, of: 1)
    for answer in await good { #expect(throws: Never.self) { try answer.get() } }
    let transactions = "SELECT count(DISTINCT xmin::text), count(*) FROM ledger.customer WHERE number LIKE $1"
    let kept = try Session(url: database.url).query(transactions, [run + "-%"])
    #expect(kept[0][1] == "30" && (2...4).contains(Int(kept[0][0] ?? "") ?? 0), "\(kept)")

    // One is there already, one is the repetition of another: the rest is done.
    let earlier = numbers
    numbers = numbers.map { "\($0)-again" }
    var ids = numbers
    numbers[7] = earlier[3]
    ids[12] = earlier[4]
    let heldAgain = try await pool.lease(for: 1)
    async let mixed = insertOnly(numbers, writes, ids: ids)
    try await Task.sleep(for: .milliseconds(1000))
    pool.release(heldAgain, of: 1)
    for (index, answer) in await mixed.enumerated() {
      switch (index, answer) {
      case (7, .failure(let error as CallError)): #expect(error.metadata["constraint"] != nil)
      case (12, .success(.replay(let reply))): #expect(reply == Array(earlier[4].utf8))
      case (_, .success(.rows)): #expect(index != 7 && index != 12)
      default: Issue.record("\(index): \(answer)")
      }
    }
    #expect(try Session(url: database.url).query(transactions, [run + "%-again"])[0][1] == "28")
  }

  @Test("Writes whose connection is lost are sent again, and done once")
  func togetherOnALostConnection() async throws {
    let pool = Pool(url: database.serverURL + "&application_name=lost", size: 1)
    let writes = WriteQueue(pool: pool)
    let run = UUID().uuidString
    let numbers = (0..<10).map { "\(run)-\($0)" }
    let held = try await pool.lease(for: 1)
    async let answers = insertOnly(numbers, writes, ids: numbers)
    try await Task.sleep(for: .milliseconds(1000))
    let session = try Session(url: database.url)
    _ = try session.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lost'", [])
    pool.release(held, of: 1)
    let found = await answers
    for answer in found { #expect(throws: Never.self) { try answer.get() } }
    #expect(try session.query("SELECT count(*) FROM ledger.customer WHERE number LIKE $1", [run + "-%"])[0][0] == "10")
  }

  @Test("A write that reads first takes two round trips, and leaves its audit row with the commit")
  func twoRoundTrips() async throws {
    let number = UUID().uuidString
    let order = order(.write)
    let transaction = transaction(order)
    _ = try await transaction.run(batch([insert(number)]))
    #expect(try await count(number) == 0)
    _ = try await transaction.run(batch([], end: .commit, reply: "done"))
    #expect(transaction.roundTrips.load(ordering: .relaxed) == 2)
    #expect(try await count(number) == 1)
    let audit = try Session(url: database.url).query(
      "SELECT tenant_id, principal, encode(reply, 'escape') FROM host.call WHERE request_id = $1", [order.requestID])
    #expect(audit == [["1", "tester", "done"]])
  }

  @Test("What is not committed is rolled back when the call ends, and the connection goes on")
  func abandoned() async throws {
    let number = UUID().uuidString
    for _ in 0..<5 {
      let transaction = transaction(order(.write))
      _ = try await transaction.run(batch([insert(number)]))
      await transaction.abandon()
      await #expect(throws: CallError.self) { try await transaction.run(batch([insert(number)])) }
    }
    #expect(try await count(number) == 0)
  }

  @Test("An error in a later batch rolls back the earlier ones")
  func laterError() async throws {
    let number = UUID().uuidString
    let transaction = transaction(order(.write))
    _ = try await transaction.run(batch([insert(number)]))
    let error = await #expect(throws: CallError.self) { try await transaction.run(batch([insert(number)], end: .commit, reply: "x")) }
    #expect(error?.metadata["constraint"] == "customer_number")
    #expect(error?.metadata["statement"] == "0")
    #expect(try await count(number) == 0)
  }

  @Test("The same request again is answered as before, also where it reads first; another request with its key is refused")
  func replay() async throws {
    let first = order(.write, requestID: UUID().uuidString, request: [1])
    _ = try await transaction(first).run(batch([insert(UUID().uuidString)], end: .commit, reply: "first"))
    let atOnce = try await transaction(first).run(batch([insert(UUID().uuidString)], end: .commit, reply: "second"))
    guard case .replay(let reply) = atOnce else { return #expect(Bool(false), "not replayed") }
    #expect(String(decoding: reply, as: UTF8.self) == "first")

    // A write of two batches learns it with its first.
    let number = UUID().uuidString
    guard case .replay = try await transaction(first).run(batch([insert(number)])) else { return #expect(Bool(false), "not replayed") }
    #expect(try await count(number) == 0)

    // Or with its commit, where the other came between.
    let between = order(.write, requestID: UUID().uuidString, request: [3])
    let inTwo = transaction(between)
    guard case .rows = try await inTwo.run(batch([insert(number)])) else { return #expect(Bool(false), "replayed") }
    _ = try await transaction(between).run(batch([insert(UUID().uuidString)], end: .commit, reply: "between"))
    guard case .replay = try await inTwo.run(batch([], end: .commit, reply: "late")) else { return #expect(Bool(false), "not replayed") }
    #expect(try await count(number) == 0)

    let other = order(.write, requestID: first.requestID, request: [2])
    let error = await #expect(throws: CallError.self) {
      try await transaction(other).run(batch([insert(number)], end: .commit, reply: "x"))
    }
    #expect(error?.reason == "REQUEST_ID_REUSED")
  }

  @Test("A call that was cancelled before the plugin had it is answered, and leaves nothing in the table")
  func cancelledEarly() async {
    let table = CallTable()
    let configurations = CompanyConfigurations(
      pool: pool, schema: MessageSchema([]), endpoints: [], recordMethods: [], views: [], carriers: [])
    let calls = Calls(
      table: table, pool: pool, keys: KeyDirectory(pool: pool), configurations: configurations, callsPerTenantMax: 1,
      metrics: CallMetrics(paths: []),
      logger: Logger(label: "test"))
    let call = PluginCall(order(.write), plugin: database.ledger, calls: calls)
    call.end(.cancelled)
    guard case .failure(let error) = await call.answer() else { return #expect(Bool(false), "answered") }
    #expect(error.code == CallError.Code.cancelled.value)
    #expect(table.count == 0)
  }

  @Test("A read cannot write")
  func readOnly() async throws {
    let error = await #expect(throws: CallError.self) { try await transaction(order(.read)).run(batch([insert("x")])) }
    #expect(error?.metadata["sqlstate"] == "25006")
  }

  @Test("A COMMIT of a write without its reply is refused")
  func commitWithoutReply() async throws {
    let error = await #expect(throws: CallError.self) { try await transaction(order(.write)).run(batch([insert("x")], end: .commit)) }
    #expect(error?.reason == "COMMIT_WITHOUT_REPLY")
  }

  @Test("A module can leave neither its tenant nor its role")
  func confined() async throws {
    for sql in [
      "SELECT set_config('remit.tenant', '2', true)", "SELECT set_config('role', 'remitd', true)",
      "SELECT query_to_xml('SELECT 1', true, true, '')", "SELECT pg_advisory_lock(1)", "SELECT lo_create(0)", "SELECT pg_notify('a', 'b')",
      "UPDATE pg_settings SET setting = 'off' WHERE name = 'row_security'", "SELECT * FROM host.api_key", "SELECT * FROM host.call",
    ] {
      let error = await #expect(throws: CallError.self) { try await transaction(order(.write)).run(batch([.init(sql)], end: .rollback)) }
      #expect(error?.metadata["sqlstate"] == "42501", "\(sql): \(error?.metadata ?? [:])")
    }
  }
}
