import NIOCore
import NIOHPACK
import NIOHTTP2

/// Answers calls whose headers grpc-swift cannot take before it sees them: a grpc-timeout with a sign ends the process there (`Timeout.init` of grpc-swift-2
/// 2.4.3). One stands before each call.
final class HeaderGuard: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  private var hasRefused = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !hasRefused else { return }
    guard case .headers(let headers) = unwrapInboundIn(data), let problem = Self.problem(in: headers.headers) else {
      return context.fireChannelRead(data)
    }
    hasRefused = true
    let trailers: HPACKHeaders = [
      ":status": "200", "content-type": "application/grpc", "grpc-status": "\(problem.code)", "grpc-message": problem.message,
    ]
    context.writeAndFlush(wrapOutboundOut(.headers(.init(headers: trailers, endStream: true))), promise: nil)
    // Who has been answered and sends on is not waited for.
    let channel = context.channel
    context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
  }

  /// What is wrong with the headers of a call, in ASCII, with the gRPC status code.
  static func problem(in headers: HPACKHeaders) -> (code: Int, message: String)? {
    let timeouts = headers["grpc-timeout"]
    guard timeouts.count <= 1 else { return (3, "there is more than one grpc-timeout") }
    guard timeouts.allSatisfy({ CallHeaders.timeout(String($0)) != nil }) else {
      return (3, "grpc-timeout is not 1 to 8 digits and one of H, M, S, m, u and n")
    }
    let encodings = headers["grpc-encoding"]
    guard encodings.count <= 1, !encodings.contains(where: { $0.contains(",") }) else {
      return (12, "a message has one grpc-encoding; identity is supported")
    }
    return nil
  }
}
