import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func createCustomer(_ request: Remit_Ledger_V1_CreateCustomerRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_Customer> {
    var violations: [(field: String, message: String)] = []
    let number = request.customer.number
    let name = request.customer.name
    violations += Self.problems(of: number, in: "customer.number", charactersMax: 64)
    violations += Self.problems(of: name, in: "customer.name", charactersMax: 255)
    guard violations.isEmpty else { throw CallError.invalid(violations) }

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

  /// What is wrong with a short text that a person reads: nothing, or one line.
  static func problems(of text: String, in field: String, charactersMax: Int) -> [(field: String, message: String)] {
    if text.isEmpty { return [(field, "must be given")] }
    if text.count > charactersMax { return [(field, "is longer than \(charactersMax) characters")] }
    if text.first?.isWhitespace == true || text.last?.isWhitespace == true { return [(field, "begins or ends with a blank")] }
    if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      return [(field, "holds a control character, such as a line break or a tab")]
    }
    return []
  }
}
