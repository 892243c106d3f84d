import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func createCustomer(_ request: Remit_Ledger_V1_CreateCustomerRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_Customer> {
    var violations = Violations()
    let number = request.customer.number
    let name = request.customer.name
    violations.text(number, "customer.number", charactersMax: 64)
    violations.text(name, "customer.name", charactersMax: 255)
    try violations.throwIfAny()

    let id = call.newID()
    let customer = Remit_Ledger_V1_Customer.with {
      $0.id = id.uuidString.lowercased()
      $0.number = number
      $0.name = name
      $0.version = 1
      $0.recordedAt = call.now
    }
    return Write(
      [
        Statement(
          "INSERT INTO ledger.customer (customer_id, number, name, recorded_at) VALUES ($1, $2, $3, $4)",
          [.uuid(id), .text(number), .text(name), .timestamptz(call.now)])
      ],
      reply: customer,
      resource: "customer/\(customer.id)",
      refusals: [
        "customer_number": CallError(
          .alreadyExists, "NUMBER_TAKEN", "there is a customer with the number \(number) already; choose another number",
          field: "customer.number")
      ])
  }
}
