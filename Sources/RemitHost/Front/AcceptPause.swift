import Glibc
import NIOCore

/// Takes no connections while few more files may be opened: without any the listener would try all the time, and the threads of the process, which open files
/// too, would end it. (NIO's own AcceptBackoffHandler holds back only new reads; the one under way is tried again at once.)
final class AcceptPause: ChannelInboundHandler {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel

  /// So many files are for others than connections.
  private static let reserve: rlim_t = 32

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard Self.hasRoom else {
      unwrapInboundIn(data).close(promise: nil)
      return pause(context.channel)
    }
    context.fireChannelRead(data)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is IOError { pause(context.channel) }
    context.fireErrorCaught(error)
  }

  /// For a second.
  private func pause(_ listener: any Channel) {
    // It fails where the listener is closed, which is no matter then.
    listener.setOption(.autoRead, value: false).whenComplete { _ in }
    listener.eventLoop.scheduleTask(in: .seconds(1)) { listener.setOption(.autoRead, value: true).whenComplete { _ in } }
  }

  /// A new file gets the lowest number that is free, which is about how many there are.
  private static var hasRoom: Bool {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return true }
    let probe = dup(STDERR_FILENO)
    guard probe >= 0 else { return errno != EMFILE }
    close(probe)
    return rlim_t(probe) + reserve < limit.rlim_cur
  }
}
