import NIOCore

/// Stops accepting for a second where a connection cannot be: while no more files may be opened the listener would try all the time. (NIO's own
/// AcceptBackoffHandler holds back only new reads; the one under way is tried again at once.)
final class AcceptPause: ChannelInboundHandler {
  typealias InboundIn = any Channel

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is IOError {
      let listener = context.channel
      // It fails where the listener is closed, which is no matter then.
      listener.setOption(.autoRead, value: false).whenComplete { _ in }
      listener.eventLoop.scheduleTask(in: .seconds(1)) { listener.setOption(.autoRead, value: true).whenComplete { _ in } }
    }
    context.fireErrorCaught(error)
  }
}
