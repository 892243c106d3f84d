import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  /// What happened on a customer's account between two days: what settles one of its items by another does not change the balance, and is left
  /// out.
  func getStatement(_ request: Remit_Ledger_V1_GetStatementRequest, _ call: Call) async throws -> Remit_Ledger_V1_Statement {
    var violations = Violations()
    let id = violations.uuid(request.customerID, "customer_id")
    let first = violations.date(request.from, "from")
    try violations.throwIfAny()
    let asOf = try AsOf(request.to, field: "to", request.hasKnownAt ? request.knownAt : nil, call)
    guard let first, first <= asOf.date else { throw CallError.invalid([("from", "is after the last day, \(asOf.date)")]) }
    var parameters: [Parameter] = [.uuid(id), .date(first)]
    let condition = asOf.condition(&parameters)
    let customers = asOf.customers(&parameters)
    let results = try await call.query([
      Statement("SELECT 1 FROM ledger.customer WHERE customer_id = $1", [.uuid(id)]),
      // In one statement, so that all of it is of one instant: what came before the first day as one row.
      Statement(
        """
        SELECT m.currency, NULL::date AS effective_on, NULL::uuid AS cause_id, '' AS kind, '' AS number, sum(m.amount_minor)::text
          FROM ledger.movement m WHERE m.customer_id IN (\(Self.family("$1", of: customers))) AND \(condition) AND m.effective_on < $2 GROUP BY m.currency
        UNION ALL
        (SELECT m.currency, m.effective_on, m.cause_id, coalesce(d.kind, 'allocation'), coalesce(d.number, m.cause_id::text),
                sum(m.amount_minor)::text
           FROM ledger.movement m LEFT JOIN ledger.document d ON d.document_id = m.cause_id
          WHERE m.customer_id IN (\(Self.family("$1", of: customers))) AND \(condition) AND m.effective_on >= $2
          GROUP BY m.currency, m.effective_on, m.cause_id, d.kind, d.number HAVING sum(m.amount_minor) <> 0
          LIMIT 100001)
        ORDER BY 1, 2 NULLS FIRST, 3
        """, parameters),
    ])
    guard results[0].count == 1 else { throw Self.noCustomer(request.customerID, field: "customer_id") }
    guard results[1].count <= 100_000 else {
      throw CallError.invalid([("from", "makes a statement of more than 100,000 lines; choose less time")])
    }
    let rows = try results[1].map(StatementRow.init(row:))
    return .with {
      $0.customerID = request.customerID
      $0.from = "\(first)"
      $0.to = "\(asOf.date)"
      $0.accounts = Dictionary(grouping: rows, by: \.amount.currency.code).sorted { $0.key < $1.key }.map { Self.account($0.value) }
    }
  }

  private static func account(_ rows: [StatementRow]) -> Remit_Ledger_V1_StatementAccount {
    let currency = rows[0].amount.currency
    var balance = MoneySum(currency, of: rows.filter { $0.on == nil }.map(\.amount.minor))
    return .with { account in
      account.opening = balance.message
      account.lines = rows.compactMap { row in
        guard let on = row.on, let cause = row.cause else { return nil }
        balance = balance + row.amount
        return .with {
          $0.on = "\(on)"
          $0.kind = row.kind
          $0.number = row.number
          $0.documentID = cause.text
          $0.amount = row.amount.message
          $0.balance = balance.message
        }
      }
      account.closing = balance.message
    }
  }
}

private struct StatementRow {
  /// nil: before the first day, all together.
  let on: CivilDate?
  let cause: UUID?
  let kind: String
  let number: String
  let amount: MoneySum

  init(row: inout CellReader) throws {
    let currency = try row.currency()
    on = try row.dateIfPresent()
    cause = try row.uuidIfPresent()
    kind = try row.text()
    number = try row.text()
    amount = MoneySum(currency, minor: try row.sum())
  }
}
