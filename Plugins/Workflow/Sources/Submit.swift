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
    return try await begun(&file, call, changes: admitted.changes)
  }

  func start(_ request: Remit_Workflow_V1_StartRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    let flow = try await call.startable(request.flow)
    var file = CaseFile(
      id: call.newID(), isNew: true, flow: flow, submitter: call.principal.name, submitCall: call.requestID, method: "", request: [],
      approval: "", why: request.why, startedAt: call.now)
    file.variables.fields["given"] = try flow.checked(request.given)
    return try await begun(&file, call)
  }

  private func begun(
    _ file: inout CaseFile, _ call: Call, changes: [Remit_Platform_V1_FieldChange] = []
  ) async throws -> Write<Remit_Workflow_V1_Case> {
    let (people, localNow) = try await call.peopleAndTime()
    file.variables.fields["submitter"] = file.submitterFacts(people, call.principal.roles)
    try await file.describe(call)
    file.note("submitted", by: file.submitter, file.why, changes: changes)
    var walk = CaseWalk(file, in: try await call.world(file, people, localNow))
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
    guard !file.hasCalled else {
      throw CallError(.failedPrecondition, "CARRIED_OUT", "what its steps call has been done in part: have it retried, or stop it")
    }
    let (before, given) = (file.request, file.variables.fields["given"])
    file.variables = .init()
    let changes: [Remit_Platform_V1_FieldChange]
    if file.method.isEmpty {
      file.flow = try await call.startable(file.flow.name)
      let again = try file.flow.checked(request.hasRequest ? request.request : given?.structValue ?? .init())
      file.variables.fields["given"] = again
      changes = (given?.structValue ?? .init()).changes(to: again.structValue)
    } else {
      let shown = try await call.evaluate(
        .with {
          $0.method = file.method
          $0.request = Data(before)
        }
      ).json
      let admitted = try await call.admitted(file.method, request.hasRequest ? .json(request.request) : .request(Data(before)))
      file.flow = try await call.flow(of: admitted.hold, for: file.method)
      file.approval = admitted.hold.approval
      file.request = Array(admitted.request)
      changes = shown.changes(to: admitted.json)
    }
    file.submitCall = call.requestID
    file.why = request.why.isEmpty ? file.why : request.why
    file.endAll(at: call.now)
    file.round += 1
    file.state = .running
    file.problem = nil
    file.variables.fields["submitter"] = file.submitterFacts(people, call.principal.roles)
    try await file.describe(call)
    file.note(changes.isEmpty ? "submitted_again" : "changed_and_submitted", by: file.submitter, request.why, changes: changes)
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
  func admitted(
    _ method: String, _ given: Remit_Platform_V1_AdmitRequest.OneOf_Given, mustBeHeld: Bool = true
  ) async throws -> Remit_Platform_V1_AdmitReply {
    let admitted = try await admit(method, given)
    guard admitted.violations.isEmpty else {
      var error = CallError.invalid(admitted.violations.map { ($0.field, $0.message) })
      error.reason = "FORM"
      throw error
    }
    guard admitted.hasHold || !mustBeHeld else {
      throw CallError(.failedPrecondition, "NOT_HELD", "this needs no approval: call \(method) itself")
    }
    return admitted
  }

  /// The flow that an approval names.
  func flow(of hold: Remit_Platform_V1_Hold, for method: String) async throws -> Flow {
    let flow = try await flow(hold.flow)
    guard flow.method == method else {
      throw CallError(
        .failedPrecondition, "OTHER_METHOD", "the flow \(flow.name), which the approval \(hold.approval) names, is for \(flow.method)")
    }
    return flow
  }
}

extension Call {
  func flow(_ name: String) async throws -> Flow {
    let all: [Flow] = try await documents("flow")
    if let flow = all.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) { return flow }
    throw CallError(.notFound, "NO_FLOW", "there is no flow \(name.prefix(60))", field: "flow")
  }

  /// A flow that a person begins.
  func startable(_ name: String) async throws -> Flow {
    let flow = try await flow(name)
    guard flow.canStart else {
      let how = flow.method.isEmpty ? "an event" : "a request of \(flow.method) that an approval holds"
      throw CallError(.failedPrecondition, "NOT_BY_HAND", "the flow \(flow.name) begins with \(how)")
    }
    return flow
  }

  func peopleAndTime() async throws -> (people: People, localNow: LocalTime) {
    let found = try await query([People.statement(today: businessDate), CaseFile.localNow(self)])
    return (try People(found[0]), try CaseFile.localNow(found[1]))
  }
}

extension CaseFile {
  func mustBeOwn(_ call: Call) throws(CallError) {
    guard submitter == call.principal.name else {
      throw CallError(.permissionDenied, "NOT_YOURS", "\(submitter) submitted it, not \(call.principal.name)")
    }
  }
}
