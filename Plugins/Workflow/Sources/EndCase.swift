import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func withdraw(_ request: Remit_Workflow_V1_WithdrawRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    var (file, people, _) = try await CaseFile.load(request.caseID, call)
    try file.mustBeOwn(call)
    try file.mustBeOpen()
    try file.mustNotBeDone()
    guard !file.hasCalled else {
      throw CallError(
        .failedPrecondition, "CARRIED_OUT",
        "what its steps call has been done in part: it can be stopped, and what was done taken back there")
    }
    guard file.state == .returned || file.state == .blocked || !file.hasVotes else {
      throw CallError(.failedPrecondition, "DECIDED", "somebody has decided already: ask them to return it")
    }
    file.end(as: .withdrawn, by: call.principal.name, request.why, at: call.now)
    return try file.write(file.shown(call, people), call)
  }

  func stop(_ request: Remit_Workflow_V1_StopRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    var (file, people, _) = try await CaseFile.load(request.caseID, call)
    try file.mustBeOpen()
    file.end(as: .stopped, by: call.principal.name, request.why, at: call.now)
    return try file.write(file.shown(call, people), call)
  }

  func retry(_ request: Remit_Workflow_V1_RetryRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    var (file, people, localNow) = try await CaseFile.load(request.caseID, call)
    try file.unblock("retried", by: call.principal.name)
    return try await walked(file, people, localNow, call) { walk in try await walk.retry() }
  }

  func adopt(_ request: Remit_Workflow_V1_AdoptRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    var (file, people, localNow) = try await CaseFile.load(request.caseID, call)
    guard !file.visits.contains(where: { $0.tasks.contains { $0.decidedBy == call.principal.name } }) else {
      throw CallError(.failedPrecondition, "OWN_CASE", "\(call.principal.name) decided in the case, and cannot become who submits it")
    }
    try file.unblock("adopted", by: call.principal.name, request.why)
    file.former.append(file.submitter)
    file.submitter = call.principal.name
    file.submitCall = call.requestID
    file.variables.fields["submitter"] = file.submitterFacts(people, call.principal.roles)
    return try await walked(file, people, localNow, call) { walk in try await walk.retry() }
  }
}

extension CaseFile {
  func mustBeOpen() throws(CallError) {
    guard isOpen else { throw CallError(.failedPrecondition, "CASE_ENDED", "the case has ended: \(state.rawValue)") }
  }

  func mustNotBeDone() throws(CallError) {
    guard carriedOutAt == nil else { throw CallError(.failedPrecondition, "CARRIED_OUT", "what was submitted has been done") }
  }

  fileprivate mutating func unblock(_ what: String, by login: String, _ why: String = "") throws(CallError) {
    guard state == .blocked else {
      throw CallError(.failedPrecondition, "NOT_BLOCKED", "the case is \(state.rawValue), not blocked")
    }
    note(what, by: login, why)
    state = .running
    problem = nil
  }
}
