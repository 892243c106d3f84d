import FoundationEssentials
import Logging
import RemitAPI
import RemitPostgres
import SwiftProtobuf
import Synchronization

/// What a caller gets: the reply or the error, and how often the call went to the database.
struct CallAnswer: Sendable {
  let result: Result<[UInt8], CallError>
  let roundTrips: Int
  /// What the company's forms changed in the request, and warn of; nil: nothing.
  var admission: Remit_Plugin_V1_Admission?
}

/// The one road into a call, whoever makes it: a client, a module, a job. It is admitted, takes its place, is answered by plugin or host, counted and logged.
final class Calls: Sendable {
  let table: CallTable
  let pool: Pool
  let writes: WriteQueue
  let keys: KeyDirectory
  private let configurations: CompanyConfigurations
  private let admission: Admission
  private let limit: TenantLimit
  private let heavyReports = FairPlaces(atOnceMax: max(1, ProcessInfo.processInfo.activeProcessorCount - 1))
  private let largeRequests = FairPlaces(atOnceMax: 4, waitingPerTenantMax: 4)
  /// Calls that wait for their request, for other reports, or for who reads their answer.
  private let waits = Mutex<[ObjectIdentifier: CallHandle]>([:])
  private let metrics: CallMetrics
  private let logger: Logger
  private let isDraining = Atomic(false)
  /// Rings when a call has told something.
  let told = Bell()

  /// - Parameter callsPerTenantMax: in flight at once; those that modules make within others are not counted.
  init(
    table: CallTable, pool: Pool, keys: KeyDirectory, configurations: CompanyConfigurations, callsPerTenantMax: Int, metrics: CallMetrics,
    logger: Logger
  ) {
    self.table = table
    self.keys = keys
    self.pool = pool
    writes = WriteQueue(pool: pool)
    self.configurations = configurations
    admission = Admission(configurations: configurations)
    limit = TenantLimit(callsMax: callsPerTenantMax)
    self.metrics = metrics
    self.logger = logger
  }

  /// From now on no clients' calls are to be begun; those in flight go on.
  func drain() { isDraining.store(true, ordering: .releasing) }

  var drains: Bool { isDraining.load(ordering: .acquiring) }

  /// Ends calls whose deadline has passed, also those of clients that set none and of plugins that hang.
  func endOverdue() {
    table.endOverdue()
    let now = ContinuousClock.now
    for handle in waits.withLock({ Array($0.values) }) where handle.isOverdue(at: now) { handle.cancel() }
  }

  /// Refuses whom the method is not for.
  static func requirePermission(_ method: ServedMethod, _ caller: Caller) throws(CallError) {
    guard method.rule.anyCaller || caller.permissions.allows(method.rule.permission) else {
      throw CallError(
        .permissionDenied, "NO_PERMISSION", "\(caller.principal) has no permission \(method.rule.permission); an administrator can give it")
    }
    guard !method.rule.operatorsOnly || caller.isOperator else {
      throw CallError(.permissionDenied, "OPERATORS_ONLY", "\(method.name) is for operators of the installation, not for keys of companies")
    }
  }

  /// - Parameters:
  ///   - handle: gets the call, so that it can be cancelled.
  ///   - request: reads the request; asked only when the caller may call, so that nobody else can fill the memory. nil: the order has it.
  ///   - admit: makes the order, or refuses it; with the transaction of the call that it is part of, nil for one of its own.
  func perform(
    _ endpoint: Endpoint, handle: CallHandle, trace: Trace?, request: (@Sendable () async throws -> [UInt8])? = nil,
    admit: () async throws -> (CallOrder, NestedTransaction?)
  ) async -> CallAnswer {
    let begun = ContinuousClock.now
    metrics.begin()
    var order: CallOrder?
    let answer: CallAnswer
    do {
      let (admitted, transaction) = try await admit()
      order = admitted
      guard admitted.deadline > .now else {
        throw CallError(.deadlineExceeded, "DEADLINE_EXCEEDED", "the deadline had passed when the call came")
      }
      answer = try await self.answer(admitted, endpoint, handle, request, transaction)
    } catch let error as CallError {
      answer = CallAnswer(result: .failure(error), roundTrips: 0)
    } catch is CancellationError {
      answer = CallAnswer(result: .failure(CallError(.cancelled, "CANCELLED", "the caller cancelled the call")), roundTrips: 0)
    } catch {
      answer = CallAnswer(result: .failure(CallError(.internal, "UNEXPECTED", "\(error)")), roundTrips: 0)
    }
    let duration = ContinuousClock.now - begun
    metrics.end(endpoint.method.path, code: answer.code, duration: duration, roundTrips: answer.roundTrips)
    log(answer, endpoint, order, trace, duration)
    return answer
  }

