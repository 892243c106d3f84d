import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  /// Gives back payers and merges as they were; what was changed since then by somebody else stays.
  func undoMerge(_ request: Remit_Ledger_V1_UndoMergeRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_CustomerMerge> {
    var violations = Violations()
    let fromID = violations.uuid(request.fromID, "from_id")
    try violations.throwIfAny()
    var found = try await call.query([
      CustomerRecord.lockPayers,
      Statement(
        """
        SELECT m.merge_id, m.from_id, m.into_id, m.reason, m.recorded_by, m.recorded_at, coalesce(l.number, '')
          FROM ledger.customer_merge m JOIN ledger.customer i ON (i.tenant_id, i.customer_id) = (m.tenant_id, m.into_id)
          LEFT JOIN ledger.customer l ON (l.tenant_id, l.customer_id) = (i.tenant_id, i.merged_into)
         WHERE m.from_id = $1 AND m.undone_at IS NULL FOR UPDATE OF m
        """, [.uuid(fromID)]),
    ])[1].map { row in
      (
        merge: try Remit_Ledger_V1_CustomerMerge.with {
          $0.id = try row.uuid().text
          $0.fromID = try row.uuid().text
          $0.intoID = try row.uuid().text
          $0.reason = try row.text()
          $0.recordedBy = try row.text()
          $0.recordedAt = try row.timestamptz()
        }, later: try row.text()
      )
    }
    guard !found.isEmpty else {
      throw CallError(.notFound, "NO_MERGE", "customer \(request.fromID) is not merged into another", field: "from_id")
    }
    guard found[0].later.isEmpty else {
      throw CallError(
        .failedPrecondition, "MERGED_SINCE",
        "the customer that it was merged into was merged into \(found[0].later) since; undo that first", field: "from_id")
    }
    found[0].merge.undoneBy = call.principal.name
    found[0].merge.undoneAt = call.now
    let id = Parameter.uuid(UUID(uuidString: found[0].merge.id))
    let versions = CustomerVersions.keep(
      where: "c.customer_id IN (SELECT s.customer_id FROM ledger.customer_merge_step s WHERE s.merge_id = $1)", [id])
    return Write(
      [
        versions,
        Statement(
          "UPDATE ledger.customer_merge SET undone_at = $2, undone_by = $3 WHERE merge_id = $1",
          [id, .timestamptz(call.now), .text(call.principal.name)]),
        Statement(
          """
          UPDATE ledger.customer c
             SET payer_id = CASE WHEN c.payer_id IS NOT DISTINCT FROM s.payer_after OR s.merged_after IS NOT NULL THEN s.payer_before ELSE c.payer_id END,
                 merged_into = s.merged_before, version = c.version + 1, recorded_at = $2
            FROM ledger.customer_merge_step s WHERE s.merge_id = $1 AND s.customer_id = c.customer_id
          """, [id, .timestamptz(call.now)]),
        versions,
        // Payers do not form chains: not even where something else changed since.
        Statement(
          """
          WITH step AS (SELECT customer_id FROM ledger.customer_merge_step WHERE merge_id = $1)
          SELECT host.require(NOT EXISTS (
            SELECT FROM ledger.customer c JOIN ledger.customer p ON p.customer_id = c.payer_id
             WHERE p.payer_id IS NOT NULL
               AND (c.customer_id IN (SELECT customer_id FROM step) OR p.customer_id IN (SELECT customer_id FROM step))),
            'MERGED_SINCE: who paid before the merge was merged into another since, or has a payer: undo that first')
          """, [id]),
      ], reply: found[0].merge, resource: "customer_merge/\(found[0].merge.id)", events: [try found[0].merge.told])
  }
}
