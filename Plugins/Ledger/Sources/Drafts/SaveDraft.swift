import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func saveDraft(_ request: Remit_Ledger_V1_SaveDraftRequest, _ call: Call) async throws -> Write<Draft> {
    var violations = Violations()
    violations.text(request.draft.title, "draft.title", charactersMax: 255, mayBeEmpty: true)
    if request.draft.content == nil { violations.add("draft.content", "must be given: an invoice, a receipt or a document") }
    let id = request.draft.id.isEmpty ? nil : violations.uuid(request.draft.id, "draft.id")
    guard let version = Int32(exactly: request.draft.version), version < .max else {
      throw CallError.invalid([("draft.version", "is no version")])
    }
    try violations.throwIfAny()
    guard let id else { return try request.draft.made(call) }
    let draft = request.draft.stamped(id, version: request.draft.version + 1, call)
    return Write(
      [
        Statement(
          """
          WITH changed AS (
            UPDATE ledger.draft SET version = version + 1, body = $3, recorded_at = $4, recorded_by = $5
             WHERE draft_id = $1 AND version = $2 RETURNING 1)
          SELECT host.require(EXISTS (SELECT FROM changed), coalesce(
            (SELECT 'CHANGED_MEANWHILE: the draft was changed by ' || recorded_by || ' meanwhile: it has version ' || version || '; look at it again'
               FROM ledger.draft WHERE draft_id = $1), 'NO_DRAFT: there is no such draft; it may have been posted or discarded'))
          """,
          [
            .uuid(id), .int4(version), .bytea(try draft.serializedBytes()), .timestamptz(call.now),
            .text(call.principal.name),
          ])
      ], reply: draft, resource: "draft/\(draft.id)")
  }
}
