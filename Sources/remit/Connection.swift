import ArgumentParser
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Glibc
import LedgerMessages
import RemitAPI
import SwiftProtobuf

/// Where remitd is, and who calls.
struct Connection: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where remitd is; https:// before it where it has a certificate. (default: REMIT_ADDRESS, or 127.0.0.1:7460)", valueName: "host:port")
  )
  var address: String?
  @Option(help: ArgumentHelp("The key of the company. (default: REMIT_KEY)", valueName: "remit_...")) var key: String?
  @Option(help: ArgumentHelp("Who issued remitd's certificate, in PEM. (default: REMIT_CA, or whom the system trusts)", valueName: "file"))
  var ca: String?
  @Option(
    help: ArgumentHelp("A certificate of your own, in PEM, which can stand for a key. (default: REMIT_CERTIFICATE)", valueName: "file"))
  var clientCertificate: String?
  @Option(help: ArgumentHelp("The private key of your certificate. (default: REMIT_CLIENT_KEY)", valueName: "file")) var clientKey: String?
  @Option(help: ArgumentHelp("How long to wait at most. (default: 30, for whole companies 3600)", valueName: "seconds")) var timeout: Int?

  /// Connects, runs `body`, and turns every error into one line and an exit code.
  ///
  /// - Parameter patience: how many seconds to wait for an answer where --timeout does not say.
  func run<Value: Sendable>(patience: Int = 30, _ body: @Sendable (Client) async throws -> Value) async throws -> Value {
    let timeout = timeout ?? patience
    guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout is from 1 to 86400 seconds") }
    let certificate = clientCertificate ?? Self.environment("REMIT_CERTIFICATE")
    let key = key ?? Self.environment("REMIT_KEY")
    guard key != nil || certificate != nil else {
      try fail("no key: give --key or set REMIT_KEY; an administrator has the company's keys", EX_NOPERM)
    }
    let address = address ?? Self.environment("REMIT_ADDRESS") ?? "127.0.0.1:7460"
    let isTLS = address.hasPrefix("https://")
    let given = isTLS ? String(address.dropFirst("https://".count)) : address
    guard let match = given.wholeMatch(of: /([^:\[\]]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})/), let port = Int(match.2),
      (1...65535).contains(port)
    else {
      throw ValidationError("the address is a host and a port, such as 127.0.0.1:7460, not \(address)")
    }
    // As a name an IP address would be asked for as one in the TLS handshake, which is not allowed.
    let host = String(match.1.trimmingPrefix("[").replacing("]", with: ""))
    let target: any ResolvableTarget =
      host.contains(":")
      ? .ipv6(address: host, port: port)
      : host.wholeMatch(of: /[0-9.]+/) != nil ? .ipv4(address: host, port: port) : .dns(host: host, port: port)
    do {
      return try await withGRPCClient(
        transport: .http2NIOPosix(
          target: target, transportSecurity: isTLS ? try tls(certificate) : .plaintext)
      ) { client in
        try await body(Client(client: client, key: key, timeout: .seconds(timeout)))
      }
    } catch let error as RPCError {
      switch error.code {
      case .unavailable where !error.isFromRemit:
        try fail("no remitd answers at \(address); is it running, and is the address right?", EX_UNAVAILABLE)
      case .unavailable: try fail(error.message, EX_UNAVAILABLE)
      case .deadlineExceeded: try fail("no answer within \(timeout) s; try again, or with a longer --timeout", EX_UNAVAILABLE)
      case .unauthenticated, .permissionDenied: try fail(error.message, EX_NOPERM)
      case .unimplemented: try fail("this remitd does not serve that; is it older than remit, or without the plugin?", 1)
      case _ where !error.findings.isEmpty:
        for finding in error.findings { printError(finding) }
        throw ExitCode(EX_DATAERR)
      default: try fail(error.words, 1)
      }
    }
  }

  private func tls(_ certificate: String?) throws -> HTTP2ClientTransport.Posix.TransportSecurity {
    let authority = ca ?? Self.environment("REMIT_CA")
    let clientKey = clientKey ?? Self.environment("REMIT_CLIENT_KEY")
    for file in [authority, certificate, clientKey].compactMap({ $0 }) where access(file, R_OK) != 0 {
      try fail("\(file) cannot be read: \(String(cString: strerror(errno)))", EX_NOINPUT)
    }
    guard (certificate == nil) == (clientKey == nil) else { throw ValidationError("--client-certificate and --client-key belong together") }
    let roots = authority.map { TLSConfig.TrustRootsSource.certificates([.file(path: $0, format: .pem)]) } ?? .systemDefault
    guard let certificate, let clientKey else { return .tls { $0.trustRoots = roots } }
    return .mTLS(
      certificateChain: [.file(path: certificate, format: .pem)], privateKey: .file(path: clientKey, format: .pem)
    ) { $0.trustRoots = roots }
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
  /// nil where a certificate stands for it.
  let key: String?
  let timeout: Duration

  enum Service: String {
    case ledger = "remit.ledger.v1.LedgerService"
    case books = "remit.ledger.v1.BooksService"
    case tenants = "remit.platform.v1.TenantService"
    case keys = "remit.platform.v1.KeyService"
    case audit = "remit.platform.v1.AuditService"
    case configuration = "remit.platform.v1.ConfigurationService"
    case records = "remit.platform.v1.RecordService"
    case imports = "remit.platform.v1.ImportService"
    case plugins = "remit.platform.v1.PluginService"
    case database = "remit.platform.v1.DatabaseService"
  }

  /// The currency given, or else the company's own.
  func currency(_ given: String?) async throws -> String {
    if let given { return given }
    let reply: Remit_Platform_V1_WhoAmIReply = try await call("WhoAmI", of: .keys, Remit_Platform_V1_WhoAmIRequest())
    return reply.tenant.baseCurrency
  }

  func call<Request: Message, Reply: Message>(_ method: String, of service: Service = .ledger, _ request: Request) async throws -> Reply {
    try await client.unary(
      request: ClientRequest(message: request, metadata: metadata),
      descriptor: MethodDescriptor(fullyQualifiedService: service.rawValue, method: method), serializer: ProtobufCoder<Request>(),
      deserializer: ProtobufCoder<Reply>(), options: options
    ) { response in
      let reply = try response.message
      Self.tell(response.trailingMetadata)
      return reply
    }
  }

  /// What the company's forms warn of, and changed in the request.
  private static func tell(_ trailers: Metadata) {
    guard let bytes = trailers[binaryValues: "remit-admission-bin"].first(where: { _ in true }),
      let admission = try? Remit_Plugin_V1_Admission(serializedBytes: Array(bytes))
    else { return }
    for change in admission.changes {
      printError("note: \(change.field): \(change.before.isEmpty ? "" : "\(change.before) -> ")\(change.after)")
    }
    for warning in admission.warnings { printError("warning: \(warning.field): \(warning.message)") }
  }

  func stream<Request: Message, Reply: Message>(
    _ method: String, of service: Service = .ledger, _ request: Request, _ receive: @escaping @Sendable (Reply) async throws -> Void
  ) async throws {
    try await client.serverStreaming(
      request: ClientRequest(message: request, metadata: metadata),
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
      request: StreamingClientRequest(metadata: metadata, producer: send),
      descriptor: MethodDescriptor(fullyQualifiedService: service.rawValue, method: method), serializer: ProtobufCoder<Request>(),
      deserializer: ProtobufCoder<Reply>(), options: options
    ) { try $0.message }
  }

  /// Calls any method with an encoded request; `receive` gets each encoded reply.
  func call(
    _ service: String, _ method: String, _ request: [UInt8], idempotencyKey: String? = nil,
    _ receive: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws {
    var metadata = metadata
    if let idempotencyKey { metadata.addString(idempotencyKey, forKey: "idempotency-key") }
    // On the wire a call with one reply is a stream of one.
    try await client.serverStreaming(
      request: ClientRequest(message: request, metadata: metadata),
      descriptor: MethodDescriptor(fullyQualifiedService: service, method: method), serializer: ByteCoder(), deserializer: ByteCoder(),
      options: options
    ) { response in
      for try await message in response.messages { try receive(message) }
    }
  }

  /// The customer with a number.
  func customer(_ number: String) async throws -> Remit_Ledger_V1_Customer {
    let request = Remit_Ledger_V1_ListCustomersRequest.with { $0.number = number }
    let reply: Remit_Ledger_V1_ListCustomersReply = try await call("ListCustomers", request)
    guard let found = reply.customers.first else { try fail("there is no customer \(number); see remit customers", 1) }
    return found
  }

  private var metadata: Metadata { key.map { ["authorization": "Bearer \($0)"] } ?? [:] }

  private var options: CallOptions {
    var options = CallOptions.defaults
    options.timeout = timeout
    options.waitForReady = false
    options.maxRequestMessageBytes = 64 << 20
    options.maxResponseMessageBytes = 64 << 20
    return options
  }
}

private struct ByteCoder: MessageSerializer, MessageDeserializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) -> Bytes { Bytes(message) }
  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
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