  /// The call after it was admitted: it takes its place, and is answered; then its reader is waited for.
  private func answer(
    _ order: CallOrder, _ endpoint: Endpoint, _ handle: CallHandle, _ request: (@Sendable () async throws -> [UInt8])?,
    _ transaction: NestedTransaction?
  ) async throws -> CallAnswer {
    // What clients have in flight does not keep out what the host does by itself, a few at a time.
    let isCounted = order.depth == 0 && !order.isHosts
    if isCounted { try limit.enter(order.caller.tenant) }
    defer { if isCounted { limit.leave(order.caller.tenant) } }
    var order = order
    if let request {
      order.request = try await waiting(for: order, handle, until: "the request was not whole") { try await Self.read(request) }
    }
    try endpoint.method.check(order.request)
    let answer = try await self.answer(inPlace: order, endpoint, handle, transaction)
    if let outlet = order.outlet, case .success = answer.result {
      try await waiting(for: order, handle, until: "the answer was not read") { try await outlet.drain() }
    }
    return answer
  }

  /// What takes much memory or time waits for its turn. A call that holds a transaction does not wait: who has a place may wait for a connection.
  private func answer(
    inPlace order: CallOrder, _ endpoint: Endpoint, _ handle: CallHandle, _ transaction: NestedTransaction?
  ) async throws -> CallAnswer {
    let method = endpoint.method
    let tenant = order.caller.tenant.id
    var order = order
    let isLarge = order.depth == 0 && order.request.count > ServedMethod.usualRequestBytesMax
    if isLarge {
      try await waiting(for: order, handle, until: "other large requests ran") { [largeRequests] in try await largeRequests.enter(tenant) }
    }
    let largePlace = isLarge ? LargePlace { [largeRequests] in largeRequests.leave(tenant) } : nil
    defer { largePlace?.leave() }
    order.largePlace = largePlace
    let isHeavy = method.rule.heavy && !order.holdsHeavyPlace
    if isHeavy {
      if transaction?.outermost.isOpen == true {
        guard heavyReports.tryEnter(tenant) else {
          throw CallError(
            .resourceExhausted, "HEAVY_REPORTS",
            "other reports run, and \(method.path) cannot wait for them within a transaction; try again")
        }
      } else {
        try await waiting(for: order, handle, until: "other reports ran") { [heavyReports] in try await heavyReports.enter(tenant) }
      }
      order.holdsHeavyPlace = true
    }
    defer { if isHeavy { heavyReports.leave(tenant) } }
    return await repeated(order, try await judged(order, by: endpoint.provider, handle, transaction))
  }

  private static let judgementsMax = 3

  /// The same request was answered before, with this.
  private struct Replayed: Error { let reply: [UInt8] }

  /// The call under the company's configuration that holds. Where that changes meanwhile the database lets nothing be written, and it is judged anew.
  private func judged(
    _ order: CallOrder, by provider: Endpoint.Provider, _ handle: CallHandle, _ transaction: NestedTransaction?
  ) async throws -> CallAnswer {
    guard let module = provider.judgedModule else { return await answer(order, by: provider, handle, transaction).answer }
    let tenant = order.caller.tenant
    var attempt = 1
    while true {
      var judged = order
      // A trial is of no version.
      if order.trial == nil { judged.caller.tenant.configuration = configurations.version(of: tenant.id, known: tenant.configuration) }
      let work: any CallWork = transaction ?? CallTransaction(judged, module: module, pool: pool, writes: writes, isJudged: true)
      do {
        try await admission.admit(&judged) { statements in
          let (earlier, found) = try await work.outermost.readAsHost(statements)
          if let earlier { throw Replayed(reply: earlier) }
          return found
        }
        if transaction == nil { work.outermost.admission.withLock { $0 = judged.admission } }
      } catch let replayed as Replayed {
        return CallAnswer(result: .success(replayed.reply), roundTrips: work.roundTripCount)
      } catch let error as CallError {
        if transaction == nil { await work.abandon() }
        // Nobody is refused by rules that do not hold any more.
        if attempt < Self.judgementsMax, try await configurations.refresh(tenant.id) {
          attempt += 1
          continue
        }
        return CallAnswer(result: .failure(error), roundTrips: 1)
      } catch {
        if transaction == nil { await work.abandon() }
        throw error
      }
      var (answer, isOutdated) = await self.answer(judged, by: provider, handle, work)
      if let admission = judged.admission, !admission.changes.isEmpty || !admission.warnings.isEmpty { answer.admission = admission }
      guard isOutdated, order.depth == 0, order.outlet == nil, attempt < Self.judgementsMax else { return answer }
      attempt += 1
      _ = try await configurations.refresh(tenant.id)
    }
  }

