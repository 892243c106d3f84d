import ArgumentParser
import AsyncHTTPClient
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore
import NIOHTTP1
import Synchronization

/// Loads a gRPC server, or is one that does nothing. deploy/bench runs it.
@main
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(subcommands: [Serve.self, Echo.self, EchoJSON.self, PostInvoice.self])
}

/// A plain grpc-swift server that answers what it was asked.
struct Serve: AsyncParsableCommand {
  @Argument var port: Int

  func run() async throws {
    var router = RPCRouter<HTTP2ServerTransport.Posix>()
    router.registerHandler(forMethod: Echo.method, deserializer: RawBytes(), serializer: RawBytes()) { request, _ in
      StreamingServerResponse(single: ServerResponse(message: try await ServerRequest(stream: request).message))
    }
    let server = GRPCServer(
      transport: HTTP2ServerTransport.Posix(address: .ipv4(host: "127.0.0.1", port: port), transportSecurity: .plaintext), router: router)
    try await server.serve()
  }
}

struct LoadOptions: ParsableArguments {
  @Option var port: Int
  @Option var key = ""
  @Option var clients = 8
  @Option var seconds = 5

  /// By gRPC.
  func load(_ method: MethodDescriptor, request: @escaping @Sendable (Int) throws -> [UInt8]) async throws {
    let metadata: Metadata = key.isEmpty ? [:] : ["authorization": "Bearer \(key)"]
    let port = port
    try await load { next in
      try await withGRPCClient(
        transport: .http2NIOPosix(target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext)
      ) { connection in
        try await next { number in
          _ = try await connection.unary(
            request: ClientRequest(message: try request(number), metadata: metadata), descriptor: method, serializer: RawBytes(),
            deserializer: RawBytes(), options: .defaults
          ) { try $0.message }
        }
      }
    }
  }

  /// Calls by each client one after the other, for the time given. Prints how many were answered in a second.
  ///
  /// - Parameter client: connects, and calls for each number that it gets.
  func load(
    _ client: @escaping @Sendable (_ each: (_ call: (Int) async throws -> Void) async throws -> Void) async throws -> Void
  ) async throws {
    let clients = clients
    let calls = Counter()
    let start = ContinuousClock.now
    let end = start + .seconds(seconds)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for first in 0..<clients {
        group.addTask {
          try await client { call in
            var number = first
            while ContinuousClock.now < end {
              try await call(number)
              number += clients
              calls.add()
            }
          }
        }
      }
      try await group.waitForAll()
    }
    print(Int(Double(calls.count) / ((ContinuousClock.now - start) / .seconds(1))))
  }
}

private final class Counter: Sendable {
  private let value = Atomic(0)
  func add() { value.add(1, ordering: .relaxed) }
  var count: Int { value.load(ordering: .relaxed) }
}

struct Echo: AsyncParsableCommand {
  static let method = MethodDescriptor(fullyQualifiedService: "remit.echo.v1.EchoService", method: "Echo")
  @OptionGroup var options: LoadOptions

  func run() async throws {
    // A google.protobuf.BytesValue of 100 bytes.
    let message: [UInt8] = [0x0A, 100] + [UInt8](repeating: 7, count: 100)
    try await options.load(Self.method) { _ in message }
  }
}

/// The same by JSON.
struct EchoJSON: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "echo-json")
  @OptionGroup var options: LoadOptions

  func run() async throws {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(options.port)/remit.echo.v1.EchoService/Echo")
    request.method = .POST
    request.headers = ["content-type": "application/json", "authorization": "Bearer \(options.key)"]
    request.body = .bytes(ByteBuffer(string: "\"\(String(repeating: "Bwc", count: 45))=\""))
    let asked = request
    try await options.load { next in
      try await next { _ in
        let answer = try await HTTPClient.shared.execute(asked, timeout: .seconds(30))
        let body = try await answer.body.collect(upTo: 1 << 20)
        guard answer.status == .ok else { throw ValidationError("\(answer.status): \(String(buffer: body))") }
      }
    }
  }
}

struct RawBytes: MessageSerializer, MessageDeserializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) -> Bytes { Bytes(message) }
  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
}
