import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
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
