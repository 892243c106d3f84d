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
    let payerID = request.customer.payerID.isEmpty ? nil : violations.uuid(request.customer.payerID, "customer.payer_id")
    try violations.throwIfAny()

    let id = call.newID()
    let customer = Remit_Ledger_V1_Customer.with {
      $0.id = id.uuidString.lowercased()
      $0.number = number
      $0.name = name
      $0.version = 1
      $0.recordedAt = call.now
      $0.payerID = payerID?.text ?? ""
    }
    return Write(
      [
        Statement(
          "INSERT INTO ledger.customer (customer_id, number, name, recorded_at, payer_id) VALUES ($1, $2, $3, $4, $5)",
          [.uuid(id), .text(number), .text(name), .timestamptz(call.now), .uuid(payerID)])
      ] + (payerID.map { [Self.requirePayer($0)] } ?? []),
      reply: customer,
      resource: "customer/\(customer.id)",
      refusals: [
        "customer_number": CallError(
          .alreadyExists, "NUMBER_TAKEN", "there is a customer with the number \(number) already; choose another number",
          field: "customer.number"),
        "customer_tenant_id_payer_id_fkey": CallError(
          .failedPrecondition, "NO_CUSTOMER", "there is no customer \(request.customer.payerID)", field: "customer.payer_id"),
      ])
  }

  /// A payer pays for itself: payers do not form chains.
  private static func requirePayer(_ id: UUID) -> Statement {
    Statement(
      "SELECT host.require(NOT EXISTS (SELECT FROM ledger.customer WHERE customer_id = $1 AND payer_id IS NOT NULL), 'PAYER_HAS_PAYER')",
      [.uuid(id)])
  }
}
