import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func comment(_ request: Remit_Workflow_V1_CommentRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    var (file, people, _) = try await CaseFile.load(request.caseID, call)
    file.note("commented", by: call.principal.name, request.text)
    let named = request.text.matches(of: /@([a-z0-9][a-z0-9._@+-]{1,99})/).map { String($0.1) }
    // A full stop may end the sentence.
    let logins = named.flatMap { [$0, String($0.dropLast())] }.filter { people.all[$0] != nil }
    file.tell(logins, "\(file.summary): \(request.text.prefix(500))", why: "mention")
    return try file.write(file.shown(call, people), call)
  }
}
