import RemitAPI
import RemitDigest
import RemitPostgres
import SwiftProtobuf
import Synchronization

typealias SQL = Remit_Plugin_V1_Statement

/// One call of a method that the host serves itself, with its transaction as the role remit_host.
struct HostCall: Sendable {
  let order: CallOrder
  private let transaction: any CallWork

  init(_ order: CallOrder, transaction: any CallWork) {
    self.order = order
    self.transaction = transaction
  }

  var caller: Caller { order.caller }
  var roundTrips: Int { transaction.roundTripCount }
  var foundOtherConfiguration: Bool { transaction.outermost.foundOtherConfiguration }

  /// The same request was answered before, with this.
  private struct Replayed: Error { let reply: [UInt8] }

  func answer(by method: HostMethod) async -> Result<[UInt8], CallError> {
    let result: Result<[UInt8], CallError>
    do {
      result = .success(try await method.run(self))
    } catch let replayed as Replayed {
      result = await again(replayed.reply, method)
    } catch let error as CallError {
      result = .failure(error)
    } catch is CancellationError {
      result = .failure(CallError(.cancelled, "CANCELLED", "the caller cancelled the call"))
    } catch {
      result = .failure(CallError(.internal, "UNEXPECTED", "\(error)"))
    }
    await transaction.abandon()
    return result
  }

  private func again(_ kept: [UInt8], _ method: HostMethod) async -> Result<[UInt8], CallError> {
    guard let again = method.again else { return .success(kept) }
    do {
      return .success(try await again(kept, self))
    } catch let error as CallError {
      return .failure(error)
    } catch {
      return .failure(CallError(.internal, "UNEXPECTED", "\(error)"))
    }
  }

  /// Ends what it has the database do.
  func interrupt() { transaction.outermost.interrupt() }

  /// Runs statements in one round trip. In a write they stay in its transaction.
  func query(_ statements: [SQL]) async throws -> [Remit_Plugin_V1_Rows] {
    try Task.checkCancellation()
    return try await run(.with { $0.statements = statements })
  }

  /// The last statements of a write; with them the audit row is written, and what a repeat is answered.
  ///
  /// - Parameters:
  ///   - reply: without secrets.
  ///   - tenant: whom it is about: what an operator does to a company stands in that company's trail too.
  func commit(_ statements: [SQL], reply: some Message, resource: String, about tenant: Int32? = nil) async throws {
    let body: [UInt8] = try reply.serializedBytes()
    let theirs = tenant.map { $0 == caller.tenant.id ? [] : [.actFor($0), order.recordOfOperator(resource)] } ?? []
    // The audit row is the caller's, whatever company the statements were about.
    let home = theirs + [SQL.actFor(caller.tenant.id)]
    _ = try await run(
      .with {
        $0.statements = statements + home
        $0.end = .commit
        $0.reply.body = .init(body)
        $0.resource = resource
      })
  }

  /// One message of a stream before the last; waits until there is room.
  func send(_ message: some Message) async throws {
    try Task.checkCancellation()
    guard let outlet = order.outlet else { throw CallError(.internal, "NO_STREAM", "\(order.method.path) has one reply and is no stream") }
    try await outlet.send(try message.serializedBytes(), mayWait: true)
  }

  private func run(_ batch: Remit_Plugin_V1_Batch) async throws -> [Remit_Plugin_V1_Rows] {
    switch try await transaction.run(batch) {
    case .rows(let rows): return rows
    case .replay(let reply): throw Replayed(reply: reply)
    }
  }

  /// The company that a request is about.
  ///
  /// - Parameter slug: empty: the caller's own, which is the only one unless the caller is an operator.
  func tenant(_ slug: String) async throws -> Int32 {
    if slug.isEmpty || slug == caller.tenant.name { return caller.tenant.id }
    guard caller.isOperator else {
      throw CallError(
        .permissionDenied, "OTHER_TENANT", "a key of \(caller.tenant.name) is for \(caller.tenant.name) only", field: "tenant")
    }
    return try await existingTenant(slug).id
  }

  /// A company that is there, whatever its state; locked until the transaction of a write ends.
  func existingTenant(_ slug: String) async throws -> (id: Int32, tenant: Remit_Platform_V1_Tenant) {
    let lock = order.method.isWrite ? " FOR UPDATE" : ""
    let found = try await query([
      SQL("SELECT tenant_id, \(Remit_Platform_V1_Tenant.columns) FROM host.tenant WHERE slug = $1 AND tenant_id <> 0\(lock)", [.text(slug)])
    ])[0].map { row in (try row.int4(), try Remit_Platform_V1_Tenant(from: &row)) }
    guard let tenant = found.first else { throw CallError(.notFound, "NO_TENANT", "there is no company \(slug)") }
    return tenant
  }
}

extension HostCall {
  /// Tells an event of the host's own as the call commits.
  ///
  /// - Parameter aggregate: events of one are delivered in their order: "record/contract/C-1".
  func telling(_ event: some Message, of aggregate: String, to tenant: Int32) throws -> SQL {
    SQL(
      """
      INSERT INTO host.outbox (tenant_id, type, aggregate, payload, hops, recorded_at, request_id) VALUES ($1, $2, $3, $4, 0, $5, $6)
      """,
      [
        .int4(tenant), .text(type(of: event).protoMessageName), .text(aggregate), .bytea(try event.serializedBytes()),
        .timestamptz(order.now), .text(order.requestID),
      ])
  }
}

extension CallOrder {
  /// The row of host.call for the trail of a company that an operator did something to.
  fileprivate func recordOfOperator(_ resource: String) -> SQL {
    SQL(
      """
      INSERT INTO host.call (request_id, principal, method, body_sha256, resource, reply, called_at, key_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """,
      [
        .text("operator/" + Digest.hexadecimal(Array(Digest.sha256(Array(requestID.utf8)).prefix(16)))),
        .text("operator \(caller.principal)"),
        .text(method.path), .bytea(bodySHA256), .text(resource), .bytea([]), .timestamptz(now), .text(caller.keyID),
      ])
  }
}

extension Remit_Plugin_V1_Statement {
  /// From now on row-level security shows this company's rows.
  static func actFor(_ tenant: Int32) -> SQL { SQL("SELECT set_config('remit.tenant', $1, true)", [.text(String(tenant))]) }
}

extension Remit_Platform_V1_Tenant {
  static let columns = "slug, name, base_currency, time_zone, locale, state"

  init(from row: inout CellReader) throws {
    self.init()
    slug = try row.text()
    name = try row.text()
    baseCurrency = try row.text()
    timeZone = try row.text()
    locale = try row.text()
    state = try row.text() == "active" ? .active : .suspended
  }
}
