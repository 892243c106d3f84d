import RemitAPI
import RemitJSON

/// A company's forms on the requests of its writes: after permission and before the module, whoever sends them.
struct Admission: Sendable {
  let configurations: CompanyConfigurations

  /// Shapes the request of an order, and refuses what the company's forms refuse.
  func admit(_ order: inout CallOrder) async throws {
    guard order.method.isWrite, order.source == nil else { return }
    let forms = try await configurations.forms(of: order.method.path, for: order.caller.tenant)
    guard !forms.isEmpty else { return }
    let (judgement, request) = try judge(order.request, of: order, by: forms)
    if let refusal = judgement.refusal { throw refusal }
    if judgement.isShaped {
      order.sent = order.sent ?? order.request
      order.request = request
      try order.method.check(request)
    }
    if !judgement.forms.isEmpty { order.admission = judgement.message(order.caller.tenant.configuration) }
  }

  /// What forms do to a request, and say of it; nothing is refused.
  func judge(_ request: [UInt8], of order: CallOrder, by forms: [FormProgram]) throws -> (judgement: Judgement, request: [UInt8]) {
    guard let call = JudgedCall(order) else { throw CallError(.internal, "CLOCK", "the host gave no day that there is") }
    let message: DynamicMessage
    do {
      message = try DynamicMessage(wire: request, as: order.method.requestType, in: configurations.schema)
    } catch {
      throw CallError(.invalidArgument, "MALFORMED_REQUEST", "the request is not a \(order.method.requestType) message")
    }
    var judgement = Judgement()
    for form in forms { form.run(message, call, &judgement) }
    return (judgement, judgement.isShaped ? message.wire : request)
  }
}
