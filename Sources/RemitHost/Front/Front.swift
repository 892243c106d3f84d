import FoundationEssentials
import RemitAPI
import SwiftProtobuf

/// What a client sent beside its request.
struct CallHeaders: Sendable {
  var authorization: String?
  var idempotencyKey: String?
  var timeout: Duration?
  var trace: Trace?
  /// What the client showed; read only where it sent no key.
  var certificate: ClientCertificate?
  /// Of who is signed in; read only where there is no key.
  var session: SessionToken?
  /// Whom a page of the console shows as signed in: "nordwind/anna", in base64. The browser may have another session by now.
  var person: String?
}

/// Where clients' calls come in: who calls, with what, and until when.
final class Front: Sendable {
  private let calls: Calls
  private let keys: KeyDirectory
  private let clock: Clock

  init(calls: Calls, keys: KeyDirectory, clock: Clock) {
    self.calls = calls
    self.clock = clock
    self.keys = keys
  }

  /// From now on new calls get UNAVAILABLE; those in flight go on.
  func drain() { calls.drain() }

  var drains: Bool { calls.drains }

  /// - Parameters:
  ///   - handle: gets the call, so that it can be cancelled.
  ///   - source: the requests of a stream; nil where the one is `request`.
  ///   - outlet: takes the messages of a stream before the last, which is the result; the client has them all when this returns it.
  ///   - request: reads the request; asked only when the caller may call.
  func call(
    _ endpoint: Endpoint, headers: CallHeaders, handle: CallHandle, source: MessageSource? = nil, outlet: MessageOutlet? = nil,
    request: @escaping @Sendable () async throws -> [UInt8]
  ) async -> CallAnswer {
    let answer = await calls.perform(endpoint, handle: handle, trace: headers.trace, request: request) {
      guard !drains else { throw CallError(.unavailable, "SHUTTING_DOWN", "this server shuts down; try again") }
      var order = try await admit(endpoint, headers)
      order.source = source
      order.outlet = outlet
      return (order, nil)
    }
    return CallAnswer(result: answer.result.mapError(\.outward), roundTrips: answer.roundTrips, admission: answer.admission)
  }

  /// Who it is, for what is no call.
  func caller(_ headers: CallHeaders) async throws(CallError) -> Caller {
    guard !drains else { throw CallError(.unavailable, "SHUTTING_DOWN", "this server shuts down; try again") }
    return try await keys.caller(headers, now: clock.now)
  }

  private func admit(_ endpoint: Endpoint, _ headers: CallHeaders) async throws -> CallOrder {
    let method = endpoint.method
    // Both at once: by what is recorded as of now, and how long it may last, others tell what has settled.
    let (now, begun) = (clock.now, ContinuousClock.now)
    let timeout = min(headers.timeout ?? method.timeout, method.timeout)
    let caller = try await keys.caller(headers, now: now)
    try Calls.requirePermission(method, caller)
    if let key = headers.idempotencyKey, !(1...128).contains(key.unicodeScalars.count) || CallOrder.isHosts(requestID: key) {
      throw CallError(
        .invalidArgument, "IDEMPOTENCY_KEY",
        "the idempotency-key must have 1 to 128 characters, and not begin with job/, via/, event/, wake/, import/, session/ or operator/, which are Remit's own"
      )
    }
    return CallOrder(
      method: method, caller: caller, requestID: headers.idempotencyKey ?? UUID.version7(at: now).uuidString.lowercased(),
      hasCallersKey: headers.idempotencyKey != nil, request: [], now: now, deadline: begun + timeout, trace: headers.trace)
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
      error.violations.append(
        .with {
          $0.field = field; $0.message = message
        })
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
