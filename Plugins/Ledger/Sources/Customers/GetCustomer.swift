import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func getCustomer(_ request: Remit_Ledger_V1_GetCustomerRequest, _ call: Call) async throws -> Remit_Ledger_V1_Customer {
    var violations = Violations()
    let id = violations.uuid(request.id, "id")
    if request.hasKnownAt { violations.knownAt(request.knownAt, call) }
    try violations.throwIfAny()
    guard let id, let customer = try await customerInFull(id, knownAt: request.hasKnownAt ? request.knownAt : nil, call) else {
      throw Self.noCustomer(request.id, field: "id")
    }
    return customer
  }

  /// With names and identifiers, which are those of now; nil where there is none.
  func customerInFull(_ id: UUID, knownAt: Google_Protobuf_Timestamp? = nil, _ call: Call) async throws -> Remit_Ledger_V1_Customer? {
    let known = knownAt.map { Parameter.timestamptz($0) }
    let results = try await call.query([
      Remit_Ledger_V1_Customer.select(
        "WHERE customer_id = $1\(known == nil ? "" : " AND recorded_at <= $2")",
        from: known == nil ? "ledger.customer" : CustomerVersions.asKnown(at: "$2") + " c",
        [.uuid(id)] + (known.map { [$0] } ?? [])),
      Statement("SELECT kind, name FROM ledger.customer_name WHERE customer_id = $1 AND kind <> '' ORDER BY kind", [.uuid(id)]),
      Statement("SELECT scheme, value FROM ledger.customer_identifier WHERE customer_id = $1 ORDER BY scheme, value", [.uuid(id)]),
    ])
    guard var customer = try results[0].map(Remit_Ledger_V1_Customer.init(row:)).first else { return nil }
    customer.names = try results[1].map { row in
      try .with {
        $0.kind = try row.text()
        $0.name = try row.text()
      }
    }
    customer.identifiers = try results[2].map { row in
      try .with {
        $0.scheme = try row.text()
        $0.value = try row.text()
      }
    }
    return customer
  }

  static func noCustomer(_ id: String, field: String) -> CallError {
    CallError(.notFound, "NO_CUSTOMER", "there is no customer \(id)", field: field)
  }

  /// The customer whose id is the parameter, and those that were merged into it.
  static func family(_ parameter: String, of customers: String = "ledger.customer") -> String {
    "SELECT \(parameter)::uuid UNION ALL SELECT f.customer_id FROM \(customers) f WHERE f.merged_into = \(parameter)"
  }
}
