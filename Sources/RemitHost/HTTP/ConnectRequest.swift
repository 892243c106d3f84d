import FoundationEssentials
import HTTPTypes
import Hummingbird
import RemitAPI

/// How messages are encoded, and whether they are in the envelopes of a stream.
struct ConnectCodec {
  let isJSON: Bool
  let isStream: Bool

  /// nil: the content type is none of Connect's.
  init?(contentType: String) {
    let type = contentType.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() } ?? ""
    switch type {
    case "application/json": (isJSON, isStream) = (true, false)
    case "application/proto": (isJSON, isStream) = (false, false)
    case "application/connect+json": (isJSON, isStream) = (true, true)
    case "application/connect+proto": (isJSON, isStream) = (false, true)
    default: return nil
    }
  }

  init(isJSON: Bool) { (self.isJSON, isStream) = (isJSON, false) }

  /// Whether `accept-encoding` takes gzip.
  static func acceptsGzip(_ header: String?) -> Bool {
    guard let header, header.utf8.count < 1000 else { return false }
    return header.split(separator: ",").contains { part in
      let words = part.lowercased().filter { $0 != " " }.split(separator: ";")
      return words.first == "gzip" && !words.dropFirst().contains { ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains($0) }
    }
  }

  var contentType: String { "application/\(isStream ? "connect+" : "")\(isJSON ? "json" : "proto")" }
}

/// A message of a stream: flags, length, bytes.
enum ConnectEnvelope {
  static let headBytes = 5
  static let compressed: UInt8 = 1
  static let endOfStream: UInt8 = 2

  static func bytes(_ body: [UInt8], flags: UInt8 = 0) -> [UInt8] {
    let length = UInt32(body.count)
    return [flags, UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)] + body
  }

  /// The one message of a request; nil where it is not exactly one.
  static func single(_ bytes: [UInt8]) -> (message: [UInt8], isCompressed: Bool)? {
    guard bytes.count >= headBytes, bytes[0] <= compressed else { return nil }
    let length = bytes[1..<5].reduce(0) { $0 << 8 | Int($1) }
    return bytes.count == headBytes + length ? (Array(bytes.dropFirst(headBytes)), bytes[0] == compressed) : nil
  }
}

extension CallHeaders {
  /// Throws where a header is not as the protocol has it.
  init(_ fields: HTTPFields, certificate: ClientCertificate? = nil) throws(CallError) {
    func first(_ name: String) -> String? { HTTPField.Name(name).flatMap { fields[$0] } }
    if let version = first("connect-protocol-version"), version != "1" {
      throw CallError(
        .invalidArgument, "CONNECT_VERSION", "connect-protocol-version is 1, not \(version.cut(toBytes: 20).debugDescription)")
    }
    for name in ["content-encoding", "connect-content-encoding"] {
      guard let encoding = first(name), !["identity", "gzip"].contains(encoding) else { continue }
      throw CallError(.unimplemented, "ENCODING", "the \(name) \(encoding.cut(toBytes: 20).debugDescription) is not taken; gzip is")
    }
    var timeout: Duration?
    if let text = first("connect-timeout-ms") {
      guard (1...10).contains(text.utf8.count), let milliseconds = Int64(text), milliseconds >= 0, text.first?.isNumber == true else {
        throw CallError(.invalidArgument, "CONNECT_TIMEOUT", "connect-timeout-ms has 1 to 10 digits")
      }
      timeout = .milliseconds(milliseconds)
    }
    let authorization = first("authorization")
    self.init(
      authorization: authorization, idempotencyKey: first("idempotency-key"), timeout: timeout,
      trace: first("traceparent").flatMap(Trace.init), certificate: authorization == nil ? certificate : nil)
  }
}
