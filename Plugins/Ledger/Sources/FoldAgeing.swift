import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  /// Puts the changes that were appended to today's ageing together, currency by currency and due date by due date, so that its summary stays as fast
  /// however many there were. Writers are not kept waiting: they only append. What would be larger than a bigint stays in parts.
  func foldAgeing(_: Remit_Ledger_V1_FoldAgeingRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_FoldAgeingReply> {
    let results = try await call.query([
      Statement(
        """
        WITH many AS (SELECT currency, side, due_on FROM ledger.ageing_delta GROUP BY 1, 2, 3
                      HAVING count(*) > 1 AND greatest(abs(sum(amount_minor)), abs(sum(base_minor))) <= 9000000000000000000),
        old AS (
          DELETE FROM ledger.ageing_delta d USING many m
           WHERE (d.currency, d.side, d.due_on) = (m.currency, m.side, m.due_on) RETURNING d.*),
        new AS (
          INSERT INTO ledger.ageing_delta (currency, side, due_on, amount_minor, base_minor)
          SELECT currency, side, due_on, sum(amount_minor)::bigint, sum(base_minor)::bigint FROM old
           GROUP BY 1, 2, 3 HAVING sum(amount_minor) <> 0 OR sum(base_minor) <> 0 RETURNING 1)
        SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM new)
        """)
    ])
    let counts = try results[0].map { row in (old: try row.int8(), new: try row.int8()) }
    let reply = Remit_Ledger_V1_FoldAgeingReply.with {
      $0.before = counts.first?.old ?? 0
      $0.after = counts.first?.new ?? 0
    }
    return reply.before == 0 ? .nothing(reply: reply) : Write([], reply: reply, resource: "ageing")
  }
}
