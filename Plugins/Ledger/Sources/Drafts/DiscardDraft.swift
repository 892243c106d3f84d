import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func discardDraft(
    _ request: Remit_Ledger_V1_DiscardDraftRequest, _ call: Call
  ) async throws -> Write<Remit_Ledger_V1_DiscardDraftReply> {
    let draft = try await lockedDraft(request.id, call)
    return Write([draft.delete], reply: .init(), resource: "draft/\(draft.id)")
  }
}
