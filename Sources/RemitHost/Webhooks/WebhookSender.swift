import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Sends one company's messages to one address. It connects to the address that it looked at, whatever the name resolves to a moment later, follows no
/// redirect, and judges an answer by its status alone.
final class WebhookSender: Sendable {
  struct Target: Sendable {
    /// In one form: scheme and host in lower case.
    let url: String
    /// Without brackets.
    let host: String

    /// - Parameter allowed: hosts that the operator allows, whatever their addresses are, and also without TLS.
    /// - Throws: why it is no address that Remit sends to.
    init(_ text: String, allowed: Set<String>) throws(PublicAddress.Unreachable) {
      func refuse(_ why: String) -> PublicAddress.Unreachable { .init(description: why) }
      guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw refuse("must be like https://erp.example.com/remit, of at most 2048 ASCII characters")
      }
      guard !text.contains("#"), !text.prefix(while: { $0 != "?" }).contains("@") else {
        throw refuse("must have neither user, password nor #")
      }
      // Taken apart by no library, which would see another host in it than the next one.
      let form = /([a-z][a-z0-9+.-]*):\/\/([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?([\/?].*)?/.ignoresCase()
      guard let match = text.wholeMatch(of: form) else { throw refuse("must be like https://erp.example.com/remit") }
      let (scheme, host) = (match.1.lowercased(), match.2.lowercased())
      guard match.3.map({ (1...65535).contains(Int($0.dropFirst()) ?? 0) }) ?? true else { throw refuse("must have a port of 1 to 65535") }
      let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
      guard !host.hasPrefix("[") || PublicAddress.bytes(of: name)?.count == 16 else {
        throw refuse("must be like https://erp.example.com/remit")
      }
      guard scheme == "https" || scheme == "http" && allowed.contains(name) else {
        throw refuse("must begin with https://, unless the operator allows the host \(name) by name")
      }
      if let bytes = PublicAddress.bytes(of: name), !PublicAddress.isPublic(bytes), !allowed.contains(name) {
        throw refuse("must be public, unless the operator allows the host \(name) by name")
      }
      url = "\(scheme)://\(host)\(match.3 ?? "")\(match.4 ?? "")"
      self.host = name
    }
  }

  struct Failure: Error {
    let why: String
    /// Whether it is about this message only: others may be taken.
    var isOfMessage = false
    /// The receiver wants no more at all.
    var isEnd = false
  }

  private let target: Target
  private let client: HTTPClient

  private static let timeout = TimeAmount.seconds(15)
  private static let lookupMax = Duration.seconds(5)
  private static let drainMax = Duration.seconds(1)
  /// Names are looked up by the system, which nobody can stop.
  private static let lookups = {
    let threads = NIOThreadPool(numberOfThreads: 16)
    threads.start()
    return threads
  }()
  /// What a receiver says is not read further.
  private static let answerBytesMax = 4096

  init(_ target: Target, allowed: Set<String>) async throws(Failure) {
    self.target = target
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5), read: Self.timeout), decompression: .disabled)
    // One in figures was looked at when it was taken apart.
    if PublicAddress.bytes(of: target.host) == nil {
      configuration.dnsOverride = [target.host: try await Self.address(of: target.host, mayBePrivate: allowed.contains(target.host))]
    }
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.httpVersion = .http1Only
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  private static func address(of host: String, mayBePrivate: Bool) async throws(Failure) -> String {
    let (found, continuation) = AsyncStream<Result<String, PublicAddress.Unreachable>>.makeStream()
    lookups.submit { _ in
      continuation.yield(Result { () throws(PublicAddress.Unreachable) in try PublicAddress.resolve(host, mayBePrivate: mayBePrivate) })
      continuation.finish()
    }
    let result = await first(within: lookupMax) { await found.first { _ in true } } ?? nil
    switch result {
    case .success(let address): return address
    case .failure(let error): throw Failure(why: error.description)
    case nil: throw Failure(why: "\(host) is not found within \(lookupMax.components.seconds) seconds")
    }
  }

  /// nil where it takes longer; it is cancelled then.
  private static func first<Result: Sendable>(
    within longest: Duration, _ body: @escaping @Sendable () async -> Result
  ) async -> Result? {
    await withTaskGroup(of: Result?.self) { group in
      group.addTask { await body() }
      group.addTask {
        try? await Task.sleep(for: longest)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }

  func close() async {
    // It has no call of ours any more: nothing that fails here is anybody's.
    try? await client.shutdown()
  }

  func send(_ body: [UInt8], headers: [(String, String)]) async throws(Failure) {
    var request = HTTPClientRequest(url: target.url)
    request.method = .POST
    request.headers = HTTPHeaders(headers + [("content-type", "application/json"), ("user-agent", "Remit")])
    request.body = .bytes(body)
    let status: HTTPResponseStatus
    do {
      let answer = try await client.execute(request, timeout: Self.timeout)
      status = answer.status
      // A short answer is read to its end, so that the connection serves the next message; with a longer one it is closed.
      if status.code < 300 {
        _ = await Self.first(within: Self.drainMax) { try? await answer.body.collect(upTo: Self.answerBytesMax).readableBytes }
      }
    } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
      throw Failure(why: "no answer within \(Self.timeout.nanoseconds / 1_000_000_000) seconds")
    } catch {
      throw Failure(why: Self.words(of: error))
    }
    switch status.code {
    case 200..<300: return
    case 410: throw Failure(why: "the receiver answered 410: it wants no more", isEnd: true)
    case 429, ..<400, 500...: throw Failure(why: "the receiver answered \(status.code)")
    default: throw Failure(why: "the receiver answered \(status.code)", isOfMessage: true)
    }
  }

  /// For who keeps the receiver: without where in our sources it was found.
  private static func words(of error: any Error) -> String {
    switch error {
    case let error as IOError: return "no connection: \(String(cString: strerror(error.errnoCode)))"
    case let error as NIOConnectionError:
      if let one = error.connectionErrors.first?.error { return words(of: one) }
      return "no connection"
    case is NIOSSLError: return "no TLS connection, or none that can be trusted: " + plain("\(error)")
    default: return plain("\(error)")
    }
  }

  private static func plain(_ text: String) -> String {
    let line = text.split(separator: " at /").first.map(String.init) ?? ""
    return String(line.unicodeScalars.map { $0.value < 0x20 ? " " : Character($0) }).cut(toBytes: 300)
  }
}
