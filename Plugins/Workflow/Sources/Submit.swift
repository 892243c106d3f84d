import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func submit(_ request: Remit_Workflow_V1_SubmitRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    let method = request.method.hasPrefix("/") ? String(request.method.dropFirst()) : request.method
    let admitted = try await call.admitted(method, .json(request.request))
    let flow = try await call.flow(of: admitted.hold, for: method)
    var file = CaseFile(
      id: call.newID(), isNew: true, flow: flow, submitter: call.principal.name, submitCall: call.requestID, method: method,
      request: Array(admitted.request), approval: admitted.hold.approval, why: request.why, startedAt: call.now)
    let found = try await call.query([People.statement(today: call.businessDate), CaseFile.localNow(call)])
    let people = try People(found[0])
    try await file.describe(call, people)
    file.note("submitted", by: file.submitter, request.why, changes: admitted.changes)
    var walk = CaseWalk(file, in: try await call.world(file, people, try CaseFile.localNow(found[1])))
    try await walk.begin()
    // Nothing has happened yet: who submits is told.
    if walk.file.state == .blocked || walk.file.state == .returned, let problem = walk.file.problem { throw problem }
    return try walk.file.write(walk.file.shown(call, people), call)
  }

  func resubmit(_ request: Remit_Workflow_V1_ResubmitRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    var (file, people, localNow) = try await CaseFile.load(request.caseID, call)
    try file.mustBeOwn(call)
    guard file.state == .returned || file.state == .blocked else {
      throw CallError(
        .failedPrecondition, "NOT_RETURNED", "the case is \(file.state.rawValue): only what was returned, or is blocked, is submitted again"
      )
    }
    try file.mustNotBeDone()
    let before = file.request
    let shown = try await call.evaluate(
      .with {
        $0.method = file.method
        $0.request = Data(before)
      }
    ).json
    let admitted = try await call.admitted(file.method, request.hasRequest ? .json(request.request) : .request(Data(file.request)))
    file.flow = try await call.flow(of: admitted.hold, for: file.method)
    file.approval = admitted.hold.approval
    file.request = Array(admitted.request)
    file.submitCall = call.requestID
    file.why = request.why.isEmpty ? file.why : request.why
    file.endAll(at: call.now)
    file.round += 1
    file.state = .running
    file.problem = nil
    file.variables = .init()
    try await file.describe(call, people)
    file.note(
      before == file.request ? "submitted_again" : "changed_and_submitted", by: file.submitter, request.why,
      changes: shown.changes(to: admitted.json))
    return try await walked(file, people, localNow, call) { walk in try await walk.begin() }
  }

  /// Goes on with a case, and writes it.
  func walked(
    _ file: CaseFile, _ people: People, _ localNow: LocalTime, _ call: Call, _ work: (inout CaseWalk) async throws -> Void
  ) async throws -> Write<Remit_Workflow_V1_Case> {
    var walk = CaseWalk(file, in: try await call.world(file, people, localNow))
    try await work(&walk)
    return try walk.file.write(walk.file.shown(call, people), call)
  }
}

extension Call {
  /// A request as it would be done, with the approval that holds it; throws what the forms refuse.
  fileprivate func admitted(
    _ method: String, _ given: Remit_Platform_V1_AdmitRequest.OneOf_Given
  ) async throws -> Remit_Platform_V1_AdmitReply {
    let admitted = try await admit(method, given)
    guard admitted.violations.isEmpty else {
      var error = CallError.invalid(admitted.violations.map { ($0.field, $0.message) })
      error.reason = "FORM"
      throw error
    }
    guard admitted.hasHold else {
      throw CallError(.failedPrecondition, "NOT_HELD", "this needs no approval: call \(method) itself")
    }
    return admitted
  }

  /// The flow that an approval names.
  fileprivate func flow(of hold: Remit_Platform_V1_Hold, for method: String) async throws -> Flow {
    let all: [Flow] = try await documents("flow")
    guard let flow = all.first(where: { $0.name == hold.flow }) else {
      throw CallError(.failedPrecondition, "NO_FLOW", "there is no flow \(hold.flow), which the approval \(hold.approval) names")
    }
    guard flow.method == method else {
      throw CallError(
        .failedPrecondition, "OTHER_METHOD", "the flow \(flow.name), which the approval \(hold.approval) names, is for \(flow.method)")
    }
    return flow
  }
}

extension CaseFile {
  func mustBeOwn(_ call: Call) throws(CallError) {
    guard submitter == call.principal.name else {
      throw CallError(.permissionDenied, "NOT_YOURS", "\(submitter) submitted it, not \(call.principal.name)")
    }
  }

  /// Looks up what the flow needs, and what lists show.
  fileprivate mutating func describe(_ call: Call, _ people: People) async throws {
    variables.fields["submitter"] = call.submitterFacts(people)
    let texts = [flow.subject, flow.summary].map { $0.isEmpty ? "''" : $0 }
    let asked = Remit_Platform_V1_EvaluateRequest.with {
      $0.method = method
      $0.request = Data(request)
      $0.with = flow.with
      $0.values = variables
      $0.expressions = texts.map { text in
        .with {
          $0.text = text
          $0.type = "string"
        }
      }
      if !flow.amount.isEmpty {
        $0.expressions.append(
          .with {
            $0.text = flow.amount
            $0.type = "money"
          })
      }
    }
    let reply: Remit_Platform_V1_EvaluateReply
    do {
      reply = try await call.evaluate(asked)
    } catch var error as CallError where error.reason == "EXPRESSION" {
      error.message = "the flow \(flow.name) cannot say what this is about (is there what the request names?): \(error.message)"
      throw error
    }
    variables.fields.merge(reply.found.fields) { _, new in new }
    subject = reply.results[0].stringValue.cut(toScalars: 300)
    summary = reply.results[1].stringValue.cut(toScalars: 300)
    amount = reply.results.count > 2 ? Money(reply.results[2].stringValue) : nil
  }
}

extension Money {
  /// "14.50 EUR".
  fileprivate init?(_ text: String) {
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == 2, let money = try? Money(.with { ($0.amount, $0.currency) = (parts[0], parts[1]) }) else { return nil }
    self = money
  }
}

extension String {
  /// As the database counts a text's length.
  fileprivate func cut(toScalars most: Int) -> String { String(String.UnicodeScalarView(unicodeScalars.prefix(most))) }
}
