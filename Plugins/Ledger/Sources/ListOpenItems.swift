import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func listOpenItems(_ request: Remit_Ledger_V1_ListOpenItemsRequest, _ call: Call) async throws -> Remit_Ledger_V1_ListOpenItemsReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 2)
    let asOf = try AsOf(request.asOf, request.hasKnownAt ? request.knownAt : nil, call)
    var violations = Violations()
    let customerID = request.customerID.isEmpty ? nil : violations.uuid(request.customerID, "customer_id")
    try violations.throwIfAny()
    // Before every date and id of Postgres: -infinity and the nil UUID.
    let after = try page.after.map { try Self.itemKey($0) } ?? (CivilDate(days: .min), UUID(uuid: nilUUID))
    var parameters: [Parameter] = [.date(after.0), .uuid(after.1), .int8(Int64(page.size + 1))]
    let condition = asOf.isNow ? "" : asOf.condition(&parameters)
    let customers = asOf.customers(&parameters)
    if let customerID { parameters.append(.uuid(customerID)) }
    let ofCustomer = customerID == nil ? "" : "AND customer_id IN (\(Self.family("$\(parameters.count)", of: customers)))"
    let open =
      asOf.isNow
      ? """
      SELECT item_id, due_on, open_minor FROM ledger.item
       WHERE open_minor <> 0 AND (due_on, item_id) > ($1, $2) \(ofCustomer)
       ORDER BY due_on, item_id LIMIT $3
      """
      : """
      SELECT item_id, due_on, sum(amount_minor)::bigint AS open_minor FROM ledger.movement m
       WHERE \(condition) AND (due_on, item_id) > ($1, $2) \(ofCustomer)
       GROUP BY item_id, due_on HAVING sum(amount_minor) <> 0
       ORDER BY due_on, item_id LIMIT $3
      """
    let found = try await call.rows(
      Remit_Ledger_V1_OpenItem.select(from: open, customers: customers, order: "o.due_on, o.item_id", parameters),
      Remit_Ledger_V1_OpenItem.init(row:))
    let (items, nextToken) = page.cut(found) { [$0.dueOn, $0.id] }
    return .with {
      $0.items = items
      $0.nextPageToken = nextToken
    }
  }

  private static func itemKey(_ parts: [String]) throws(CallError) -> (CivilDate, UUID) {
    guard let date = CivilDate(parts[0]), let id = UUID(uuidString: parts[1]) else { throw Page.badToken }
    return (date, id)
  }
}

/// All zeros.
private let nilUUID: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

extension Remit_Ledger_V1_OpenItem {
  /// What is selected for `init(row:)`; `open` is a query of item_id, due_on and open_minor, `customers` a table of them.
  static func select(from open: String, customers: String = "ledger.customer", order: String, _ parameters: [Parameter]) -> Statement {
    Statement(
      """
      SELECT o.item_id, i.document_id, d.kind, d.number, c.customer_id, c.number, c.name, d.issued_on, o.due_on, i.currency,
             i.amount_minor, o.open_minor, i.discount_minor, i.discount_until
        FROM (\(open)) o
        JOIN ledger.item i USING (item_id)
        JOIN ledger.document d ON (d.tenant_id, d.document_id) = (i.tenant_id, i.document_id)
        JOIN \(customers) k ON (k.tenant_id, k.customer_id) = (i.tenant_id, i.customer_id)
        JOIN \(customers) c ON (c.tenant_id, c.customer_id) = (k.tenant_id, coalesce(k.merged_into, k.customer_id))
       ORDER BY \(order)
      """, parameters)
  }

  init(row: inout CellReader) throws {
    self.init()
    id = try row.uuid().uuidString.lowercased()
    documentID = try row.uuid().uuidString.lowercased()
    kind = try row.text()
    number = try row.text()
    customerID = try row.uuid().uuidString.lowercased()
    customerNumber = try row.text()
    customerName = try row.text()
    issuedOn = "\(try row.date())"
    dueOn = "\(try row.date())"
    let currency = try row.currency()
    amount = Money(minor: try row.int8(), currency: currency).message
    open = Money(minor: try row.int8(), currency: currency).message
    let discountMinor = try row.int8()
    if let until = try row.dateIfPresent() {
      discount = Money(minor: discountMinor, currency: currency).message
      discountUntil = "\(until)"
    }
  }
}

extension CellReader {
  /// A currency's code.
  mutating func currency() throws(CallError) -> Currency {
    let code = try text()
    guard let currency = Currency(code) else { throw CallError(.internal, "CURRENCY", "the books hold the unknown currency \(code)") }
    return currency
  }
}
