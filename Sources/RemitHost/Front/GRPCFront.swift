import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Logging
import NIOCore
import NIOPosix
import RemitAPI
import ServiceLifecycle
import Synchronization
import SwiftProtobuf

/// Serves the methods of plugins and host by gRPC. Messages pass through as the bytes they are.
struct GRPCFront: Service {
  private let server: GRPCServer<HTTP2ServerTransport.Posix>
  private let transport: HTTP2ServerTransport.Posix
  private let address: String
  private let front: Front
  private let health: Health
  private let listening: @Sendable (Int) -> Void

  /// - Parameter listening: told the port when clients may come.
  init(
    host: String, port: Int, security: HTTP2ServerTransport.Posix.TransportSecurity, connectionIdleMax: Duration, endpoints: [Endpoint],
    front: Front, reflection: Reflection, health: Health,
    listening: @escaping @Sendable (Int) -> Void
  ) {
    let misbehaviour = Misbehaviour()
    transport = HTTP2ServerTransport.Posix(
      address: host.contains(":") ? .ipv6(host: host, port: port) : .ipv4(host: host, port: port), transportSecurity: security,
      config: .defaults {
        // A client that comes back finds out and connects again.
        $0.connection.maxIdleTime = connectionIdleMax
        $0.connection.keepalive.time = connectionIdleMax
        // Many may connect at once, after a restart: whoever finds no room here is heard only a second later.
        $0.channelDebuggingCallbacks.onBindTCPListener = { listener in
          listener.eventLoop.makeCompletedFuture { try listener.pipeline.syncOperations.addHandler(AcceptPause(), position: .first) }
            .flatMap { listener.setOption(.backlog, value: 4096) }
        }
        $0.channelDebuggingCallbacks.onAcceptTCPConnection = { channel in
          do {
            try SilentConnections.close(in: channel, after: connectionIdleMax + .seconds(20))
            return try misbehaviour.watch(channel)
          } catch {
            return channel.eventLoop.makeFailedFuture(error)
          }
        }
        $0.channelDebuggingCallbacks.onAcceptHTTP2Stream = { call in
          call.eventLoop.makeCompletedFuture { try call.pipeline.syncOperations.addHandler(HeaderGuard(), position: .first) }
        }
        $0.rpc.maxRequestPayloadSize = 64 << 20
        // Told to clients, which queue the rest. Without it they are told nothing, and lose the connection with the 101st call at once.
        // What one connection brings at once keeps the calls of others waiting.
        $0.http2.maxConcurrentStreams = 100
      })
    var router = RPCRouter<HTTP2ServerTransport.Posix>()
    for endpoint in endpoints { Self.register(endpoint, front, in: &router) }
    reflection.register(in: &router)
    health.register(in: &router)
    server = GRPCServer(transport: transport, router: router)
    address = "\(host):\(port)"
    self.front = front
    self.health = health
    self.listening = listening
  }

