import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func getTrialBalance(_ request: Remit_Ledger_V1_GetTrialBalanceRequest, _ call: Call) async throws -> Remit_Ledger_V1_TrialBalance {
    let to = try AsOf(request.to, field: "to", request.hasKnownAt ? request.knownAt : nil, call)
    var violations = Violations()
    let from = request.from.isEmpty ? nil : violations.date(request.from, "from")
    if let from, from > to.date { violations.add("from", "is after to") }
    try violations.throwIfAny()
    let base = try call.baseCurrency

    // Before every date of Postgres: -infinity.
    var parameters: [Parameter] = [.date(from ?? CivilDate(days: .min))]
    let condition = to.condition(&parameters)
    let results = try await call.query([
      Statement(
        """
        SELECT a.code, a.name, a.role, s.currency,
               coalesce(sum(s.amount_minor) FILTER (WHERE s.effective_on < $1), 0)::text,
               coalesce(sum(s.amount_minor) FILTER (WHERE s.effective_on >= $1 AND s.side = 1), 0)::text,
               coalesce(sum(-s.amount_minor) FILTER (WHERE s.effective_on >= $1 AND s.side = -1), 0)::text,
               coalesce(sum(s.base_minor) FILTER (WHERE s.effective_on < $1), 0)::text,
               coalesce(sum(s.base_minor) FILTER (WHERE s.effective_on >= $1 AND s.side = 1), 0)::text,
               coalesce(sum(-s.base_minor) FILTER (WHERE s.effective_on >= $1 AND s.side = -1), 0)::text
          FROM (SELECT x.account, x.side, e.currency, m.effective_on, x.side * e.amount_minor AS amount_minor, x.side * e.base_minor AS base_minor
                  FROM ledger.entry e JOIN ledger.document m USING (tenant_id, document_id)
                 CROSS JOIN LATERAL (VALUES (e.debit, 1), (e.credit, -1)) x (account, side)
                 WHERE \(condition)) s
          JOIN ledger.account a ON a.code = s.account
         GROUP BY a.code, a.name, a.role, s.currency ORDER BY a.code, s.currency
        """, parameters)
    ])
    let rows = try results[0].map(AccountTurnover.init(row:))
    let codes = rows.map(\.account.code)
    let lines = codes.enumerated().filter { $0.offset == 0 || codes[$0.offset - 1] != $0.element }.map { _, code in
      AccountTurnover.line(rows.filter { $0.account.code == code }, base: base)
    }
    return .with {
      $0.from = request.from
      $0.to = "\(to.date)"
      $0.lines = lines
      $0.total = AccountTurnover.sum(rows.map(\.inBase), base)
    }
  }
}

/// What one account has in one currency.
private struct AccountTurnover {
  struct Amounts {
    var opening: Int128
    var debits: Int128
    var credits: Int128
  }

  let account: Remit_Ledger_V1_Account
  let currency: Currency
  let amounts: Amounts
  let inBase: Amounts

  init(row: inout CellReader) throws {
    account = try Remit_Ledger_V1_Account(row: &row)
    currency = try row.currency()
    amounts = Amounts(opening: try row.sum(), debits: try row.sum(), credits: try row.sum())
    inBase = Amounts(opening: try row.sum(), debits: try row.sum(), credits: try row.sum())
  }

  /// - Parameter rows: of one account.
  static func line(_ rows: [AccountTurnover], base: Currency) -> Remit_Ledger_V1_TrialBalanceLine {
    var line = sum(rows.map(\.inBase), base)
    line.account = rows[0].account
    if rows.contains(where: { $0.currency != base }) { line.currencies = rows.map { sum([$0.amounts], $0.currency) } }
    return line
  }

  static func sum(_ amounts: [Amounts], _ currency: Currency) -> Remit_Ledger_V1_TrialBalanceLine {
    let opening = MoneySum(currency, of: amounts.map(\.opening))
    let debits = MoneySum(currency, of: amounts.map(\.debits))
    let credits = MoneySum(currency, of: amounts.map(\.credits))
    return .with {
      $0.opening = opening.message
      $0.debits = debits.message
      $0.credits = credits.message
      $0.closing = (opening + debits + MoneySum(currency, minor: -credits.minor)).message
    }
  }
}
