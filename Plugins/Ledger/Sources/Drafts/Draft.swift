import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

typealias Draft = Remit_Ledger_V1_Draft

extension Draft {
  /// A new draft.
  func made(_ call: Call) throws -> Write<Draft> {
    let draft = stamped(call.newID(), version: 1, call)
    return Write([try draft.insert(call)], reply: draft, resource: "draft/\(draft.id)")
  }

  func stamped(_ id: UUID, version: UInt32, _ call: Call) -> Draft {
    var draft = self
    draft.id = id.text
    draft.version = version
    draft.recordedAt = call.now
    draft.recordedBy = call.principal.name
    return draft
  }

  func insert(_ call: Call) throws -> Statement {
    Statement(
      insertInto: "ledger.draft",
      [
        "draft_id": .uuid(UUID(uuidString: id)), "body": .bytea(try serializedBytes()), "recorded_at": .timestamptz(call.now),
        "recorded_by": .text(call.principal.name),
      ])
  }

  var delete: Statement { Statement("DELETE FROM ledger.draft WHERE draft_id = $1", [.uuid(UUID(uuidString: id))]) }
}

extension Ledger {
  func lockedDraft(_ text: String, _ call: Call) async throws -> Draft {
    var violations = Violations()
    let id = violations.uuid(text, "id")
    try violations.throwIfAny()
    let locked = Statement("SELECT body FROM ledger.draft WHERE draft_id = $1 FOR UPDATE", [.uuid(id)])
    guard let draft = try await call.first(locked, { row in try row.message(Draft.self) }) else {
      throw CallError(.notFound, "NO_DRAFT", "there is no draft \(text); it may have been posted or discarded", field: "id")
    }
    return draft
  }
}
