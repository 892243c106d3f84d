import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func createCustomer(_ request: Remit_Ledger_V1_CreateCustomerRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_Customer> {
    let record = try CustomerRecord(request.customer)
    // Another call may be entering the same one.
    if request.refuseDuplicates { _ = try await call.query([CustomerRecord.lockNumbers]) }
    if request.refuseDuplicates,
      let twin = try await similarCustomers(record.keys, record.identifiers, call).first(where: { $0.percent == 100 })
    {
      throw CallError(
        .failedPrecondition, "DUPLICATE", "customer \(twin.customer.number) \(twin.customer.name) has \(twin.reason)", field: "customer")
    }
    let locks = [CustomerRecord.lockNumbers] + (record.payerID == nil ? [] : [CustomerRecord.lockPayers])
    let id = call.newID()
    let customer = Remit_Ledger_V1_Customer.with {
      $0.id = id.text
      $0.number = record.number
      $0.name = record.name
      $0.version = 1
      $0.recordedAt = call.now
      $0.payerID = record.payerID?.text ?? ""
      $0.postingProfile = record.profile ?? ""
      $0.names = record.names.map { name in
        .with {
          $0.kind = name.kind
          $0.name = name.name
        }
      }
      $0.identifiers = record.identifiers.map(Remit_Ledger_V1_Identifier.init)
      if request.customer.hasCustom { $0.custom = request.customer.custom }
    }
    return Write(
      locks + [
        Statement(
          insertInto: "ledger.customer",
          [
            "customer_id": .uuid(id), "number": .text(record.number), "name": .text(record.name), "recorded_at": .timestamptz(call.now),
            "payer_id": .uuid(record.payerID), "posting_profile": .text(record.profile), "custom": .json(record.own.json),
          ])
      ] + CustomerRecord.details([(id, record.name, record.names, record.identifiers)])
        + [CustomerRecord.requireOtherNumbers([(id, record.number)]), CustomerVersions.keep(where: "c.customer_id = $1", [.uuid(id)])]
        + (record.payerID.map { [CustomerRecord.requirePayer($0)] } ?? []),
      reply: customer, resource: "customer/\(customer.id)", title: "customer \(customer.number) \(customer.name)",
      events: [try customer.changed],
      refusals: CustomerRecord.refusals(request.customer))
  }
}

extension Remit_Ledger_V1_Identifier {
  init(_ identifier: Identifier) {
    self.init()
    scheme = identifier.scheme.rawValue
    value = identifier.value
  }
}

extension Remit_Ledger_V1_Customer {
  /// What is told where it is new, or changed.
  var changed: Event {
    get throws {
      try Event(
        Remit_Ledger_V1_CustomerChanged.with {
          $0.id = id
          $0.number = number
          $0.version = UInt32(clamping: version)
        }, about: "customer/\(id)")
    }
  }
}

extension Remit_Ledger_V1_CustomerMerge {
  /// What is told of it, or of its undoing.
  var told: Event {
    get throws {
      try Event(
        Remit_Ledger_V1_CustomersMerged.with {
          $0.fromID = fromID
          $0.intoID = intoID
          $0.undone = hasUndoneAt
        }, about: "customer/\(fromID)")
    }
  }
}
