import RemitAPI
import RemitExpressions
import RemitJSON
import SwiftProtobuf

extension Platform {
  func tryForm(_ request: Remit_Platform_V1_TryFormRequest, _ call: HostCall) async throws -> Remit_Platform_V1_TryFormReply {
    let order = try order(of: request.method, call)
    let plan = try await trial(of: request.documents, call)
    guard !plan.hasErrors else { return .with { $0.findings = plan.findings } }
    let forms = try configurations.forms(of: order.method.path, in: plan.documents)
    let result = try await check(request.request, of: order, by: forms, call)
    return .with {
      $0.findings = plan.findings
      $0.forms = forms.map(\.form).filter { !$0.name.isEmpty }
      $0.result = result
    }
  }

  func tryRule(_ request: Remit_Platform_V1_TryRuleRequest, _ call: HostCall) async throws -> Remit_Platform_V1_TryRuleReply {
    let plan = try await trial(of: request.documents, call)
    guard !plan.hasErrors else { return .with { $0.findings = plan.findings } }
    guard let stored = plan.entries[DocumentID(kind: "rule", name: request.name)]?.stored,
      let rule = RuleProgram.compile(try Remit_Document_V1_Rule(serializedBytes: stored.body)).program
    else { throw CallError(.notFound, "NO_RULE", "there is no decision table \(request.name.cut(toBytes: 60))", field: "name") }
    do throws(EvaluationError) {
      let (rows, gives) = try rule.decide(request.given)
      return .with {
        $0.findings = plan.findings
        $0.rows = rows.map { UInt32($0 + 1) }
        $0.gives = rows.isEmpty ? [] : [gives]
      }
    } catch {
      throw CallError(.invalidArgument, "VALUES", error.message, field: "given")
    }
  }

  func tryCall(_ request: Remit_Platform_V1_TryCallRequest, _ call: HostCall) async throws -> Remit_Platform_V1_TryCallReply {
    let path = request.method.hasPrefix("/") ? request.method : "/\(request.method)"
    guard let endpoint = plugins.calls.endpoint(path), endpoint.isPlugins, !endpoint.method.isWrite, !endpoint.method.isServerStreaming,
      let (calls, _) = callsToCome.known
    else {
      throw CallError(.notFound, "NO_METHOD", "there is no read of a module \(request.method.cut(toBytes: 200))", field: "method")
    }
    let plan = try await trial(of: request.documents, call)
    guard !plan.hasErrors else { return .with { $0.findings = plan.findings } }
    var caller = call.caller
    // What modules keep of the company's documents is of versions that hold.
    caller.tenant.configuration = 0
    var order = CallOrder(
      method: endpoint.method, caller: caller, requestID: call.order.requestID,
      request: try wire(request.request, as: endpoint.method.requestType), now: call.order.now, deadline: call.order.deadline)
    try endpoint.method.check(order.request)
    order.via = call.order.method.path
    order.depth = call.order.depth + 1
    order.trial = configurations.trial(of: plan)
    let admitted = order
    let answer = await calls.perform(endpoint, handle: CallHandle(), trace: call.order.trace) {
      try Calls.requirePermission(endpoint.method, caller)
      return (admitted, nil)
    }
    let reply = try messages.json(fromWire: try answer.result.get(), as: endpoint.method.replyType)
    return try .with {
      $0.findings = plan.findings
      $0.reply = try Google_Protobuf_Struct(jsonString: reply)
    }
  }

  /// What the caller's company's documents would be.
  private func trial(of documents: [Remit_Platform_V1_SourceDocument], _ call: HostCall) async throws -> ConfigurationPlan {
    let configuration = try await call.configuration(of: try await call.tenant(""))
    var plan = ConfigurationPlan(
      base: configuration.version, current: configuration.documents, given: documents, isComplete: false, kinds: kinds,
      locale: configuration.tenant.locale)
    try await check(&plan, configuration.tenant, of: configuration.id, call)
    return plan
  }
}
