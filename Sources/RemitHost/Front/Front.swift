import FoundationEssentials
import Logging
import RemitAPI
import RemitPostgres
import SwiftProtobuf
import Synchronization

/// What a client sent beside its request.
struct CallHeaders: Sendable {
  var authorization: String?
  var idempotencyKey: String?
  var timeout: Duration?
  var trace: Trace?
  /// What the client showed; read only where it sent no key.
  var certificate: ClientCertificate?
}

/// What a client gets: the reply or the error, and how often the call went to the database.
struct CallAnswer: Sendable {
  let result: Result<[UInt8], CallError>
  let roundTrips: Int
}

/// Checks every call before a plugin sees it: key, permission, size, deadline, calls in flight.
final class Front: Sendable {
  private let calls: CallTable
  private let pool: Pool
  private let keys: KeyDirectory
  private let limit: TenantLimit
  private let heavyReports: FairPlaces
  private let largeRequests = FairPlaces(atOnceMax: 4, waitingPerTenantMax: 4)
  /// Calls that wait for their request, for other reports, or for who reads their answer.
  private let waits = Mutex<[ObjectIdentifier: CallHandle]>([:])
  private let metrics: CallMetrics
  private let logger: Logger
  private let isDraining = Atomic(false)

  /// - Parameter callsPerTenantMax: in flight at once.
  init(calls: CallTable, pool: Pool, keys: KeyDirectory, callsPerTenantMax: Int, metrics: CallMetrics, logger: Logger) {
    self.calls = calls
    self.pool = pool
    self.keys = keys
    limit = TenantLimit(callsMax: callsPerTenantMax)
    heavyReports = calls.heavyReports
    self.metrics = metrics
    self.logger = logger
  }

  /// From now on new calls get UNAVAILABLE; those in flight go on.
  func drain() { isDraining.store(true, ordering: .releasing) }

  /// Ends the waiting of calls whose deadline has passed.
  func endOverdue() {
    let now = ContinuousClock.now
    for handle in waits.withLock({ Array($0.values) }) where handle.isOverdue(at: now) { handle.cancel() }
  }

  var drains: Bool { isDraining.load(ordering: .acquiring) }

  /// - Parameters:
  ///   - handle: gets the call, so that it can be cancelled.
  ///   - source: the requests of a stream; nil where the one is `request`.
  ///   - outlet: takes the messages of a stream before the last, which is the result; the client has them all when this returns it.
  ///   - request: reads the request; asked only when the caller may call, so that nobody else can fill the memory.
  func call(
    _ endpoint: Endpoint, headers: CallHeaders, handle: CallHandle, source: MessageSource? = nil, outlet: MessageOutlet? = nil,
    request: @escaping @Sendable () async throws -> [UInt8]
  ) async -> CallAnswer {
    let begun = ContinuousClock.now
    metrics.begin()
    var order: CallOrder?
    let answer: CallAnswer
    do {
      guard !drains else { throw CallError(.unavailable, "SHUTTING_DOWN", "this server shuts down; try again") }
      var admitted = try await admit(endpoint, headers)
      admitted.source = source
      admitted.outlet = outlet
      order = admitted
      answer = try await self.answer(admitted, endpoint, handle, request)
    } catch let error as CallError {
      answer = CallAnswer(result: .failure(error), roundTrips: 0)
    } catch {
      answer = CallAnswer(result: .failure(CallError(.internal, "UNEXPECTED", "\(error)")), roundTrips: 0)
    }
    let duration = ContinuousClock.now - begun
    metrics.end(endpoint.method.path, code: answer.code, duration: duration, roundTrips: answer.roundTrips)
    log(answer, endpoint, order, headers, duration)
    return CallAnswer(result: answer.result.mapError(\.outward), roundTrips: answer.roundTrips)
  }

  /// The call after it was admitted: it takes its place, and is answered; then its reader is waited for.
  private func answer(
    _ order: CallOrder, _ endpoint: Endpoint, _ handle: CallHandle, _ request: @escaping @Sendable () async throws -> [UInt8]
  ) async throws -> CallAnswer {
    try limit.enter(order.caller.tenant)
    defer { limit.leave(order.caller.tenant) }
    let answer = try await self.answer(inPlace: order, endpoint, handle, request)
    if let outlet = order.outlet, case .success = answer.result {
      try await waiting(for: order, handle, until: "the answer was not read") { try await outlet.drain() }
    }
    return answer
  }

  /// What takes much memory or time waits for its turn.
  private func answer(
    inPlace order: CallOrder, _ endpoint: Endpoint, _ handle: CallHandle, _ request: @escaping @Sendable () async throws -> [UInt8]
  ) async throws -> CallAnswer {
    let method = endpoint.method
    let tenant = order.caller.tenant.id
    var order = order
    order.request = try await waiting(for: order, handle, until: "the request was not whole") { try await Self.read(request, for: method) }
    let isLarge = order.request.count > ServedMethod.usualRequestBytesMax
    if isLarge {
      try await waiting(for: order, handle, until: "other large requests ran") { [largeRequests] in try await largeRequests.enter(tenant) }
    }
    defer { if isLarge { largeRequests.leave(tenant) } }
    if method.rule.heavy {
      try await waiting(for: order, handle, until: "other reports ran") { [heavyReports] in try await heavyReports.enter(tenant) }
      order.holdsHeavyPlace = true
    }
    defer { if method.rule.heavy { heavyReports.leave(tenant) } }
    let (result, roundTrips) = await answer(order, endpoint, handle)
    return CallAnswer(result: result, roundTrips: roundTrips)
  }

