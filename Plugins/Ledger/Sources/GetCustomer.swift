import FoundationEssentials
import RemitAPI
import RemitSDK

extension Ledger {
  func getCustomer(_ request: Remit_Ledger_V1_GetCustomerRequest, _ call: Call) async throws -> Remit_Ledger_V1_Customer {
    var violations = Violations()
    let id = violations.uuid(request.id, "id")
    try violations.throwIfAny()
    let results = try await call.query([
      Statement("SELECT customer_id, number, name, version, recorded_at, payer_id FROM ledger.customer WHERE customer_id = $1", [.uuid(id)])
    ])
    guard let customer = try results[0].map(Remit_Ledger_V1_Customer.init(row:)).first else {
      throw Self.noCustomer(request.id, field: "id")
    }
    return customer
  }

  static func noCustomer(_ id: String, field: String) -> CallError {
    CallError(.notFound, "NO_CUSTOMER", "there is no customer \(id)", field: field)
  }
}
