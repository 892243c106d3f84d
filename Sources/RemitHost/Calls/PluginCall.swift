import FoundationEssentials
import RemitAPI
import RemitDigest
import RemitPostgres
import SwiftProtobuf
import Synchronization

/// One call in a plugin's hands, with its transaction. Ends exactly once.
final class PluginCall: Sendable {
  enum Ending: Sendable {
    case answered([UInt8])
    case failed(CallError)
    /// Nobody waits any more.
    case cancelled
    case deadlinePassed

    var isAnswer: Bool {
      switch self {
      case .answered, .failed: true
      case .cancelled, .deadlinePassed: false
      }
    }
  }

  private struct State {
    var continuation: CheckedContinuation<Result<[UInt8], CallError>, Never>?
    var hasEnded = false
    /// The last thing asked of the transaction: they run in the order made.
    var last: Task<Void, Never>?
    /// The call of another module that it waits for.
    var nested: CallHandle?
    var nestedCount = 0
    /// Who made earlier calls that this one acts for, by their request ids.
    var lenders: [String: Caller] = [:]
  }

  let id: UInt64
  let plugin: Plugin
  let order: CallOrder
  private let calls: Calls
  private let transaction: any CallWork
  private let state = Mutex(State())

  /// - Parameter transaction: of the call that it is part of; nil: one of its own.
  init(_ order: CallOrder, plugin: Plugin, calls: Calls, transaction: (any CallWork)? = nil) {
    id = calls.table.newID()
    self.plugin = plugin
    self.order = order
    self.calls = calls
    self.transaction = transaction ?? CallTransaction(order, module: plugin.name, pool: calls.pool, writes: calls.writes, isJudged: true)
  }

  /// Whether the transaction that it is or ends tells events.
  var tells: Bool { order.depth == 0 && transaction.outermost.tells }

  /// Nothing was done, as the company's configuration is another than it was judged by.
  var foundOtherConfiguration: Bool { transaction.outermost.foundOtherConfiguration }

  /// How often it went to the database.
  var roundTrips: Int { transaction.roundTripCount }

