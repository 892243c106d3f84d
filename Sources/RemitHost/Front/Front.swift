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
}

/// What a client gets: the reply or the error, and how often the call went to the database.
struct CallAnswer: Sendable {
  let result: Result<[UInt8], CallError>
  let roundTrips: Int
}

/// Checks every call before a plugin sees it: key, permission, size, deadline, calls in flight.
final class Front: Sendable {
  static let timeoutMax = Duration.seconds(30)

  private let calls: CallTable
  private let pool: Pool
  private let keys: KeyDirectory
  private let limit: TenantLimit
  private let logger: Logger
  private let isDraining = Atomic(false)

  /// - Parameter callsPerTenantMax: in flight at once.
  init(calls: CallTable, pool: Pool, callsPerTenantMax: Int, logger: Logger) {
    self.calls = calls
    self.pool = pool
    keys = KeyDirectory(pool: pool)
    limit = TenantLimit(callsMax: callsPerTenantMax)
    self.logger = logger
  }

  /// From now on new calls get UNAVAILABLE; those in flight go on.
  func drain() { isDraining.store(true, ordering: .releasing) }

  var drains: Bool { isDraining.load(ordering: .acquiring) }

  /// - Parameters:
  ///   - handle: gets the call, so that it can be cancelled.
  ///   - sink: takes the messages of a stream before the last, which is the result.
  func call(
    _ method: PluginMethod, of plugin: Plugin, headers: CallHeaders, request: [UInt8], handle: CallHandle, sink: MessageSink? = nil
  ) async -> CallAnswer {
    do {
      guard !drains else { throw CallError(.unavailable, "SHUTTING_DOWN", "this server shuts down; try again") }
      let order = try await admit(method, headers, request, sink)
      try limit.enter(order.caller.tenant)
      defer { limit.leave(order.caller.tenant) }
      let call = PluginCall(order, plugin: plugin, table: calls, pool: pool)
      handle.holds(call)
      let result = await call.answer()
      return CallAnswer(result: result.mapError { outward($0, order) }, roundTrips: call.roundTrips)
    } catch let error as CallError {
      return CallAnswer(result: .failure(error), roundTrips: 0)
    } catch {
      return CallAnswer(result: .failure(CallError(.internal, "UNEXPECTED", "\(error)")), roundTrips: 0)
    }
  }

  private func admit(_ method: PluginMethod, _ headers: CallHeaders, _ request: [UInt8], _ sink: MessageSink?) async throws -> CallOrder {
    var now = Google_Protobuf_Timestamp(date: Date())
    now.nanos -= now.nanos % 1000  // what Postgres keeps
    let timeout = min(headers.timeout ?? Self.timeoutMax, Self.timeoutMax)
    let caller = try await keys.caller(headers.authorization, now: now)
    guard caller.permissions.allows(method.rule.permission) else {
      throw CallError(
        .permissionDenied, "NO_PERMISSION", "\(caller.principal) has no permission \(method.rule.permission); an administrator can give it")
    }
    guard request.count <= method.requestBytesMax else {
      throw CallError(
        .resourceExhausted, "REQUEST_TOO_LARGE", "the request has \(request.count) bytes; the method takes \(method.requestBytesMax)")
    }
    if let key = headers.idempotencyKey, !(1...128).contains(key.unicodeScalars.count) {
      throw CallError(.invalidArgument, "IDEMPOTENCY_KEY", "the idempotency-key must have 1 to 128 characters")
    }
    return CallOrder(
      method: method, caller: caller, requestID: headers.idempotencyKey ?? UUID.version7(at: now).uuidString.lowercased(),
      request: request, now: now, deadline: .now + timeout, sink: sink)
  }

  /// The error as the caller may see it: what only the database knows goes to the log.
  private func outward(_ error: CallError, _ order: CallOrder) -> CallError {
    var error = error
    if let detail = error.metadata.removeValue(forKey: "database"), error.code == CallError.Code.internal.value {
      logger.error(
        "a statement failed",
        metadata: [
          "method": "\(order.method.path)", "tenant": "\(order.caller.tenant.name)", "request": "\(order.requestID)", "error": "\(detail)",
        ])
    }
    for key in ["sqlstate", "constraint", "statement"] { error.metadata[key] = nil }
    return error
  }
}

/// Lets whoever waits cancel the call, also before it was admitted.
final class CallHandle: Sendable {
  private let state = Mutex<(call: PluginCall?, isCancelled: Bool)>((nil, false))

  func holds(_ call: PluginCall) {
    let isCancelled = state.withLock { state in
      state.call = call
      return state.isCancelled
    }
    if isCancelled { call.end(.cancelled) }
  }

  func cancel() {
    let call = state.withLock { state in
      state.isCancelled = true
      return state.call
    }
    guard let call else { return }
    // The transport reports a passed deadline as a cancellation too; the call's own clock tells which it is.
    call.end(call.order.deadline <= .now + .milliseconds(5) ? .deadlinePassed : .cancelled)
  }
}
