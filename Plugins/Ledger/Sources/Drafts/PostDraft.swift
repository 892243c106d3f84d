import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  /// Posts what the draft holds, and deletes it: both or none.
  func postDraft(_ request: Remit_Ledger_V1_PostDraftRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_PostDraftReply> {
    let draft = try await lockedDraft(request.id, call)
    guard draft.version == request.version else {
      throw CallError(
        .failedPrecondition, "CHANGED_MEANWHILE",
        "the draft was changed by \(draft.recordedBy) meanwhile: it has version \(draft.version); look at it again",
        field: "version")
    }
    var reply = Remit_Ledger_V1_PostDraftReply()
    func write<Posted>(_ posted: Write<Posted>, _ take: (inout Remit_Ledger_V1_PostDraftReply, Posted) -> Void) -> Write<
      Remit_Ledger_V1_PostDraftReply
    > {
      take(&reply, posted.reply)
      return Write(
        posted.statements + [draft.delete], reply: reply, resource: posted.resource, title: posted.title, events: posted.events,
        refusals: posted.refusals)
    }
    // As for posting it at once; the kinds of document ask by themselves.
    switch draft.content {
    case .invoice: try call.require("ledger.invoice.post")
    case .receipt: try call.require("ledger.receipt.post")
    case .document, nil: break
    }
    return switch draft.content {
    case .invoice(let invoice):
      write(try await postInvoice(try await call.admitted(invoice, as: "remit.ledger.v1.LedgerService/PostInvoice"), call)) {
        $0.invoice = $1
      }
    case .receipt(let receipt):
      write(try await postReceipt(try await call.admitted(receipt, as: "remit.ledger.v1.LedgerService/PostReceipt"), call)) {
        $0.receipt = $1
      }
    case .document(let document):
      write(try await postDocument(try await call.admitted(document, as: "remit.ledger.v1.LedgerService/PostDocument"), call)) {
        $0.document = $1
      }
    case nil: throw CallError(.internal, "EMPTY_DRAFT", "the draft holds nothing")
    }
  }
}
