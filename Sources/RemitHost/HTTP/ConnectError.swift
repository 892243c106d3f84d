import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import RemitAPI
import RemitJSON
import SwiftProtobuf

/// How the Connect protocol tells an error (https://connectrpc.com/docs/protocol/).
struct ConnectError {
  let status: HTTPResponse.Status
  /// JSON: code, message and details.
  let body: String
  private let retryAfterMs: Int64

  /// - Parameter module: whose error it is.
  init(_ error: CallError, module: String) {
    let kind = Self.kinds[Int(error.code)] ?? (name: "unknown", status: .internalServerError)
    status = kind.status
    retryAfterMs = Int64(error.retryAfterMs)
    // The details are plain messages: they cannot fail to encode.
    let details = (try? error.richStatus(module: module).details) ?? []
    body =
      JSONValue.object([
        ("code", .string(kind.name)), ("message", .string(error.message)), ("details", .array(details.map(Self.detail))),
      ]).text
  }

  var response: Response {
    var fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
    if retryAfterMs > 0 { fields[.retryAfter] = String((retryAfterMs + 999) / 1000) }
    return Response(status: status, headers: fields, body: .init(byteBuffer: ByteBuffer(string: body)))
  }

  private static func detail(_ any: Google_Protobuf_Any) -> JSONValue {
    let type = any.typeURL.split(separator: "/").last.map(String.init) ?? ""
    // Base64 without padding.
    let value = any.value.base64EncodedString().filter { $0 != "=" }
    return .object([("type", .string(type)), ("value", .string(value)), ("debug", debug(any))])
  }

  /// The detail as JSON, for who has no messages.
  private static func debug(_ any: Google_Protobuf_Any) -> JSONValue {
    let text: String?
    if let info = try? Google_Rpc_ErrorInfo(unpackingAny: any) {
      text = try? info.jsonString()
    } else if let request = try? Google_Rpc_BadRequest(unpackingAny: any) {
      text = try? request.jsonString()
    } else {
      text = try? Google_Rpc_RetryInfo(unpackingAny: any).jsonString()
    }
    return text.flatMap { try? JSONValue(Array($0.utf8)) } ?? .null
  }

  /// By google.rpc.Code.
  private static let kinds: [Int: (name: String, status: HTTPResponse.Status)] = [
    1: ("canceled", .init(code: 499, reasonPhrase: "Client Closed Request")), 2: ("unknown", .internalServerError),
    3: ("invalid_argument", .badRequest), 4: ("deadline_exceeded", .gatewayTimeout), 5: ("not_found", .notFound),
    6: ("already_exists", .conflict), 7: ("permission_denied", .forbidden), 8: ("resource_exhausted", .tooManyRequests),
    9: ("failed_precondition", .badRequest), 10: ("aborted", .conflict), 11: ("out_of_range", .badRequest),
    12: ("unimplemented", .notImplemented), 13: ("internal", .internalServerError), 14: ("unavailable", .serviceUnavailable),
    15: ("data_loss", .internalServerError), 16: ("unauthenticated", .unauthorized),
  ]
}
