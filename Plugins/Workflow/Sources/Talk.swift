import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func comment(_ request: Remit_Workflow_V1_CommentRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    var (file, people, _) = try await CaseFile.load(request.caseID, call)
    try file.mustBeSeen(by: call, people)
    file.note("commented", by: call.principal.name, request.text)
    let named = request.text.matches(of: /@([a-z0-9][a-z0-9._@+-]{1,99})/).map { String($0.1) }
    // A full stop may end the sentence.
    let logins = named.flatMap { [$0, String($0.dropLast())] }.filter { people.all[$0] != nil }
    file.tell(logins, "\(file.summary): \(request.text.prefix(500))", why: "mention")
    return try file.write(file.shown(call, people), call)
  }

  private static let reminderPause: Int64 = 3600

  func remind(_ request: Remit_Workflow_V1_RemindRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    var (file, people, _) = try await CaseFile.load(request.caseID, call)
    try file.mustBeOwn(call)
    try file.mustBeOpen()
    if let last = file.remindedAt, call.now.seconds - last.seconds < Self.reminderPause {
      throw CallError(.failedPrecondition, "TOO_SOON", "they were reminded less than an hour ago")
    }
    file.remindedAt = call.now
    file.note("reminded", by: call.principal.name)
    file.tell(file.openVisits.flatMap(\.openAssignees).flatMap(people.logins), file.summary, why: "reminder")
    return try file.write(file.shown(call, people), call)
  }
}
