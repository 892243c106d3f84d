import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOSSL
import RemitAPI
import RemitGzip
import RemitJSON
import ServiceLifecycle

/// Serves the methods of plugins and host by HTTP: the Connect protocol, with messages as JSON or as protobuf, unary calls and server streams, the same front as
/// gRPC's. Reads can be asked by GET. What it serves is described at /openapi.json.
struct JSONFront: Service {
  private let endpoints: [String: Endpoint]
  private let front: Front
  private let messages: MessageSchema
  private let openAPI: String
  private let events: EventStream
  private let sessions: Sessions
  private let console: ConsoleFiles?
  private let tls: TLSConfiguration?
  private let host: String
  private let port: Int
  private let listening: @Sendable (Int) -> Void
  private let logger: Logger

  private static let idleMax = Duration.seconds(300)
  /// Shorter answers gain nothing by it.
  private static let packedBytesMin = 1024
  /// Longer than any call.
  private static let silenceMax = Duration.seconds(900)

  /// - Parameter listening: told the port when clients may come.
  init(
    host: String, port: Int, tls: TLSConfiguration?, endpoints: [Endpoint], front: Front, messages: MessageSchema, openAPI: String,
    events: EventStream, sessions: Sessions, console: ConsoleFiles?, logger: Logger,
    listening: @escaping @Sendable (Int) -> Void
  ) {
    self.endpoints = Dictionary(uniqueKeysWithValues: endpoints.map { ($0.method.path, $0) })
    self.front = front
    self.messages = messages
    self.openAPI = openAPI
    self.events = events
    self.sessions = sessions
    self.console = console
    self.tls = tls
    self.host = host
    self.port = port
    self.logger = logger
    self.listening = listening
  }

