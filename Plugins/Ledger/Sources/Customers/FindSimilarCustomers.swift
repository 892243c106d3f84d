import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func findSimilarCustomers(
    _ request: Remit_Ledger_V1_FindSimilarCustomersRequest, _ call: Call
  ) async throws -> Remit_Ledger_V1_FindSimilarCustomersReply {
    let names = ([request.customer.name] + request.customer.names.map(\.name)).filter { !$0.isEmpty }
    // What is entered may not be right yet: only what is right can be found.
    let identifiers = request.customer.identifiers.compactMap { identifier in
      Identifier.Scheme(rawValue: identifier.scheme).flatMap { try? Identifier(identifier.value, scheme: $0) }
    }
    guard !names.isEmpty || !identifiers.isEmpty else {
      throw CallError.invalid([("customer", "must have a name or a right identifier")])
    }
    let similar = try await similarCustomers(names.map(NameKey.init), identifiers, call)
    return .with { $0.similar = Array(similar.filter { $0.customer.id != request.customer.id }.prefix(20)) }
  }

  /// Customers with one of the identifiers, or with a name whose pairs of letters are mostly the same (Dice's coefficient of at least 70 %).
  func similarCustomers(_ keys: [NameKey], _ identifiers: [Identifier], _ call: Call) async throws -> [Remit_Ledger_V1_SimilarCustomer] {
    let grams = Set(keys.flatMap(\.grams))
    let results = try await call.query([
      Statement(
        """
        SELECT c.customer_id, c.number, c.name, i.scheme || ' ' || i.value
          FROM unnest($1::text[], $2::text[]) u (scheme, value) JOIN ledger.customer_identifier i USING (scheme, value)
          JOIN ledger.customer c USING (tenant_id, customer_id) ORDER BY c.number LIMIT 21
        """, [.texts(identifiers.map(\.scheme.rawValue)), .texts(identifiers.map(\.value))]),
      Statement(
        """
        SELECT c.customer_id, c.number, c.name, n.name
          FROM (SELECT g.customer_id FROM ledger.customer_gram g WHERE g.gram = ANY ($1)
                 GROUP BY g.customer_id HAVING 2 * count(*) >= $2 ORDER BY count(*) DESC LIMIT 200) g
          JOIN ledger.customer c USING (customer_id)
          JOIN ledger.customer_name n ON (n.tenant_id, n.customer_id) = (c.tenant_id, c.customer_id)
         ORDER BY c.number
        """, [.texts(Array(grams)), .int8(Int64(keys.map(\.grams.count).min() ?? 0))]),
    ])
    var found: [String: Remit_Ledger_V1_SimilarCustomer] = [:]
    func add(_ row: (customer: Remit_Ledger_V1_Customer, text: String), _ percent: Int, _ reason: String) {
      guard percent >= 70, percent > found[row.customer.id]?.percent ?? 0 else { return }
      found[row.customer.id] = .with {
        $0.customer = row.customer
        $0.percent = Int32(percent)
        $0.reason = reason
      }
    }
    for row in try results[0].map(Self.similarRow) { add(row, 100, "the same \(row.text)") }
    for row in try results[1].map(Self.similarRow) {
      let grams = NameKey(row.text).grams
      let percent = keys.map { 200 * grams.intersection($0.grams).count / max(1, grams.count + $0.grams.count) }.max() ?? 0
      add(row, percent, "the name \(row.text)")
    }
    return found.values.sorted { ($1.percent, $0.customer.number) < ($0.percent, $1.customer.number) }
  }

  private static func similarRow(_ row: inout CellReader) throws -> (customer: Remit_Ledger_V1_Customer, text: String) {
    let customer = try Remit_Ledger_V1_Customer.with {
      $0.id = try row.uuid().text
      $0.number = try row.text()
      $0.name = try row.text()
    }
    return (customer, try row.text())
  }
}

extension CustomerRecord {
  var keys: [NameKey] { ([name] + names.map(\.name)).map(NameKey.init) }
}
