import FoundationEssentials
import GRPCCore
import RemitAPI
import SwiftProtobuf

extension RPCError {
  /// - Parameter module: whose error it is: ErrorInfo's domain is "<module>.remit".
  init(_ error: CallError, module: String, trailers: Metadata) {
    var metadata = trailers
    // The details are plain messages: they cannot fail to encode. Without them the code and the sentence still arrive.
    if let details: [UInt8] = try? error.richStatus(module: module).serializedBytes() {
      metadata.addBinary(details, forKey: "grpc-status-details-bin")
    }
    let code = GRPCCore.Status.Code(rawValue: Int(error.code)).flatMap { RPCError.Code($0) } ?? .unknown
    self.init(code: code, message: error.message, metadata: metadata)
  }
}

extension CallError {
  /// google.rpc.Status with ErrorInfo, BadRequest and RetryInfo.
  func richStatus(module: String) throws -> Google_Rpc_Status {
    var details = [
      try Google_Protobuf_Any(
        message: Google_Rpc_ErrorInfo.with {
          $0.reason = reason
          $0.domain = "\(module).remit"
          $0.metadata = metadata
        })
    ]
    if !violations.isEmpty {
      let request = Google_Rpc_BadRequest.with {
        $0.fieldViolations = violations.map { violation in
          .with {
            $0.field = violation.field; $0.description_p = violation.message
          }
        }
      }
      details.append(try Google_Protobuf_Any(message: request))
    }
    if retryAfterMs > 0 {
      let delay = Google_Protobuf_Duration(seconds: Int64(retryAfterMs / 1000), nanos: Int32(retryAfterMs % 1000) * 1_000_000)
      details.append(try Google_Protobuf_Any(message: Google_Rpc_RetryInfo.with { $0.retryDelay = delay }))
    }
    return .with {
      $0.code = code; $0.message = message; $0.details = details
    }
  }
}