  func run() async throws {
    let router = Router(context: DoorContext.self)
    router.get("/openapi.json") { [openAPI] _, _ in
      Response(status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(string: openAPI)))
    }
    router.get("/events") { [events] request, _ in await events.answer(request) }
    SessionDoor(sessions: sessions).add(to: router)
    router.post("/{service}/{method}") { request, context in await post(request, context) }
    router.get("/{service}/{method}") { request, context in await get(request, context) }
    let responder = router.buildResponder()
    let door = HTTPDoor(name: "HTTP", host: host, port: port, tls: tls, idleMax: Self.idleMax, silenceMax: Self.silenceMax)
    try await door.serve(
      { request, context in
        if let file = console?.answer(request) { return file }
        return try await responder.respond(to: request, context: context)
      }, logger: logger, listening: listening)
  }

  private func endpoint(_ context: DoorContext) -> Endpoint? {
    guard let service = context.parameters.get("service"), let method = context.parameters.get("method") else { return nil }
    return endpoints["/\(service)/\(method)"]
  }

  private func post(_ request: Request, _ context: DoorContext) async -> Response {
    guard let endpoint = endpoint(context) else { return Self.noMethod(request) }
    guard let codec = ConnectCodec(contentType: request.headers[.contentType] ?? "") else {
      let told = ConnectError(
        CallError(
          .invalidArgument, "CONTENT_TYPE", "the content-type is application/json, application/proto, or of a stream with connect+"),
        module: endpoint.module)
      return Response(
        status: .unsupportedMediaType, headers: [.contentType: "application/json", .acceptPost: "application/json, application/proto"],
        body: .init(byteBuffer: ByteBuffer(string: told.body)))
    }
    let method = endpoint.method
    guard codec.isStream == method.isServerStreaming, !method.isClientStreaming else {
      let how = method.isClientStreaming ? "gRPC only" : "application/\(method.isServerStreaming ? "connect+" : "")json"
      return refusal(CallError(.unimplemented, "STREAM", "\(method.path) is called by \(how)"), endpoint, codec)
    }
    let headers: CallHeaders
    do throws(CallError) {
      headers = try CallHeaders(request)
    } catch {
      return refusal(error, endpoint, codec)
    }
    let read: @Sendable () async throws -> [UInt8] = {
      var body = try await Self.body(of: request, method, codec)
      if codec.isStream {
        guard let (message, isCompressed) = ConnectEnvelope.single(body) else {
          throw CallError(.invalidArgument, "ENVELOPE", "the request is not one message in its envelope")
        }
        body = isCompressed ? try Self.unpacked(message, bytesMax: Self.bytesMax(method, codec)) : message
      }
      return try wire(body, method, codec)
    }
    if codec.isStream {
      return stream(endpoint, headers, codec, read, ConnectCodec.acceptsGzip(request.headers[.connectAcceptEncoding]))
    }
    return await unary(endpoint, headers, codec, read, ConnectCodec.acceptsGzip(request.headers[.acceptEncoding]))
  }

  /// JSON is longer than protobuf; more than twice as much as the method takes is no request of it.
  private static func bytesMax(_ method: ServedMethod, _ codec: ConnectCodec) -> Int { method.requestBytesMax * (codec.isJSON ? 2 : 1) }

  private static func body(of request: Request, _ method: ServedMethod, _ codec: ConnectCodec) async throws -> [UInt8] {
    let bytesMax = bytesMax(method, codec) + ConnectEnvelope.headBytes
    do {
      let body = Array(try await request.body.collect(upTo: bytesMax).readableBytesView)
      return isPacked(request) ? try unpacked(body, bytesMax: bytesMax) : body
    } catch is NIOTooManyBytesError {
      throw CallError(.resourceExhausted, "REQUEST_TOO_LARGE", "the request has more than \(bytesMax) bytes")
    }
  }

  private static func isPacked(_ request: Request) -> Bool { request.headers[.contentEncoding] == "gzip" }

  private static func unpacked(_ body: [UInt8], bytesMax: Int) throws(CallError) -> [UInt8] {
    do {
      return try Gzip.decompress(body, bytesMax: bytesMax)
    } catch {
      switch error {
      case .malformed: throw CallError(.invalidArgument, "ENCODING", "the request is not gzip, as it says")
      case .tooLarge:
        throw CallError(.resourceExhausted, "REQUEST_TOO_LARGE", "the request has more than \(bytesMax) bytes when it is unpacked")
      }
    }
  }

  /// Connect's GET, for methods that only read: the message is in the query.
  private func get(_ request: Request, _ context: DoorContext) async -> Response {
    guard let endpoint = endpoint(context) else { return Self.noMethod(request) }
    let method = endpoint.method
    guard !method.isWrite, !method.isServerStreaming else {
      return Response(status: .methodNotAllowed, headers: [.allow: "POST"])
    }
    let query = request.uri.queryParameters
    let encoding = query["encoding"].map(String.init) ?? "json"
    let codec = ConnectCodec(isJSON: encoding != "proto")
    do throws(CallError) {
      let compression = query["compression"].map(String.init) ?? "identity"
      guard ["identity", "gzip"].contains(compression), query["connect"].map({ $0 == "v1" }) ?? true,
        ["json", "proto"].contains(encoding)
      else {
        throw CallError(.invalidArgument, "QUERY", "connect is v1, encoding json or proto, compression identity or gzip")
      }
      let headers = try CallHeaders(request)
      var message = query["message"].map { Array(String($0).utf8) } ?? Array((codec.isJSON ? "{}" : "").utf8)
      if query["base64"] == "1" {
        guard let decoded = Self.base64URL(message) else { throw CallError(.invalidArgument, "QUERY", "the message is not base64") }
        message = decoded
      }
      if compression == "gzip" { message = try Self.unpacked(message, bytesMax: method.requestBytesMax) }
      let bytes = message
      return await unary(
        endpoint, headers, codec, { try wire(bytes, method, codec) }, ConnectCodec.acceptsGzip(request.headers[.acceptEncoding]))
    } catch {
      return refusal(error, endpoint, codec)
    }
  }

  private func unary(
    _ endpoint: Endpoint, _ headers: CallHeaders, _ codec: ConnectCodec, _ request: @escaping @Sendable () async throws -> [UInt8],
    _ acceptsGzip: Bool
  ) async -> Response {
    let handle = CallHandle()
    let answer = await withTaskCancellationHandler {
      await front.call(endpoint, headers: headers, handle: handle, request: request)
    } onCancel: {
      // A shutdown looks like a cancellation as well, and must not end what is in flight.
      if !front.drains { handle.cancel() }
    }
    do {
      var body = try text(try answer.result.get(), endpoint.method, codec)
      var fields: HTTPFields = [.contentType: codec.contentType, .cacheControl: "no-store", .vary: "accept-encoding"]
      if acceptsGzip, body.count >= Self.packedBytesMin {
        body = Gzip.compress(body, level: 1)
        fields[.contentEncoding] = "gzip"
      }
      fields[.roundTrips] = String(answer.roundTrips)
      if let told = answer.admissionHeader { fields[.admission] = Data(told).base64EncodedString() }
      return Response(status: .ok, headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    } catch let error as CallError {
      return refusal(error, endpoint, codec)
    } catch {
      return refusal(CallError(.internal, "ENCODING", "the reply cannot be written: \(error)"), endpoint, codec)
    }
  }

  private func stream(
    _ endpoint: Endpoint, _ headers: CallHeaders, _ codec: ConnectCodec, _ request: @escaping @Sendable () async throws -> [UInt8],
    _ acceptsGzip: Bool
  ) -> Response {
    let envelope: @Sendable ([UInt8]) throws -> [UInt8] = { bytes in
      let message = try text(bytes, endpoint.method, codec)
      guard acceptsGzip, message.count >= Self.packedBytesMin else { return ConnectEnvelope.bytes(message) }
      return ConnectEnvelope.bytes(Gzip.compress(message, level: 1), flags: ConnectEnvelope.compressed)
    }
    let body = ResponseBody { writer in
      let pipe = BodyPipe(writer)
      let handle = CallHandle()
      let outlet = MessageOutlet { bytes in try await pipe.write(try envelope(bytes)) }
      let answer = await withTaskCancellationHandler {
        await front.call(endpoint, headers: headers, handle: handle, outlet: outlet, request: request)
      } onCancel: {
        if !front.drains { handle.cancel() }
      }
      var end = "{}"
      do {
        try await pipe.write(try envelope(try answer.result.get()))
      } catch let error as CallError {
        end = "{\"error\":\(ConnectError(error, module: endpoint.module).body)}"
      }
      try await pipe.write(ConnectEnvelope.bytes(Array(end.utf8), flags: ConnectEnvelope.endOfStream))
      try await pipe.finish()
    }
    var fields: HTTPFields = [.contentType: codec.contentType, .cacheControl: "no-store"]
    if acceptsGzip { fields[.connectContentEncoding] = "gzip" }
    return Response(status: .ok, headers: fields, body: body)
  }

  /// A message as the front takes it.
  private func wire(_ body: [UInt8], _ method: ServedMethod, _ codec: ConnectCodec) throws -> [UInt8] {
    guard codec.isJSON else { return body }
    do {
      return try messages.wire(fromJSON: body.isEmpty ? Array("{}".utf8) : body, as: method.requestType)
    } catch {
      throw CallError(.invalidArgument, "JSON", "the request is not as \(method.requestType) has it: \(error)")
    }
  }

  private func text(_ body: [UInt8], _ method: ServedMethod, _ codec: ConnectCodec) throws -> [UInt8] {
    codec.isJSON ? Array(try messages.json(fromWire: body, as: method.replyType).utf8) : body
  }

  private func refusal(_ error: CallError, _ endpoint: Endpoint, _ codec: ConnectCodec) -> Response {
    let told = ConnectError(error, module: endpoint.module)
    guard !codec.isStream else {
      let end = ConnectEnvelope.bytes(Array("{\"error\":\(told.body)}".utf8), flags: ConnectEnvelope.endOfStream)
      return Response(status: .ok, headers: [.contentType: codec.contentType], body: .init(byteBuffer: ByteBuffer(bytes: end)))
    }
    return told.response
  }

  private static func noMethod(_ request: Request) -> Response {
    let told = ConnectError(
      CallError(.unimplemented, "NO_METHOD", "there is no method \(request.uri.path.cut(toBytes: 200))"), module: "platform")
    return Response(
      status: .notFound, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(string: told.body)))
  }

  /// Of both alphabets, with and without padding.
  private static func base64URL(_ text: [UInt8]) -> [UInt8]? {
    var plain = text.filter { $0 != UInt8(ascii: "=") }.map {
      $0 == UInt8(ascii: "-") ? UInt8(ascii: "+") : $0 == UInt8(ascii: "_") ? UInt8(ascii: "/") : $0
    }
    while plain.count % 4 != 0 { plain.append(UInt8(ascii: "=")) }
    return Data(base64Encoded: Data(plain)).map { Array($0) }
  }
}

/// The writer of a response, which messages come to from another task, one after the other.
final class BodyPipe: @unchecked Sendable {
  private var writer: any ResponseBodyWriter

  init(_ writer: any ResponseBodyWriter) { self.writer = writer }

  func write(_ bytes: [UInt8]) async throws { try await writer.write(ByteBuffer(bytes: bytes)) }
  func finish() async throws { try await writer.finish(nil) }
}

extension HTTPField.Name {
  fileprivate static let acceptPost = named("accept-post")
  fileprivate static let roundTrips = named("remit-round-trips")
  fileprivate static let connectAcceptEncoding = named("connect-accept-encoding")
  fileprivate static let connectContentEncoding = named("connect-content-encoding")
  fileprivate static let admission = named("remit-admission-bin")

  /// Of a name that is one.
  private static func named(_ text: String) -> Self { Self(text) ?? .server }
}