  /// What a write was answered that came with the same idempotency key at the same time, and was first: that is why this one was refused.
  private func repeated(_ order: CallOrder, _ answer: CallAnswer) async -> CallAnswer {
    let codes: [CallError.Code] = [.alreadyExists, .notFound, .failedPrecondition, .aborted]
    // Where that cannot be found out, it stays as it is.
    guard order.hasCallersKey, order.method.isWrite, codes.contains(where: { $0.value == answer.code }) || answer.isRefusedByForm,
      let earlier = try? await CallTransaction(order, module: "host", pool: pool, writes: writes).earlierReply()
    else { return answer }
    return CallAnswer(result: .success(earlier), roundTrips: answer.roundTrips + 1)
  }

  private func answer(
    _ order: CallOrder, by provider: Endpoint.Provider, _ handle: CallHandle, _ transaction: (any CallWork)?
  ) async -> (answer: CallAnswer, isOutdated: Bool) {
    let before = transaction?.roundTripCount ?? 0
    switch provider {
    case .plugin(let plugin):
      let call = PluginCall(order, plugin: plugin, calls: self, transaction: transaction)
      handle.holds(until: order.deadline) { call.end($0) }
      let result = await call.answer()
      if call.tells { told.ring(order.caller.tenant.id) }
      // Also what it left open is rolled back before the call that it is part of goes on.
      if order.depth > 0 { await call.settled() }
      return (CallAnswer(result: result, roundTrips: call.roundTrips - before), call.foundOtherConfiguration)
    case .host(let method):
      let call = HostCall(
        order,
        transaction: transaction ?? CallTransaction(order, module: "host", pool: pool, writes: writes, isSnapshot: method.isSnapshot))
      let task = Task { await call.answer(by: method) }
      handle.holds(until: order.deadline) { _ in
        task.cancel()
        call.interrupt()
      }
      return (CallAnswer(result: await task.value, roundTrips: call.roundTrips - before), call.foundOtherConfiguration)
    }
  }

  /// Waits for what comes before and after the call itself, at most until its deadline or until it is cancelled.
  ///
  /// - Parameter circumstance: what the caller is told to have kept it until the deadline.
  private func waiting<Value: Sendable>(
    for order: CallOrder, _ handle: CallHandle, until circumstance: String, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let task = Task(operation: body)
    let id = ObjectIdentifier(handle)
    waits.withLock { $0[id] = handle }
    handle.holds(until: order.deadline) { _ in task.cancel() }
    defer { waits.withLock { $0[id] = nil } }
    do {
      return try await task.value
    } catch {
      guard task.isCancelled else { throw error }
      throw order.deadline <= .now
        ? CallError(.deadlineExceeded, "DEADLINE_EXCEEDED", "\(circumstance) until the deadline")
        : CallError(.cancelled, "CANCELLED", "the caller cancelled the call")
    }
  }

  private static func read(_ request: @Sendable () async throws -> [UInt8]) async throws(CallError) -> [UInt8] {
    do {
      return try await request()
    } catch let error as CallError {
      throw error
    } catch {
      throw CallError(.invalidArgument, "NO_REQUEST", "the request did not arrive whole: \(error)")
    }
  }

  /// What is the server's fault is a warning, with what only the database knows; the rest is there for who looks for it.
  private func log(_ answer: CallAnswer, _ endpoint: Endpoint, _ order: CallOrder?, _ trace: Trace?, _ duration: Duration) {
    let isFault = [CallError.Code.unknown, .internal, .unavailable].contains { $0.value == answer.code }
    let level: Logger.Level = isFault && !drains ? .warning : .debug
    guard logger.logLevel <= level else { return }
    var fields: Logger.Metadata = [
      "method": "\(endpoint.method.path)", "code": "\(CallMetrics.codeNames[min(Int(answer.code), 16)])",
      "ms": "\(Int(duration / .milliseconds(1)))", "round_trips": "\(answer.roundTrips)",
    ]
    if let order {
      fields["tenant"] = "\(order.caller.tenant.name)"
      fields["principal"] = "\(order.caller.principal)"
      fields["request"] = "\(order.requestID)"
      if !order.via.isEmpty { fields["via"] = "\(order.via)" }
    }
    if let trace { fields["trace"] = "\(trace.id)" }
    if case .failure(let error) = answer.result {
      fields["reason"] = "\(error.reason)"
      fields["error"] = "\(error.metadata["database"] ?? error.message)"
    }
    logger.log(level: level, "call", metadata: fields)
  }
}

extension CallAnswer {
  /// By rules that may be newer than the first time that the same request came.
  var isRefusedByForm: Bool { if case .failure(let error) = result { error.reason == "FORM" } else { false } }

  /// The gRPC status code: 0 is OK.
  var code: UInt32 {
    switch result {
    case .success: 0
    case .failure(let error): UInt32(clamping: error.code)
    }
  }
}
