import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL

/// What a request brings beside itself.
struct DoorContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Of the client; nil: this machine, where a proxy may stand for many.
  let address: String?

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    let address = source.channel.remoteAddress?.ipAddress
    self.address = address.flatMap { $0 == "::1" || $0.hasPrefix("127.") || $0.hasPrefix("::ffff:127.") ? nil : $0 }
  }
}

/// What the HTTP servers of remitd have in common: how long a client may be silent, that the last files are not taken by connections, and HTTP/2 where
/// there is TLS.
struct HTTPDoor {
  /// "HTTP", "metrics": in errors.
  let name: String
  let host: String
  let port: Int
  var tls: TLSConfiguration?
  /// Between requests, or within one.
  let idleMax: Duration
  /// Neither reading nor being written to, whatever it waits for.
  let silenceMax: Duration
  /// nil: as long as it likes.
  var connectionMax: Duration?

  /// Serves until it is shut down or cancelled.
  ///
  /// - Parameter listening: told the port when clients may come.
  func serve(
    _ answer: @escaping @Sendable (Request, DoorContext) async throws -> Response, logger: Logger,
    listening: @escaping @Sendable (Int) -> Void
  ) async throws {
    var logger = logger
    // What goes wrong with a connection is the client's affair.
    logger.logLevel = .critical
    let app = Application(
      responder: CallbackResponder(callback: answer), server: HTTPServerBuilder(channel),
      configuration: .init(address: .hostname(host, port: port), serverName: "remit", backlog: Self.acceptQueue),
      onServerRunning: { channel in
        // It fails where the listener is closed already.
        try? await channel.eventLoop.submit { try channel.pipeline.syncOperations.addHandler(AcceptPause(), position: .first) }.get()
        listening(channel.localAddress?.port ?? port)
      }, logger: logger)
    do {
      try await app.runService(gracefulShutdownSignals: [])
    } catch  where Task.isCancelled {
    } catch {
      throw HostError("\(name) cannot listen on \(host):\(port): \(error)")
    }
  }

  /// The system has its own limit.
  private static let acceptQueue = 4096

  private func channel(_ responder: @escaping HTTPChannelHandler.Responder) throws -> any ServerChildChannel {
    let streams = HTTP1Channel.Configuration(idleTimeout: TimeAmount(idleMax))
    guard let tls else { return Watched(base: HTTP1Channel(responder: responder, configuration: streams), door: self) }
    do {
      let both = try HTTP2UpgradeChannel(
        tlsConfiguration: tls, configuration: .init(idleTimeout: idleMax, streamConfiguration: streams), responder: responder)
      return Watched(base: both, door: self)
    } catch {
      throw HostError("\(name) cannot use the certificate: \(error)")
    }
  }

  /// A connection, from its first byte on.
  private struct Watched<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let door: HTTPDoor

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
      do {
        try SilentConnections.close(in: channel, afterNeither: door.silenceMax)
      } catch {
        return channel.eventLoop.makeFailedFuture(error)
      }
      if let longest = door.connectionMax { channel.eventLoop.scheduleTask(in: TimeAmount(longest)) { channel.close(promise: nil) } }
      return base.setup(channel: channel, logger: logger)
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
  }
}
