import NIOCore
import NIOHTTP2
import Synchronization

/// Who broke the protocol lately. A new connection from there has to wait, so that whoever breaks one connection after the other, to make remitd busy
/// with a hundred calls each time, is slow at it. Connections that stand are left alone.
final class Misbehaviour: Sendable {
  private static let wait = TimeAmount.seconds(1)
  private static let memory = TimeAmount.seconds(10)
  private static let addressesMax = 10_000

  private let remembered = Mutex<[String: NIODeadline]>([:])

  /// Watches a connection; done when it may begin.
  func watch(_ channel: any Channel) throws -> EventLoopFuture<Void> {
    guard let address = channel.remoteAddress?.ipAddress else { return channel.eventLoop.makeSucceededVoidFuture() }
    let pipeline = channel.pipeline.syncOperations
    // The transport's own handlers, which come after it, keep what is wrong to themselves.
    let http2 = try pipeline.handler(type: NIOHTTP2Handler.self)
    let watch = Watch { self.remember(address) }
    try pipeline.addHandlers([watch, FirstFrame()], position: .after(http2))
    guard isRemembered(address) else { return channel.eventLoop.makeSucceededVoidFuture() }
    return channel.eventLoop.scheduleTask(in: Self.wait) {}.futureResult
  }

  private func remember(_ address: String) {
    remembered.withLock { remembered in
      if remembered.count >= Self.addressesMax { remembered.removeAll() }
      remembered[address] = .now() + Self.memory
    }
  }

  private func isRemembered(_ address: String) -> Bool { remembered.withLock { $0[address] ?? .distantPast } > .now() }

  private final class Watch: ChannelInboundHandler {
    typealias InboundIn = Any
    /// Who cancels two hundred calls, which ends a connection, has not had the time to wait for their answers.
    private static let hurry = TimeAmount.seconds(5)
    private let report: () -> Void
    private let began = NIODeadline.now()

    init(report: @escaping () -> Void) { self.report = report }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      // Not a client that goes away, or whose TLS fails; nor one that speaks of a stream that has just ended.
      // Nor one whose deadlines are short, and honest: only over some time they end a connection.
      let isSlow = error is NIOHTTP2Errors.ExcessiveRSTFrames && .now() - began > Self.hurry
      if error is any NIOHTTP2Error, !(error is NIOHTTP2Errors.NoSuchStream), !(error is NIOHTTP2Errors.StreamClosed), !isSlow { report() }
      context.fireErrorCaught(error)
    }
  }
}
