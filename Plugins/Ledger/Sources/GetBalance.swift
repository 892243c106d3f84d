import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func getBalance(_ request: Remit_Ledger_V1_GetBalanceRequest, _ call: Call) async throws -> Remit_Ledger_V1_Balance {
    var violations = Violations()
    let id = violations.uuid(request.customerID, "customer_id")
    try violations.throwIfAny()
    let asOf = try AsOf(request.asOf, request.hasKnownAt ? request.knownAt : nil, call)
    var parameters: [Parameter] = [.uuid(id)]
    let condition = asOf.condition(&parameters)
    let customers = asOf.customers(&parameters)
    let base = try call.baseCurrency
    let results = try await call.query([
      Statement("SELECT 1 FROM ledger.customer WHERE customer_id = $1", [.uuid(id)]),
      Statement(
        """
        SELECT currency, sum(amount_minor)::text, sum(base_minor)::text FROM ledger.movement m
         WHERE customer_id IN (\(Self.family("$1", of: customers))) AND \(condition)
         GROUP BY currency ORDER BY currency
        """, parameters),
    ])
    guard results[0].count == 1 else { throw Self.noCustomer(request.customerID, field: "customer_id") }
    let balances = try results[1].map { row in
      let currency = try row.currency()
      return (sum: MoneySum(currency, minor: try row.sum()), base: try row.sum())
    }
    return .with {
      $0.customerID = request.customerID
      $0.asOf = "\(asOf.date)"
      $0.balances = balances.map(\.sum.message)
      $0.baseAmount = MoneySum(base, of: balances.map(\.base)).message
    }
  }
}
