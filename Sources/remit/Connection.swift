import ArgumentParser
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Glibc
import RemitAPI
import SwiftProtobuf

/// Where remitd is, and who calls.
struct Connection: ParsableArguments {
  @Option(help: ArgumentHelp("Where remitd is. (default: REMIT_ADDRESS, or 127.0.0.1:7460)", valueName: "host:port"))
  var address: String?
  @Option(help: ArgumentHelp("The key of the company. (default: REMIT_KEY)", valueName: "remit_...")) var key: String?
  @Option(help: ArgumentHelp("How long to wait at most. (default: 30, for whole companies 3600)", valueName: "seconds")) var timeout: Int?

  /// Connects, runs `body`, and turns every error into one line and an exit code.
  ///
  /// - Parameter patience: how many seconds to wait for an answer where --timeout does not say.
  func run<Value: Sendable>(patience: Int = 30, _ body: @Sendable (Client) async throws -> Value) async throws -> Value {
    let timeout = timeout ?? patience
    guard let key = key ?? Self.environment("REMIT_KEY") else {
      try fail("no key: give --key or set REMIT_KEY; an administrator has the company's keys", EX_NOPERM)
    }
    let address = address ?? Self.environment("REMIT_ADDRESS") ?? "127.0.0.1:7460"
    let parts = address.split(separator: ":")
    guard parts.count == 2, let port = Int(parts[1]), (1...65535).contains(port) else {
      throw ValidationError("the address is a host and a port, such as 127.0.0.1:7460, not \(address)")
    }
    do {
      return try await withGRPCClient(
        transport: .http2NIOPosix(target: .dns(host: String(parts[0]), port: port), transportSecurity: .plaintext)
      ) { client in
        try await body(Client(client: client, key: key, timeout: .seconds(timeout)))
      }
    } catch let error as RPCError {
      switch error.code {
      case .unavailable where !error.isFromRemit:
        try fail("no remitd answers at \(address); is it running, and is the address right?", EX_UNAVAILABLE)
      case .unavailable: try fail(error.message, EX_UNAVAILABLE)
      case .deadlineExceeded: try fail("no answer within \(timeout) s; try again, and part a large file", EX_UNAVAILABLE)
      case .unauthenticated, .permissionDenied: try fail(error.message, EX_NOPERM)
      case .unimplemented: try fail("this remitd does not serve that; is it older than remit, or without the plugin?", 1)
      default: try fail(error.message, 1)
      }
    }
  }

  private static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }
}

extension RPCError {
  /// Whether remitd itself said so, and not the way to it: it always sends details.
  fileprivate var isFromRemit: Bool { metadata["grpc-status-details-bin"].first { _ in true } != nil }
}

/// Calls methods of remitd.
struct Client: Sendable {
  let client: GRPCClient<HTTP2ClientTransport.Posix>
  let key: String
  let timeout: Duration

  enum Service: String {
    case ledger = "remit.ledger.v1.LedgerService"
    case books = "remit.ledger.v1.BooksService"
    case tenants = "remit.platform.v1.TenantService"
    case keys = "remit.platform.v1.KeyService"
    case audit = "remit.platform.v1.AuditService"
    case plugins = "remit.platform.v1.PluginService"
    case database = "remit.platform.v1.DatabaseService"
  }

  func call<Request: Message, Reply: Message>(_ method: String, of service: Service = .ledger, _ request: Request) async throws -> Reply {
    try await client.unary(
      request: ClientRequest(message: request, metadata: ["authorization": "Bearer \(key)"]),
      descriptor: MethodDescriptor(fullyQualifiedService: service.rawValue, method: method), serializer: ProtobufCoder<Request>(),
      deserializer: ProtobufCoder<Reply>(), options: options
    ) { try $0.message }
  }

  func stream<Request: Message, Reply: Message>(
    _ method: String, of service: Service = .ledger, _ request: Request, _ receive: @escaping @Sendable (Reply) async throws -> Void
  ) async throws {
    try await client.serverStreaming(
      request: ClientRequest(message: request, metadata: ["authorization": "Bearer \(key)"]),
      descriptor: MethodDescriptor(fullyQualifiedService: service.rawValue, method: method), serializer: ProtobufCoder<Request>(),
      deserializer: ProtobufCoder<Reply>(), options: options
    ) { response in
      for try await message in response.messages { try await receive(message) }
    }
  }

  /// Sends many requests, and gets one reply.
  func upload<Request: Message, Reply: Message>(
    _ method: String, of service: Service, _ send: @escaping @Sendable (RPCWriter<Request>) async throws -> Void
  ) async throws -> Reply {
    try await client.clientStreaming(
      request: StreamingClientRequest(metadata: ["authorization": "Bearer \(key)"], producer: send),
      descriptor: MethodDescriptor(fullyQualifiedService: service.rawValue, method: method), serializer: ProtobufCoder<Request>(),
      deserializer: ProtobufCoder<Reply>(), options: options
    ) { try $0.message }
  }

  /// The customer with a number.
  func customer(_ number: String) async throws -> Remit_Ledger_V1_Customer {
    let request = Remit_Ledger_V1_ListCustomersRequest.with { $0.number = number }
    let reply: Remit_Ledger_V1_ListCustomersReply = try await call("ListCustomers", request)
    guard let found = reply.customers.first else { try fail("there is no customer \(number); see remit customers", 1) }
    return found
  }

  private var options: CallOptions {
    var options = CallOptions.defaults
    options.timeout = timeout
    options.waitForReady = false
    options.maxRequestMessageBytes = 64 << 20
    options.maxResponseMessageBytes = 64 << 20
    return options
  }
}

private struct ProtobufCoder<M: Message>: MessageSerializer, MessageDeserializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: M) throws -> Bytes {
    let bytes: [UInt8] = try message.serializedBytes()
    return Bytes(bytes)
  }

  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> M {
    try bytes.withUnsafeBytes { try M(serializedBytes: Array($0)) }
  }
}

/// One line on standard error, and an exit code of sysexits.h.
func fail(_ message: String, _ code: Int32) throws -> Never {
  printError("remit: \(message)")
  throw ExitCode(code)
}

func printError(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}
