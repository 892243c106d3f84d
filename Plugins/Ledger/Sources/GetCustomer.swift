import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func getCustomer(_ request: Remit_Ledger_V1_GetCustomerRequest, _ call: Call) async throws -> Remit_Ledger_V1_Customer {
    guard let id = UUID(uuidString: request.id) else {
      throw CallError.invalid([("id", "is not a UUID, such as 0193e0c2-1f6c-7d3a-8a53-6d0b4f3c2a10")])
    }
    let results = try await call.query([
      Statement("SELECT number, name, version, recorded_at FROM ledger.customer WHERE customer_id = $1", [.uuid(id)])
    ])
    let found = try results[0].map { row in
      try Remit_Ledger_V1_Customer.with {
        $0.id = id.uuidString.lowercased()
        $0.number = try row.text()
        $0.name = try row.text()
        $0.version = UInt32(try row.int4())
        $0.recordedAt = try row.timestamptz()
      }
    }
    guard let customer = found.first else {
      throw CallError(.notFound, "NO_CUSTOMER", "there is no customer \(request.id)", field: "id")
    }
    return customer
  }
}
