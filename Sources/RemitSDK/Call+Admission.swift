import FoundationEssentials
public import RemitAPI
public import SwiftProtobuf

extension Call {
  /// What the company's forms make of requests of a method that this module takes from elsewhere, such as the rows of a file: each is to be done as they shaped
  /// it, or not at all.
  ///
  /// - Parameters:
  ///   - method: "remit.ledger.v1.LedgerService/PostInvoice".
  ///   - requests: encoded; at most 1000. Without any it is only asked whether there are forms.
  /// - Returns: one for each request; nil where the company has no forms for the method.
  public func checked(_ method: String, _ requests: [[UInt8]]) async throws -> [Remit_Platform_V1_CheckedRequest]? {
    let reply: Remit_Platform_V1_CheckRequestsReply = try await invoke(
      "/remit.platform.v1.AdmissionService/CheckRequests",
      Remit_Platform_V1_CheckRequestsRequest.with {
        $0.method = method
        $0.requests = requests.map { Data($0) }
      })
    return reply.hasForms_p ? reply.results : nil
  }

  /// One request as the company's forms shape it; throws what they refuse.
  public func admitted<Request: Message>(_ request: Request, as method: String) async throws -> Request {
    guard let checked = try await checked(method, [try request.serializedBytes()])?.first else { return request }
    if checked.hasHold {
      var error = CallError(.failedPrecondition, "APPROVAL_NEEDED", checked.violations.first?.message ?? "this needs approval")
      error.metadata = ["approval": checked.hold.approval, "flow": checked.hold.flow, "kind": checked.hold.kind, "method": method]
      throw error
    }
    guard checked.violations.isEmpty else {
      var error = CallError.invalid(checked.violations.map { ($0.field, $0.message) })
      error.reason = "FORM"
      throw error
    }
    return checked.request.isEmpty ? request : try Request(serializedBytes: Array(checked.request))
  }
}
