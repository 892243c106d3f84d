public import FoundationEssentials
public import RemitAPI
public import SwiftProtobuf

public typealias CallError = RemitAPI.CallError
public typealias Currency = RemitAPI.Currency

/// One call in flight: who calls, for which company, when, and what it may ask of the host.
public struct Call: Sendable {
  let id: UInt64
  let context: Remit_Plugin_V1_CallContext
  let host: HostPort

  /// The only clock a module may read.
  public var now: Google_Protobuf_Timestamp { context.now }
  /// What was recorded at this instant or before is there to be read: every write that began by then has ended.
  public var settledUntil: Google_Protobuf_Timestamp { context.settledUntil }
  /// W3C Trace Context of the client, for whatever else the module asks; empty where it sent none.
  public var traceparent: String { context.traceparent }
  /// Today in the company's time zone, ISO 8601.
  public var businessDate: String { context.businessDate }
  /// The idempotency key of the call, or what the host made where there is none.
  public var requestID: String { context.requestID }
  public var tenant: Remit_Plugin_V1_Tenant { context.tenant }
  public var principal: Remit_Plugin_V1_Principal { context.principal }

  /// Whether who calls has a permission beyond that of the method.
  public func may(_ permission: String) -> Bool { PermissionSet(principal.permissions).allows(permission) }

  /// A UUIDv7 with the time of the call.
  public func newID() -> UUID { .version7(at: now) }

  /// Runs statements in one round trip, one result each. In a write they stay in its transaction, whose end is the `Write`.
  ///
  /// - Parameter events: what others are told of these statements once the call has committed; at most 1000.
  public func query(_ statements: [Statement], events: [Event] = []) async throws(CallError) -> [Rows] {
    let batch = Remit_Plugin_V1_Batch.with {
      $0.statements = statements
      $0.events = events
    }
    return try await host.execute(id, batch).results
  }

  /// Reads in a transaction of its own that ends with it, so that nothing is held while a client reads what is sent to it; in a write only before its first
  /// `query`.
  public func queryApart(_ statements: [Statement]) async throws(CallError) -> [Rows] {
    let batch = Remit_Plugin_V1_Batch.with {
      $0.statements = statements
      $0.apart = true
    }
    return try await host.execute(id, batch).results
  }

  /// Calls another module's method as the same person, in the same transaction: what it wrote stays or goes with what this call writes. Only methods of
  /// services that the module's `calls` names. What it refuses is thrown, is undone, and may be caught.
  ///
  /// - Parameter method: "/remit.ledger.v1.LedgerService/PostInvoice".
  public func invoke<Reply: Message>(_ method: String, _ request: some Message, as _: Reply.Type = Reply.self) async throws -> Reply {
    try Reply(serializedBytes: try await invoke(method, encoded: try request.serializedBytes()))
  }

  /// The same with messages as they are encoded.
  ///
  /// - Parameter apart: in a transaction of its own, which stays whatever becomes of this call; only before the first write.
  public func invoke(_ method: String, encoded request: [UInt8], apart: Bool = false) async throws -> [UInt8] {
    try await invoke(
      .with {
        $0.method = method
        $0.request = Data(request)
        $0.apart = apart
      })
  }

  /// The same, with all that can be said of it: on whose behalf, and what holds it passes.
  public func invoke(_ invoke: Remit_Plugin_V1_Invoke) async throws -> [UInt8] { try await host.invoke(id, invoke) }

  /// Gives the caller of a streaming method a message before the last, which is the reply; waits until there is room.
  public func send(_ message: some Message) async throws { try await host.send(id, message.serializedBytes()) }

  public func log(_ level: LogLevel, _ message: String, _ attributes: [String: String] = [:]) {
    host.log(
      id, level,
      .with {
        $0.message = message; $0.attributes = attributes
      })
  }
}

/// remit_level of remit_plugin.h.
public enum LogLevel: Int32, Sendable {
  case trace, debug, info, warning, error
}