  func run() async throws {
    try await withGracefulShutdownHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.serve() }
        // Without an address it was stopped before it listened, or serve() throws why it cannot.
        if let address = try? await transport.listeningAddress, let port = address.ipv4?.port ?? address.ipv6?.port { listening(port) }
        do {
          try await group.waitForAll()
        } catch {
          throw HostError("gRPC cannot listen on \(address): \(error)")
        }
      }
    } onGracefulShutdown: {
      front.drain()
      health.tellWatchers()
      server.beginGracefulShutdown()
    }
  }

  private static func register(
    _ endpoint: Endpoint, _ front: Front, in router: inout RPCRouter<HTTP2ServerTransport.Posix>
  ) {
    let method = endpoint.method
    router.registerHandler(
      forMethod: MethodDescriptor(fullyQualifiedService: method.service, method: method.name), deserializer: RawBytes(),
      serializer: RawBytes()
    ) { request, context in
      let headers = CallHeaders(request.metadata, context)
      let source = method.isClientStreaming ? request.messages : nil
      @Sendable func answer(outlet: MessageOutlet? = nil) async -> CallAnswer {
        let handle = CallHandle()
        return await withRPCCancellationHandler {
          await front.call(endpoint, headers: headers, handle: handle, source: source, outlet: outlet) {
            method.isClientStreaming ? [] : try await ServerRequest(stream: request).message
          }
        } onCancelRPC: {
          // A shutdown looks like a cancellation as well, and must not end what is in flight.
          if !front.drains { handle.cancel() }
        }
      }
      if method.isServerStreaming {
        return StreamingServerResponse { writer in
          let pace = Pace()
          let outlet = MessageOutlet {
            try await writer.write($0)
            try await pace.wait()
          }
          let answer = await answer(outlet: outlet)
          switch answer.result {
          case .success(let last):
            try await writer.write(last)
            return answer.trailers
          case .failure(let error): throw RPCError(error, module: endpoint.module, trailers: answer.trailers)
          }
        }
      }
      let answer = await answer()
      switch answer.result {
      case .success(let body):
        return StreamingServerResponse(single: ServerResponse(message: body, trailingMetadata: answer.trailers))
      case .failure(let error):
        return StreamingServerResponse(error: RPCError(error, module: endpoint.module, trailers: answer.trailers))
      }
    }
  }
}

/// Waits now and then until the event loops have written what they were given. The transport makes a writer wait for the socket, but not for the loop:
/// without it small messages pile up before the loop, which then reads nothing, not even that the client has gone away.
private final class Pace: Sendable {
  private static let messages = 64
  private let sent = Atomic(0)

  func wait() async throws {
    guard sent.add(1, ordering: .relaxed).newValue % Self.messages == 0 else { return }
    for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try await loop.submit {}.get() }
  }
}

extension CallAnswer {
  fileprivate var trailers: Metadata {
    var trailers: Metadata = ["remit-round-trips": .string(String(roundTrips))]
    if let told = admissionHeader { trailers.addBinary(told, forKey: "remit-admission-bin") }
    return trailers
  }
}

/// Messages as bytes.
struct RawBytes: MessageSerializer, MessageDeserializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) -> Bytes { Bytes(message) }
  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
}

extension CallHeaders {
  init(_ metadata: Metadata, _ context: ServerContext) {
    func first(_ key: String) -> String? { metadata[stringValues: key].first { _ in true } }
    let authorization = first("authorization")
    self.init(
      authorization: authorization, idempotencyKey: first("idempotency-key"),
      timeout: first("grpc-timeout").flatMap(Self.timeout), trace: first("traceparent").flatMap(Trace.init),
      // Encoding and hashing it is spared where a key is sent.
      certificate: authorization == nil ? ClientCertificate(of: context) : nil)
  }

  /// The duration that a grpc-timeout such as "500m" tells; nil if it is none.
  static func timeout(_ text: String) -> Duration? {
    guard (2...9).contains(text.utf8.count), text.utf8.dropLast().allSatisfy({ (0x30...0x39).contains($0) }), let unit = text.last,
      let count = Int64(text.dropLast())
    else { return nil }
    return switch unit {
    case "H": .seconds(count * 3600)
    case "M": .seconds(count * 60)
    case "S": .seconds(count)
    case "m": .milliseconds(count)
    case "u": .microseconds(count)
    case "n": .nanoseconds(count)
    default: nil
    }
  }
}

extension CallAnswer {
  private static let headerBytesMax = 4000

  /// What the company's forms changed and warn of, encoded, as long as a header may be; nil: nothing.
  var admissionHeader: [UInt8]? {
    guard var admission else { return nil }
    while true {
      guard let bytes: [UInt8] = try? admission.serializedBytes() else { return nil }
      if bytes.count <= Self.headerBytesMax { return bytes }
      if !admission.changes.isEmpty { admission.changes.removeLast() } else { admission.warnings.removeLast() }
    }
  }
}
