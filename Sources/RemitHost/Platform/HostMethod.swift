import RemitAPI
import SwiftProtobuf

/// What the host does itself when one of its own methods is called.
struct HostMethod: Sendable {
  let name: String
  var isWrite = false
  /// All it reads is of one instant.
  var isSnapshot = false
  /// The company's forms judge its requests.
  var isJudged = false
  /// What a repeat of a call is answered, of the reply that was kept; nil: that.
  var again: (@Sendable (_ kept: [UInt8], HostCall) async throws -> [UInt8])? = nil
  let run: @Sendable (HostCall) async throws -> [UInt8]

  static func read<Request: Message, Reply: Message>(
    _ name: String, _ body: @escaping @Sendable (Request, HostCall) async throws -> Reply
  ) -> HostMethod {
    HostMethod(name: name) { call in try await body(try call.request(), call).serializedBytes() }
  }
}

extension HostCall {
  func request<Request: Message>() throws(CallError) -> Request {
    do {
      return try Request(serializedBytes: order.request)
    } catch {
      throw CallError(.invalidArgument, "MALFORMED_REQUEST", "the request is not a \(Request.protoMessageName) message")
    }
  }
}
