import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func listCustomers(_ request: Remit_Ledger_V1_ListCustomersRequest, _ call: Call) async throws -> Remit_Ledger_V1_ListCustomersReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    var parameters: [Parameter] = [.text(page.after?[0] ?? ""), .int8(Int64(page.size + 1))]
    var condition = ""
    if !request.number.isEmpty {
      parameters.append(.text(request.number.plain))
      condition += " AND number = $\(parameters.count)"
    }
    let search = request.search.plain
    if !search.isEmpty {
      parameters.append(.text(search))
      let part = "$\(parameters.count)"
      condition += """
         AND (\(Self.has(part, in: "number")) OR customer_id IN (SELECT n.customer_id FROM ledger.customer_name n WHERE \(Self.has(part, in: "n.name"))))
        """
    }
    let found = try await call.rows(
      Remit_Ledger_V1_Customer.select("WHERE number > $1 \(condition) ORDER BY number LIMIT $2", parameters),
      Remit_Ledger_V1_Customer.init(row:))
    let (customers, nextToken) = page.cut(found) { [$0.number] }
    return .with {
      $0.customers = customers
      $0.nextPageToken = nextToken
    }
  }
}

extension Remit_Ledger_V1_Customer {
  /// What is selected for `init(row:)`.
  static func select(_ rest: String, from customers: String = "ledger.customer", _ parameters: [Parameter]) -> Statement {
    Statement(
      """
      SELECT customer_id, number, name, version, recorded_at, payer_id, coalesce(posting_profile, ''), merged_into, custom::text
        FROM \(customers) \(rest)
      """, parameters)
  }

  init(row: inout CellReader) throws {
    self.init()
    id = try row.uuid().text
    number = try row.text()
    name = try row.text()
    version = UInt32(clamping: try row.int4())
    recordedAt = try row.timestamptz()
    payerID = try row.uuidIfPresent()?.text ?? ""
    postingProfile = try row.text()
    mergedIntoID = try row.uuidIfPresent()?.text ?? ""
    if let custom = try row.ownFields() { self.custom = custom }
  }
}
