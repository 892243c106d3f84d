import NIOCore

/// Closes a connection from which nothing came for a while. The transport says goodbye to a connection without calls and then waits for an answer,
/// which a client that is broken or hostile never gives.
final class SilentConnections: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  /// - Parameter silenceMax: longer than the time after which the transport pings the client, which answers if it lives.
  static func close(in channel: any Channel, after silenceMax: Duration) throws {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandlers([IdleStateHandler(readTimeout: TimeAmount(silenceMax)), SilentConnections()], position: .first)
  }

  /// - Parameter silenceMax: neither read nor written for so long; who only listens is no silent one.
  static func close(in channel: any Channel, afterNeither silenceMax: Duration) throws {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandlers([IdleStateHandler(allTimeout: TimeAmount(silenceMax)), SilentConnections()], position: .first)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
    context.close(promise: nil)
  }
}
