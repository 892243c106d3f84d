import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  /// Takes an allocation back with an effective date: what it did is done again with the other sign, and nothing is deleted.
  func undoAllocation(_ request: Remit_Ledger_V1_UndoAllocationRequest, _ call: Call) async throws -> Write<ItemAllocation> {
    let today = try call.today
    let asked = try TakingBack(id: request.id, effectiveOn: request.effectiveOn, reason: request.reason, today: today)
    let (id, effectiveOn) = (asked.id, asked.effectiveOn)

    let found = try AllocationsToUndo(
      try await call.query(AllocationsToUndo.lookups(where: "a.allocation_id = $1 OR a.reverses = $1", [.uuid(id)]))[...])
    let allocations = found.all
    guard let allocation = allocations.first(where: { $0.id == id.text }) else {
      throw CallError(.notFound, "NO_ALLOCATION", "there is no allocation \(request.id)", field: "id")
    }
    guard allocation.reverses.isEmpty else {
      throw CallError(
        .failedPrecondition, "IS_AN_UNDOING", "\(request.id) takes an allocation back; to have that again, allocate again", field: "id")
    }
    if let undoing = allocations.first(where: { $0.reverses == id.text }) {
      throw CallError(.failedPrecondition, "UNDONE_ALREADY", "\(undoing.words)", field: "id")
    }
    guard effectiveOn <= today, let from = CivilDate(allocation.effectiveOn), effectiveOn >= from else {
      throw CallError.invalid([("effective_on", "must be from \(allocation.effectiveOn), the allocation's day, to \(today), today")])
    }

    var posting = Posting(call: call)
    let undoing = try found.undo(allocation, on: effectiveOn, reason: request.reason, in: &posting)
    return Write(
      posting.statements, reply: undoing, resource: "allocation/\(undoing.id)",
      title:
        "\(allocation.line.credit.number) to \(allocation.line.debit.number), \(allocation.line.amount.amount) \(allocation.line.amount.currency), undone",
      events: try posting.events)
  }
}
