import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// Serves /metrics, /healthz and /readyz by HTTP.
struct OperationsServer: Service {
  let host: String
  let port: Int
  let operations: Operations
  let logger: Logger
  /// Told the port when it listens.
  let listening: @Sendable (Int) -> Void

  func run() async throws {
    // Whatever a client does: who asks again connects again.
    let door = HTTPDoor(
      name: "metrics", host: host, port: port, idleMax: .seconds(60), silenceMax: .seconds(60), connectionMax: .seconds(300))
    // Who reads slowly does not keep it from ending. What is asked while calls in flight finish is answered.
    try await cancelWhenGracefulShutdown {
      try await door.serve({ request, _ in answer(to: request) }, logger: logger, listening: listening)
    }
  }

  private func answer(to request: Request) -> Response {
    let (status, type, text) = found(request)
    var headers: HTTPFields = [.contentType: type, .cacheControl: "no-store"]
    guard request.method == .head else {
      return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }
    headers[.contentLength] = String(text.utf8.count)
    return Response(status: status, headers: headers)
  }

  private func found(_ request: Request) -> (HTTPResponse.Status, type: String, text: String) {
    let plain = "text/plain; charset=utf-8"
    guard request.method == .get || request.method == .head else { return (.methodNotAllowed, plain, "GET or HEAD\n") }
    switch request.uri.path {
    case "/metrics": return (.ok, "text/plain; version=0.0.4; charset=utf-8", operations.metrics)
    case "/healthz": return (.ok, plain, "alive\n")
    case "/readyz":
      let readiness = operations.readiness
      return (readiness.isReady ? .ok : .serviceUnavailable, plain, readiness.text)
    default: return (.notFound, plain, "there are /metrics, /healthz and /readyz\n")
    }
  }
}
