import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func mergeCustomers(_ request: Remit_Ledger_V1_MergeCustomersRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_CustomerMerge> {
    var violations = Violations()
    let fromID = violations.uuid(request.fromID, "from_id")
    let intoID = violations.uuid(request.intoID, "into_id")
    if let fromID, fromID == intoID { violations.add("into_id", "is the same customer") }
    violations.text(request.reason, "reason", charactersMax: 255, mayBeEmpty: true)
    try violations.throwIfAny()
    guard let fromID, let intoID else { throw CallError(.internal, "UNEXPECTED", "a field is missing without a violation") }

    let customers = try await call.query([
      CustomerRecord.lockPayers,
      Statement(
        """
        SELECT customer_id, number, payer_id, merged_into FROM ledger.customer
         WHERE customer_id IN ($1, $2) OR payer_id = $1 OR merged_into = $1 ORDER BY customer_id FOR UPDATE
        """, [.uuid(fromID), .uuid(intoID)]),
    ])[1].map(MergedCustomer.init(row:))
    guard let from = customers.first(where: { $0.id == fromID }) else { throw Self.noCustomer(request.fromID, field: "from_id") }
    guard let into = customers.first(where: { $0.id == intoID }) else { throw Self.noCustomer(request.intoID, field: "into_id") }
    for (customer, field) in [(from, "from_id"), (into, "into_id")] where customer.mergedInto != nil {
      throw CallError(.failedPrecondition, "CUSTOMER_MERGED", "customer \(customer.number) was merged already", field: field)
    }
    let payerID = into.payerID == fromID ? intoID : into.payerID ?? intoID
    let steps = customers.compactMap { customer in customer.step(mergingInto: intoID, payer: payerID, from: fromID) }
    let merge = Remit_Ledger_V1_CustomerMerge.with {
      $0.id = call.newID().text
      $0.fromID = fromID.text
      $0.intoID = intoID.text
      $0.reason = request.reason
      $0.recordedBy = call.principal.name
      $0.recordedAt = call.now
    }
    let versions = CustomerVersions.keep(where: "c.customer_id = ANY ($1)", [.uuids(steps.map(\.customer.id))])
    return Write(
      [
        versions,
        Statement(
          insertInto: "ledger.customer_merge",
          [
            "merge_id": .uuid(UUID(uuidString: merge.id)), "from_id": .uuid(fromID), "into_id": .uuid(intoID),
            "reason": .text(request.reason),
            "recorded_at": .timestamptz(call.now), "recorded_by": .text(call.principal.name),
          ]),
        Statement(
          """
          WITH step AS (
            INSERT INTO ledger.customer_merge_step (merge_id, customer_id, payer_before, payer_after, merged_before, merged_after)
            SELECT $1, u.* FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[]) u RETURNING *)
          UPDATE ledger.customer c SET payer_id = s.payer_after, merged_into = s.merged_after, version = c.version + 1, recorded_at = $7
            FROM step s WHERE s.customer_id = c.customer_id
          """,
          [
            .uuid(UUID(uuidString: merge.id)), .uuids(steps.map(\.customer.id)), .uuids(steps.map(\.customer.payerID)),
            .uuids(steps.map(\.payerID)), .uuids(steps.map(\.customer.mergedInto)), .uuids(steps.map(\.mergedInto)), .timestamptz(call.now),
          ]),
        versions,
      ], reply: merge, resource: "customer_merge/\(merge.id)", title: "customer \(from.number) into \(into.number)",
      events: [try merge.told])
  }
}

/// A customer that a merge may change.
private struct MergedCustomer {
  let id: UUID
  let number: String
  let payerID: UUID?
  let mergedInto: UUID?

  init(row: inout CellReader) throws {
    id = try row.uuid()
    number = try row.text()
    payerID = try row.uuidIfPresent()
    mergedInto = try row.uuidIfPresent()
  }

  /// What it becomes; nil where it stays as it is.
  func step(mergingInto into: UUID, payer: UUID, from: UUID) -> (customer: MergedCustomer, payerID: UUID?, mergedInto: UUID?)? {
    if id == into { return payerID == from ? (self, nil, nil) : nil }
    return (self, payer, id == from || mergedInto == from ? into : mergedInto)
  }
}
