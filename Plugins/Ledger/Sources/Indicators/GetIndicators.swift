import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func getIndicators(_ request: Remit_Ledger_V1_GetIndicatorsRequest, _ call: Call) async throws -> Remit_Ledger_V1_Indicators {
    let asOf = try AsOf(request.asOf, request.hasKnownAt ? request.knownAt : nil, call)
    guard (0...24).contains(request.months) else { throw CallError.invalid([("months", "must be 1 to 24, or 0 for 3")]) }
    let months = request.months == 0 ? 3 : Int(request.months)
    let base = try call.baseCurrency
    // Beginnings of the months before, the latest first; counting back goes further than the months asked for.
    let starts = (1...60).map { asOf.date.adding(days: 1).adding(months: -$0) }
    var parameters: [Parameter] = [.date(asOf.date), .date(starts[months - 1]), .dates(starts.reversed())]
    let condition = asOf.condition(&parameters)
    let results = try await call.query([
      Statement(
        """
        SELECT coalesce(sum(m.base_minor) FILTER (WHERE m.side = 1 AND m.effective_on < $2), 0)::text,
               coalesce(sum(m.base_minor) FILTER (WHERE m.side = 1), 0)::text,
               coalesce(sum(m.base_minor) FILTER (WHERE m.side = 1 AND m.due_on >= $1), 0)::text,
               coalesce(sum(m.base_minor) FILTER (WHERE m.side = -1 AND m.effective_on < $2), 0)::text,
               coalesce(sum(m.base_minor) FILTER (WHERE m.side = -1), 0)::text
          FROM ledger.movement m WHERE \(condition)
        """, parameters),
      Statement(
        """
        SELECT width_bucket(s.effective_on, $3::date[]), sum(s.base_minor)::text FROM (
          SELECT m.effective_on, m.base_minor * CASE WHEN m.kind = 'credit_note' THEN -1 ELSE 1 END AS base_minor
            FROM ledger.document m WHERE m.kind IN ('invoice', 'debit_note', 'credit_note') AND \(condition)
          UNION ALL
          SELECT m.effective_on, m.base_minor * CASE WHEN o.kind = 'credit_note' THEN 1 ELSE -1 END
            FROM ledger.document m JOIN ledger.document o ON o.document_id = m.reverses
           WHERE m.kind = 'reversal' AND o.kind IN ('invoice', 'debit_note', 'credit_note') AND \(condition)) s
         GROUP BY 1
        """, parameters),
    ])
    guard
      let totals = try results[0].map({ row in
        (
          opening: try row.sum(), closing: try row.sum(), current: try row.sum(), openingCredits: try row.sum(),
          closingCredits: try row.sum()
        )
      }).first
    else {
      throw CallError(.internal, "UNEXPECTED", "a sum has no row")
    }
    let sold = Dictionary(
      try results[1].map { row in (Int(try row.int4()), try row.sum()) }, uniquingKeysWith: { first, _ in first })
    // The bucket of the earliest of the starts is 1.
    let byMonth = starts.enumerated().map { offset, start in
      let end = offset == 0 ? asOf.date.adding(days: 1) : starts[offset - 1]
      return (sales: sold[starts.count - offset] ?? 0, days: Int(end.days - start.days))
    }
    let sales = byMonth.prefix(months).reduce(0) { $0 + $1.sales }
    let days = byMonth.prefix(months).reduce(0) { $0 + $1.days }
    let dso = Indicators.dso(closing: totals.closing, sales: sales, days: days)
    let best = Indicators.dso(closing: totals.current, sales: sales, days: days)
    return .with {
      $0.asOf = "\(asOf.date)"
      $0.months = Int32(months)
      $0.days = Int32(days)
      $0.opening = MoneySum(base, minor: totals.opening).message
      $0.sales = MoneySum(base, minor: sales).message
      $0.closing = MoneySum(base, minor: totals.closing).message
      $0.closingCurrent = MoneySum(base, minor: totals.current).message
      $0.dso = Indicators.text(dso)
      $0.countbackDso = Indicators.text(Indicators.countbackDSO(closing: totals.closing, months: byMonth))
      $0.bestPossibleDso = Indicators.text(best)
      if let dso, let best { $0.averageDaysDelinquent = Indicators.text(dso - best) }
      $0.cei = Indicators.text(
        Indicators.cei(opening: totals.opening, sales: sales, closing: totals.closing, closingCurrent: totals.current))
      $0.openingCredits = MoneySum(base, minor: totals.openingCredits).message
      $0.closingCredits = MoneySum(base, minor: totals.closingCredits).message
    }
  }
}
