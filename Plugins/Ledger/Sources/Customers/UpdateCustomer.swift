import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func updateCustomer(_ request: Remit_Ledger_V1_UpdateCustomerRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_Customer> {
    var violations = Violations()
    let given = violations.uuid(request.customer.id, "customer.id")
    let paths = Set(request.updateMask.paths)
    let known: Set = ["number", "name", "payer_id", "posting_profile", "names", "identifiers", "custom"]
    for path in paths.subtracting(known).sorted() {
      violations.add("update_mask", "\(path) is none of \(known.sorted().joined(separator: ", "))")
    }
    if paths.isEmpty { violations.add("update_mask", "must name what changes") }
    try violations.throwIfAny()
    guard let id = given else { throw CallError(.internal, "UNEXPECTED", "a field is missing without a violation") }

    guard var customer = try await customerInFull(id, call) else { throw Self.noCustomer(request.customer.id, field: "customer.id") }
    guard customer.version == request.customer.version else {
      throw CallError(
        .failedPrecondition, "CHANGED_MEANWHILE",
        "customer \(customer.number) is at version \(customer.version), not \(request.customer.version): read it again",
        field: "customer.version")
    }
    if paths.contains("number") { customer.number = request.customer.number }
    if paths.contains("name") { customer.name = request.customer.name }
    if paths.contains("payer_id") { customer.payerID = request.customer.payerID }
    if paths.contains("posting_profile") { customer.postingProfile = request.customer.postingProfile }
    if paths.contains("names") { customer.names = request.customer.names }
    if paths.contains("identifiers") { customer.identifiers = request.customer.identifiers }
    if paths.contains("custom") {
      customer.custom.fields.merge(request.customer.custom.fields) { $1 }
      customer.custom.fields = customer.custom.fields.filter { $0.value.kind != .nullValue(.nullValue) }
      if customer.custom.fields.isEmpty { customer.clearCustom() }
    }
    if paths.contains("payer_id"), !customer.mergedIntoID.isEmpty {
      throw CallError(
        .failedPrecondition, "CUSTOMER_MERGED", "its payer is that of the customer it was merged into", field: "customer.payer_id")
    }
    if customer.payerID == customer.id { customer.payerID = "" }
    let record = try CustomerRecord(customer)
    (customer.number, customer.name) = (record.number, record.name)
    customer.names = record.names.map { name in
      .with {
        $0.kind = name.kind
        $0.name = name.name
      }
    }
    customer.identifiers = record.identifiers.map(Remit_Ledger_V1_Identifier.init)
    customer.version += 1
    customer.recordedAt = call.now

    let family = CustomerVersions.keep(where: "c.customer_id = $1 OR c.merged_into = $1", [.uuid(id)])
    let locks =
      (paths.contains("number") ? [CustomerRecord.lockNumbers] : []) + (paths.contains("payer_id") ? [CustomerRecord.lockPayers] : [])
    var statements =
      locks + [
        family,
        Statement(
          """
          WITH changed AS (
            UPDATE ledger.customer SET number = $3, name = $4, payer_id = $5, posting_profile = $6, recorded_at = $7, custom = $8::text::jsonb,
                   version = version + 1
             WHERE customer_id = $1 AND version = $2 RETURNING 1)
          SELECT host.require(EXISTS (SELECT FROM changed), 'CHANGED_MEANWHILE: the customer was changed meanwhile: read it again')
          """,
          [
            .uuid(id), .int4(Int32(clamping: request.customer.version)), .text(record.number), .text(record.name), .uuid(record.payerID),
            .text(record.profile), .timestamptz(call.now), .text(record.own.json),
          ]),
      ]
    if paths.contains("number") { statements.append(CustomerRecord.requireOtherNumbers([(id, record.number)])) }
    if !paths.isDisjoint(with: ["name", "names", "identifiers"]) {
      statements += ["customer_name", "customer_gram", "customer_identifier"].map {
        Statement("DELETE FROM ledger.\($0) WHERE customer_id = $1", [.uuid(id)])
      }
      statements += CustomerRecord.details([(id, record.name, record.names, record.identifiers)])
    }
    if paths.contains("payer_id") {
      statements.append(
        Statement(
          "UPDATE ledger.customer SET payer_id = $2, recorded_at = $3, version = version + 1 WHERE merged_into = $1",
          [.uuid(id), .uuid(record.payerID ?? id), .timestamptz(call.now)]))
      if let payerID = record.payerID {
        statements += [
          CustomerRecord.requirePayer(payerID),
          Statement(
            """
            SELECT host.require(NOT EXISTS (SELECT FROM ledger.customer WHERE payer_id = $1 AND merged_into IS DISTINCT FROM $1),
                                'IS_PAYER: the customer pays for others; give those another payer first')
            """, [.uuid(id)]),
        ]
      }
    }
    return Write(
      statements + [family], reply: customer, resource: "customer/\(customer.id)", title: "customer \(customer.number) \(customer.name)",
      events: [try customer.changed],
      refusals: CustomerRecord.refusals(customer))
  }
}
