import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// Serves /metrics, /healthz and /readyz by HTTP.
struct OperationsServer: Service {
  let host: String
  let port: Int
  let operations: Operations
  /// Told the port when it listens.
  let listening: @Sendable (Int) -> Void
  private static let silenceMax = Duration.seconds(60)
  /// Whatever a client does: who asks again connects again.
  private static let connectionMax = TimeAmount.minutes(5)

  func run() async throws {
    let channel: any Channel
    do {
      channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { [operations] channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.configureHTTPServerPipeline()
            // Who does not read is read from no more, and is silent then.
            try channel.pipeline.syncOperations.addHandlers([BackPressureHandler(), Answers(operations: operations)])
            channel.eventLoop.scheduleTask(in: Self.connectionMax) { channel.close(promise: nil) }
            try SilentConnections.close(in: channel, after: Self.silenceMax)
          }
        }
        .bind(host: host, port: port).get()
    } catch {
      throw HostError("metrics cannot listen on \(host):\(port): \(error)")
    }
    listening(channel.localAddress?.port ?? port)
    // It ends by cancellation too, where another service failed. What is asked while calls in flight finish is answered.
    try? await gracefulShutdown()
    try await channel.close()
  }
}

private final class Answers: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let operations: Operations
  private var head: HTTPRequestHead?

  init(operations: Operations) { self.operations = operations }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end:
      guard let head else { return }
      self.head = nil
      let (status, type, text) = answer(to: head)
      let body = context.channel.allocator.buffer(string: head.method == .HEAD ? "" : text)
      let headers: HTTPHeaders = ["content-type": type, "content-length": String(text.utf8.count), "cache-control": "no-store"]
      context.write(wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: status, headers: headers))), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
      let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
      if !head.isKeepAlive { written.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
    }
  }

  private func answer(to head: HTTPRequestHead) -> (HTTPResponseStatus, type: String, text: String) {
    let plain = "text/plain; charset=utf-8"
    guard head.method == .GET || head.method == .HEAD else { return (.methodNotAllowed, plain, "GET or HEAD\n") }
    switch head.uri.split(separator: "?", omittingEmptySubsequences: false).first ?? "" {
    case "/metrics": return (.ok, "text/plain; version=0.0.4; charset=utf-8", operations.metrics)
    case "/healthz": return (.ok, plain, "alive\n")
    case "/readyz":
      let readiness = operations.readiness
      return (readiness.isReady ? .ok : .serviceUnavailable, plain, readiness.text)
    default: return (.notFound, plain, "there are /metrics, /healthz and /readyz\n")
    }
  }
}
