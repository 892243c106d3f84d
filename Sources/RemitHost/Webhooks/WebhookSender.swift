import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix

/// Sends one company's messages to one address. It connects to the address that it looked at, whatever the name resolves to a moment later, follows no
/// redirect, and reads no more of an answer than its status.
final class WebhookSender: Sendable {
  struct Target: Sendable {
    let url: String
    let host: String
    let isSecure: Bool

    /// - Parameter allowed: hosts that the operator allows, whatever their addresses are, and also without TLS.
    /// - Returns: nil where it is no address that Remit sends to, and why.
    init(_ text: String, allowed: Set<String>) throws(PublicAddress.Unreachable) {
      func refuse(_ why: String) -> PublicAddress.Unreachable { .init(description: why) }
      guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let url = URL(string: text),
        let scheme = url.scheme?.lowercased(), let host = url.host(percentEncoded: false)?.lowercased(), !host.isEmpty
      else { throw refuse("must be like https://erp.example.com/remit, of at most 2048 ASCII characters") }
      guard url.user == nil, url.password == nil, url.fragment == nil else { throw refuse("must have neither user, password nor #") }
      guard url.port.map({ (1...65535).contains($0) }) ?? true else { throw refuse("must have a port of 1 to 65535") }
      let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
      guard scheme == "https" || scheme == "http" && allowed.contains(name) else {
        throw refuse("must begin with https://, unless the operator allows the host \(name) by name")
      }
      if let bytes = PublicAddress.bytes(of: name), !PublicAddress.isPublic(bytes), !allowed.contains(name) {
        throw refuse("must be public, unless the operator allows the host \(name) by name")
      }
      self.url = text
      self.host = name
      isSecure = scheme == "https"
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
  /// What a receiver says is not read further.
  private static let answerBytesMax = 4096

  init(_ target: Target, allowed: Set<String>) async throws(Failure) {
    self.target = target
    let mayBePrivate = allowed.contains(target.host)
    let address: String
    do {
      address = try await NIOThreadPool.singleton.runIfActive { try PublicAddress.resolve(target.host, mayBePrivate: mayBePrivate) }
    } catch {
      throw Failure(why: "\(error)")
    }
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5), read: Self.timeout), decompression: .disabled)
    configuration.dnsOverride = [target.host: address]
    configuration.httpVersion = .http1Only
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
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
      if status == .ok || status.code < 300 { _ = try? await answer.body.collect(upTo: Self.answerBytesMax) }
    } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
      throw Failure(why: "no answer within \(Self.timeout.nanoseconds / 1_000_000_000) seconds")
    } catch {
      throw Failure(why: "\(error)".cut(toBytes: 300))
    }
    switch status.code {
    case 200..<300: return
    case 410: throw Failure(why: "the receiver answered 410: it wants no more", isEnd: true)
    case 429, ..<400, 500...: throw Failure(why: "the receiver answered \(status.code)")
    default: throw Failure(why: "the receiver answered \(status.code)", isOfMessage: true)
    }
  }
}
