import NIOCore
import NIOHTTP2

/// Closes a connection that has not come as far as its first HTTP/2 frame after a while, whatever it sends meanwhile: a TLS handshake that is never ended,
/// or a preface byte by byte.
final class FirstFrame: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame

  private static let patience = TimeAmount.seconds(20)
  private var deadline: Scheduled<Void>?

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    deadline?.cancel()
    deadline = nil
    context.fireChannelRead(data)
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }
}
