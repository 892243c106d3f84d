import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  /// Posts what open items in other currencies are worth more or less at the rates of a day, as at that day, and takes it back the day after.
  /// Another run for the same day finds only what changed since.
  func revalue(_ request: Remit_Ledger_V1_RevalueRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_Revaluation> {
    let today = try call.today
    let base = try call.baseCurrency
    var violations = Violations()
    let given = violations.date(request.on, "on")
    if let given, given >= today { violations.add("on", "must be before today, \(today): it is taken back the day after") }
    try violations.throwIfAny()
    guard let day = given else { throw CallError(.internal, "UNEXPECTED", "a field is missing without a violation") }

    let currencies = try await call.query(
      [Statement("SELECT host.lock('revaluation', true)")] + ClosedPeriods.check([day, day.adding(days: 1)], call) + [
        Statement(
          """
          SELECT currency FROM ledger.movement WHERE effective_on <= $1 AND currency <> $2
           GROUP BY currency HAVING sum(amount_minor) <> 0 OR sum(base_minor) <> 0 ORDER BY currency
          """, [.date(day), .text(base.code)])
      ])[3].map { row in try row.currency() }
    var rates = Rates()
    try rates.learn(try await call.query([Rates.lookup(currencies, from: day, to: day)])[0])
    let rated = currencies.map { (currency: $0, rate: rates.rate($0, on: day)) }
    if let missing = rated.first(where: { $0.rate == nil })?.currency {
      throw CallError(
        .failedPrecondition, "NO_RATE", "the rate of \(missing) \(rates.missing(missing, on: day, base: base))", field: "on")
    }
    var revaluations: [Revaluation] = []
    for case (let currency, let rate?) in rated { revaluations.append(Revaluation(currency, rate, day, base, call)) }
    let results = try await call.query(revaluations.map(\.statement))
    let reply = try Remit_Ledger_V1_Revaluation.with {
      $0.on = request.on
      $0.dryRun = request.dryRun
      for (revaluation, rows) in zip(revaluations, results) {
        $0.currencies += try rows.map { row in try revaluation.message(&row, isDryRun: request.dryRun) }
      }
    }
    // A dry run is the real one, rolled back.
    return request.dryRun ? .nothing(reply: reply) : Write([], reply: reply, resource: "revaluation/\(day)")
  }
}

/// The revaluation of one currency.
private struct Revaluation {
  private let currency: Currency
  private let rate: ExchangeRate
  private let day: CivilDate
  private let base: Currency
  private let call: Call
  private let id: UUID
  private let reversalID: UUID

  init(_ currency: Currency, _ rate: ExchangeRate, _ day: CivilDate, _ base: Currency, _ call: Call) {
    self.currency = currency
    self.rate = rate
    self.day = day
    self.base = base
    self.call = call
    id = call.newID()
    reversalID = call.newID()
  }

  /// One statement, so that journal and movements are made of the same items. What is open is revalued item by item, rounded half away from zero.
  var statement: Statement {
    let scale = DecimalNumber.power(of10: rate.number.decimals)
    let numerator = Int128(rate.isInverse ? scale : rate.number.value) * Int128(DecimalNumber.power(of10: base.decimals))
    let denominator = Int128(rate.isInverse ? rate.number.value : scale) * Int128(DecimalNumber.power(of10: currency.decimals))
    return Statement(
      """
      WITH open AS (
        SELECT item_id, customer_id, side, due_on, sum(amount_minor) AS minor, sum(base_minor) AS base
          FROM ledger.movement WHERE currency = $1 AND effective_on <= $2
         GROUP BY item_id, customer_id, side, due_on HAVING sum(amount_minor) <> 0 OR sum(base_minor) <> 0),
      item AS MATERIALIZED (
        SELECT *, sign(minor) * div(2 * abs(minor) * $3::numeric + $4::numeric, 2 * $4::numeric) - base AS gain FROM open),
      total AS (
        SELECT coalesce(sum(minor), 0) AS minor, coalesce(sum(base), 0) AS base, coalesce(sum(gain) FILTER (WHERE gain > 0), 0) AS gain,
               coalesce(-sum(gain) FILTER (WHERE gain < 0), 0) AS loss FROM item),
      posting (document_id, kind, reverses, effective_on, side) AS (
        SELECT v.* FROM (VALUES ($5::uuid, 'revaluation', NULL, $2::date, 1), ($6::uuid, 'reversal', $5::uuid, $2::date + 1, -1)) v, total
         WHERE gain + loss > 0),
      documents AS (
        INSERT INTO ledger.document (document_id, kind, number, currency, amount_minor, base_minor, issued_on, effective_on, reverses,
                                     recorded_at, recorded_by)
        SELECT p.document_id, p.kind, p.document_id::text, $1, 0, abs(t.gain - t.loss)::bigint, p.effective_on, p.effective_on, p.reverses, $7, $8
          FROM posting p, total t),
      entries AS (
        INSERT INTO ledger.entry (document_id, line, debit, credit, currency, amount_minor, base_minor)
        SELECT p.document_id, e.line, CASE p.side * e.side WHEN 1 THEN r.code ELSE f.code END,
               CASE p.side * e.side WHEN 1 THEN f.code ELSE r.code END, $1, 0, e.base::bigint
          FROM posting p, total t CROSS JOIN LATERAL (VALUES (1::smallint, t.gain, 1), (2::smallint, t.loss, -1)) e (line, base, side),
               ledger.account r, ledger.account f
         WHERE e.base > 0 AND r.role = 'receivable' AND f.role = 'fx_unrealised'),
      movements AS (
        INSERT INTO ledger.movement (item_id, movement_id, cause_id, customer_id, currency, side, due_on, amount_minor, base_minor,
                                     effective_on, recorded_at)
        SELECT i.item_id, gen_random_uuid(), p.document_id, i.customer_id, $1, i.side, i.due_on, 0, (p.side * i.gain)::bigint, p.effective_on, $7
          FROM item i, posting p WHERE i.gain <> 0)
      SELECT minor::text, base::text, (gain - loss)::text, gain + loss > 0 FROM total
      """,
      [
        .text(currency.code), .date(day), .text("\(numerator)"), .text("\(denominator)"), .uuid(id), .uuid(reversalID),
        .timestamptz(call.now), .text(call.principal.name),
      ])
  }

  func message(_ row: inout CellReader, isDryRun: Bool) throws -> Remit_Ledger_V1_RevaluedCurrency {
    let open = MoneySum(currency, minor: try row.sum())
    let (booked, gain) = (MoneySum(base, minor: try row.sum()), MoneySum(base, minor: try row.sum()))
    let isPosted = try row.bool()
    return .with {
      $0.open = open.message
      $0.rate = rate.description
      $0.booked = booked.message
      $0.revalued = (booked + gain).message
      $0.gain = gain.message
      if isPosted, !isDryRun {
        $0.documentID = id.text
        $0.reversalID = reversalID.text
      }
    }
  }
}