  private func answer(_ order: CallOrder, _ endpoint: Endpoint, _ handle: CallHandle) async -> (Result<[UInt8], CallError>, roundTrips: Int)
  {
    switch endpoint.provider {
    case .plugin(let plugin):
      let call = PluginCall(order, plugin: plugin, table: calls, pool: pool)
      handle.holds(until: order.deadline) { call.end($0) }
      return (await call.answer(), call.roundTrips)
    case .host(let method):
      let call = HostCall(order, pool: pool, isSnapshot: method.isSnapshot)
      let task = Task { await call.answer(by: method) }
      handle.holds(until: order.deadline) { _ in
        task.cancel()
        call.interrupt()
      }
      return (await task.value, call.roundTrips)
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

  private static func read(_ request: @Sendable () async throws -> [UInt8], for method: ServedMethod) async throws(CallError) -> [UInt8] {
    let body: [UInt8]
    do {
      body = try await request()
    } catch {
      throw CallError(.invalidArgument, "NO_REQUEST", "the request did not arrive whole: \(error)")
    }
    try method.check(body)
    return body
  }

  private func admit(_ endpoint: Endpoint, _ headers: CallHeaders) async throws -> CallOrder {
    let method = endpoint.method
    var now = Google_Protobuf_Timestamp(date: Date())
    now.nanos -= now.nanos % 1000  // what Postgres keeps
    let timeout = min(headers.timeout ?? endpoint.timeoutMax, endpoint.timeoutMax)
    let caller = try await keys.caller(headers.authorization, certificate: headers.certificate, now: now)
    guard method.rule.anyCaller || caller.permissions.allows(method.rule.permission) else {
      throw CallError(
        .permissionDenied, "NO_PERMISSION", "\(caller.principal) has no permission \(method.rule.permission); an administrator can give it")
    }
    guard !method.rule.operatorsOnly || caller.isOperator else {
      throw CallError(.permissionDenied, "OPERATORS_ONLY", "\(method.name) is for operators of the installation, not for keys of companies")
    }
    if let key = headers.idempotencyKey, !(1...128).contains(key.unicodeScalars.count) || CallOrder.isHosts(requestID: key) {
      throw CallError(
        .invalidArgument, "IDEMPOTENCY_KEY",
        "the idempotency-key must have 1 to 128 characters, and not begin with job/, via/ or operator/, which are Remit's own")
    }
    return CallOrder(
      method: method, caller: caller, requestID: headers.idempotencyKey ?? UUID.version7(at: now).uuidString.lowercased(),
      request: [], now: now, deadline: .now + timeout, trace: headers.trace)
  }

  /// What is the server's fault is a warning, with what only the database knows; the rest is there for who looks for it.
  private func log(_ answer: CallAnswer, _ endpoint: Endpoint, _ order: CallOrder?, _ headers: CallHeaders, _ duration: Duration) {
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
    }
    if let trace = headers.trace { fields["trace"] = "\(trace.id)" }
    if case .failure(let error) = answer.result {
      fields["reason"] = "\(error.reason)"
      fields["error"] = "\(error.metadata["database"] ?? error.message)"
    }
    logger.log(level: level, "call", metadata: fields)
  }
}

extension CallAnswer {
  /// The gRPC status code: 0 is OK.
  var code: UInt32 {
    switch result {
    case .success: 0
    case .failure(let error): UInt32(clamping: error.code)
    }
  }
}

extension CallError {
  private static let sentenceBytesMax = 600
  private static let violationsBytesMax = 3000

  /// As the caller may see it: without what only the database knows, and no longer than the 8 KiB of trailers that any client reads
  /// (the sentence stands there twice, once percent-encoded; the details in Base64).
  var outward: CallError {
    var error = self
    for key in ["database", "sqlstate", "constraint", "statement"] { error.metadata[key] = nil }
    error.message = error.message.cut(toBytes: Self.sentenceBytesMax)
    error.violations = []
    var bytesLeft = Self.violationsBytesMax
    for (index, violation) in violations.enumerated() {
      let field = violation.field.cut(toBytes: 200), message = violation.message.cut(toBytes: 200)
      bytesLeft -= field.utf8.count + message.utf8.count + 8
      guard bytesLeft >= 0 else {
        error.violations.append(.with { $0.message = "and \(violations.count - index) more faults" })
        break
      }
      error.violations.append(.with { $0.field = field; $0.message = message })
    }
    for (key, value) in error.metadata { error.metadata[key] = value.cut(toBytes: 200) }
    return error
  }
}

extension String {
  /// Its beginning where it is longer, with "..." after it.
  func cut(toBytes bytesMax: Int) -> String {
    guard utf8.count > bytesMax else { return self }
    return String(decoding: utf8.prefix(bytesMax), as: UTF8.self).trimmingSuffix { $0 == "\u{FFFD}" } + "..."
  }

  private func trimmingSuffix(while isCut: (Unicode.Scalar) -> Bool) -> String {
    var scalars = unicodeScalars
    while let last = scalars.last, isCut(last) { scalars.removeLast() }
    return String(scalars)
  }
}