  /// Hands the call to the plugin and waits for its end.
  func answer() async -> Result<[UInt8], CallError> {
    let context: [UInt8]
    do {
      context = try order.context(settling: calls.table.settling).serializedBytes()
    } catch {
      return .failure(CallError(.internal, "CONTEXT", "the context of the call cannot be encoded: \(error)"))
    }
    // Before the call can end: an end takes the entry out again.
    calls.table.insert(self)
    return await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.continuation = continuation }
        return state.hasEnded
      }
      guard !hasEnded else {
        calls.table.remove(id)
        return continuation.resume(returning: .failure(PluginCall.cancelledError))
      }
      plugin.invoke(id, context: context, request: order.request)
    }
  }

  /// Ends the call; what is open in the database is rolled back. A second end does nothing.
  func end(_ ending: Ending) {
    let (isFirst, continuation, nested) = state.withLock { state in
      guard !state.hasEnded else { return (false, nil as CheckedContinuation<Result<[UInt8], CallError>, Never>?, nil as CallHandle?) }
      state.hasEnded = true
      state.last = Task { [last = state.last, transaction] in
        await last?.value
        await transaction.abandon()
      }
      defer { state.continuation = nil }
      return (true, state.continuation, state.nested)
    }
    guard isFirst else { return }
    if !ending.isAnswer { transaction.outermost.interrupt() }
    nested?.cancel()
    calls.table.remove(id)
    // Without a continuation the plugin has not been handed the call, and never will be.
    guard let continuation else { return }
    switch ending {
    case .answered(let body): continuation.resume(returning: .success(body))
    case .failed(let error): continuation.resume(returning: .failure(error))
    case .cancelled:
      plugin.cancel(id)
      continuation.resume(returning: .failure(Self.cancelledError))
    case .deadlinePassed:
      plugin.cancel(id)
      continuation.resume(
        returning: .failure(CallError(.deadlineExceeded, "DEADLINE_EXCEEDED", "the call took longer than its deadline")))
    }
  }

  /// Waits until all that was asked of the transaction is done.
  func settled() async { await state.withLock { $0.last }?.value }

  private static let cancelledError = CallError(.cancelled, "CANCELLED", "the caller cancelled the call")

  /// Runs an encoded Batch after those before it, and answers with Results.
  func execute(_ bytes: [UInt8], done: Done) {
    state.withLock { state in
      state.last = Task { [last = state.last] in
        await last?.value
        done(await self.run(bytes))
      }
    }
  }

  /// Gives the caller one message of a stream, after what was asked before.
  func send(_ body: [UInt8], done: Done) {
    state.withLock { state in
      state.last = Task { [last = state.last] in
        await last?.value
        done(await self.deliver(body))
      }
    }
  }

  /// Calls another module's method (an encoded Invoke) after what was asked before, and answers with its reply.
  func invoke(_ bytes: [UInt8], done: Done) {
    state.withLock { state in
      state.last = Task { [last = state.last] in
        await last?.value
        done(await self.call(bytes))
      }
    }
  }

  // What remit_plugin.h says.
  private static let depthMax = 4
  private static let statementsMax = 1000
  private static let resultBytesMax = 16 << 20

  private func call(_ bytes: [UInt8]) async -> Result<[UInt8], CallError> {
    let number = state.withLock { state -> Int? in
      guard !state.hasEnded else { return nil }
      state.nestedCount += 1
      return state.nestedCount
    }
    guard let number else { return .failure(CallError(.cancelled, "CALL_ENDED", "the call has ended")) }
    let invoke: Remit_Plugin_V1_Invoke
    do {
      invoke = try Remit_Plugin_V1_Invoke(serializedBytes: bytes)
    } catch {
      return .failure(CallError(.invalidArgument, "MALFORMED_INVOKE", "the invoke cannot be read: \(error)"))
    }
    guard let endpoint = calls.table.endpoint(invoke.method) else {
      return .failure(CallError(.unimplemented, "NO_METHOD", "nobody serves \(invoke.method)"))
    }
    let handle = CallHandle()
    let hasEnded = state.withLock { state in
      state.nested = handle
      return state.hasEnded
    }
    if hasEnded { handle.cancel() }
    let answer = await calls.perform(endpoint, handle: handle, trace: order.trace) {
      let caller = try await caller(of: invoke)
      try admit(invoke, endpoint.method, caller)
      let inner = innerOrder(invoke, endpoint.method, caller, number: number)
      guard !invoke.apart, order.method.isWrite else { return (inner, nil) }
      let outer = transaction.outermost
      if let earlier = try await outer.open() {
        end(.answered(earlier))
        throw CallError(.cancelled, "REPLAYED", "the same request was answered before")
      }
      return (inner, NestedTransaction(inner, module: endpoint.role, in: outer))
    }
    state.withLock { $0.nested = nil }
    return answer.result
  }

  /// As whom a module calls: as its own caller, or as who made an earlier call of it.
  private func caller(of invoke: Remit_Plugin_V1_Invoke) async throws -> Caller {
    guard !invoke.onBehalf.isEmpty else { return order.caller }
    if let known = state.withLock({ $0.lenders[invoke.onBehalf] }) { return known }
    let lending = plugin.methods.filter(\.rule.lends).map(\.path)
    guard !lending.isEmpty else { throw CallError(.permissionDenied, "NOT_LENT", "no method of \(plugin.name) lends who calls it") }
    let read = { [self] (sql: SQL) async throws -> Remit_Plugin_V1_Rows in
      let (earlier, rows) = try await transaction.outermost.readAsHost([sql])
      if let earlier {
        end(.answered(earlier))
        throw CallError(.cancelled, "REPLAYED", "the same request was answered before")
      }
      return rows[0]
    }
    let lent = try await read(
      SQL(
        "SELECT key_id, person FROM host.call WHERE request_id = $1 AND method = ANY ($2::text[])",
        [.text(invoke.onBehalf), .texts(lending)])
    ).map { row in (key: try row.text(), person: try row.text()) }.first
    guard let lent, !(lent.key.isEmpty && lent.person.isEmpty) else {
      throw CallError(.permissionDenied, "NOT_LENT", "no call \(invoke.onBehalf.cut(toBytes: 128)) lends who made it")
    }
    guard var caller = try await calls.keys.lender(keyID: lent.key, person: lent.person, now: order.now, read),
      caller.tenant.id == order.caller.tenant.id
    else {
      throw CallError(
        .permissionDenied, "SUBMITTER_GONE", "who made the call \(invoke.onBehalf.cut(toBytes: 128)) is not there any more")
    }
    caller.tenant.configuration = order.caller.tenant.configuration
    state.withLock { [caller] in $0.lenders[invoke.onBehalf] = caller }
    return caller
  }

  private func innerOrder(_ invoke: Remit_Plugin_V1_Invoke, _ method: ServedMethod, _ caller: Caller, number: Int) -> CallOrder {
    // The same when the first call is repeated, and never as long as a client's can be.
    let requestID = "via/" + Digest.hexadecimal(Array(Digest.sha256(Array("\(order.requestID)/\(number)".utf8)).prefix(16)))
    var inner = CallOrder(
      method: method, caller: caller, requestID: requestID, request: Array(invoke.request), now: order.now, deadline: order.deadline)
    inner.depth = order.depth + 1
    inner.holdsHeavyPlace = order.holdsHeavyPlace
    inner.via = order.method.path
    inner.hops = order.hops
    inner.trial = order.trial
    inner.onBehalf = invoke.onBehalf.isEmpty ? order.onBehalf : invoke.onBehalf
    inner.pass =
      invoke.hasPass
      ? HoldPass(module: plugin.name, approvals: Set(invoke.pass.approvals), resource: invoke.pass.resource) : order.pass
    inner.trace = order.trace
    return inner
  }

  /// Who may be called how.
  private func admit(_ invoke: Remit_Plugin_V1_Invoke, _ method: ServedMethod, _ caller: Caller) throws(CallError) {
    let mayCallAny = plugin.manifest.calls.contains("*") && (!invoke.onBehalf.isEmpty || order.method.rule.lends)
    guard mayCallAny || plugin.manifest.calls.contains(method.service) || method.service == Platform.serviceForModules else {
      throw CallError(
        .permissionDenied, "NOT_DECLARED", "the manifest of \(plugin.name) does not name \(method.service) among what it calls")
    }
    try Calls.requirePermission(method, caller)
    guard !method.isServerStreaming, !method.isClientStreaming else {
      throw CallError(.unimplemented, "STREAMS", "\(invoke.method) streams, which modules cannot call")
    }
    guard order.method.isWrite || !method.isWrite else {
      throw CallError(.failedPrecondition, "READ_ONLY", "\(order.method.path) only reads, and cannot call \(invoke.method), which writes")
    }
    guard order.depth < Self.depthMax else {
      throw CallError(.failedPrecondition, "TOO_DEEP", "calls between modules are at most \(Self.depthMax) deep")
    }
    guard !invoke.apart || !transaction.outermost.isOpen else {
      throw CallError(.failedPrecondition, "TRANSACTION_OPEN", "what is called apart must be called before the first write")
    }
  }

  private func deliver(_ body: [UInt8]) async -> Result<[UInt8], CallError> {
    guard !state.withLock({ $0.hasEnded }) else { return .failure(CallError(.cancelled, "CALL_ENDED", "the call has ended")) }
    guard let outlet = order.outlet else {
      return .failure(CallError(.failedPrecondition, "NO_STREAM", "\(order.method.path) has one reply and is no stream"))
    }
    do {
      try await outlet.send(body, mayWait: !transaction.outermost.isOpen)
      return .success([])
    } catch let error as CallError {
      return .failure(error)
    } catch {
      return .failure(CallError(.cancelled, "CALLER_GONE", "the caller takes no more messages"))
    }
  }

  private func run(_ bytes: [UInt8]) async -> Result<[UInt8], CallError> {
    guard !state.withLock({ $0.hasEnded }) else { return .failure(CallError(.cancelled, "CALL_ENDED", "the call has ended")) }
    do {
      let batch = try Remit_Plugin_V1_Batch(serializedBytes: bytes)
      guard batch.statements.count <= Self.statementsMax else {
        throw CallError(
          .resourceExhausted, "BATCH_TOO_LARGE", "a batch has at most \(Self.statementsMax) statements, not \(batch.statements.count)")
      }
      for statement in batch.statements { try SQLGuard.check(statement.sql) }
      try plugin.checkTold(batch, by: order.method)
      switch try await transaction.run(batch) {
      case .rows(let rows):
        let results: [UInt8] = try Remit_Plugin_V1_Results.with { $0.results = rows }.serializedBytes()
        guard results.count <= Self.resultBytesMax || batch.end == .commit else {
          throw CallError(
            .resourceExhausted, "RESULTS_TOO_LARGE",
            "the results of a batch have \(results.count) bytes, and may have \(Self.resultBytesMax); read by pages")
        }
        if batch.end == .commit, batch.hasReply { end(.answered(Array(batch.reply.body))) }
        return .success(results)
      case .replay(let reply):
        end(.answered(reply))
        return .failure(CallError(.cancelled, "REPLAYED", "the same request was answered before"))
      }
    } catch let error as CallError {
      return .failure(error)
    } catch {
      return .failure(CallError(.invalidArgument, "MALFORMED_BATCH", "the batch cannot be read: \(error)"))
    }
  }
}
