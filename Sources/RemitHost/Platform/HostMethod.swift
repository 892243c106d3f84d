import RemitAPI
import SwiftProtobuf

/// What the host does itself when one of its own methods is called.
struct HostMethod: Sendable {
  let name: String
  var timeoutMax = Duration.seconds(30)
  /// All it reads is of one instant.
  var isSnapshot = false
  let run: @Sendable (HostCall) async throws -> [UInt8]

  /// A method with one request and, at the end, one reply. A write must have committed when `body` returns.
  static func method<Request: Message, Reply: Message>(
    _ name: String, timeoutMax: Duration = .seconds(30), isSnapshot: Bool = false,
    _ body: @escaping @Sendable (Request, HostCall) async throws -> Reply
  ) -> HostMethod {
    HostMethod(name: name, timeoutMax: timeoutMax, isSnapshot: isSnapshot) { call in
      let request: Request
      do {
        request = try Request(serializedBytes: call.order.request)
      } catch {
        throw CallError(.invalidArgument, "MALFORMED_REQUEST", "the request is not a \(Request.protoMessageName) message")
      }
      return try await body(request, call).serializedBytes()
    }
  }
}
