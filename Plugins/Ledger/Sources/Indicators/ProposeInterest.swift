import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func proposeInterest(_ request: Remit_Ledger_V1_ProposeInterestRequest, _ call: Call) async throws -> Remit_Ledger_V1_ProposeInterestReply
  {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    let today = try call.today
    var violations = Violations()
    let to = request.to.isEmpty ? today : violations.date(request.to, "to")
    if let to, to > today { violations.add("to", "is after today, \(today)") }
    let after = request.after.isEmpty ? nil : violations.date(request.after, "after")
    let percent = DecimalNumber(request.annualPercent)
    if percent.map({ $0.value > 0 && $0 < 1000 && $0.decimals <= 6 }) != true {
      violations.add("annual_percent", "must be a number over 0 and under 1000, such as 12.25")
    }
    let customerID = request.customerID.isEmpty ? nil : violations.uuid(request.customerID, "customer_id")
    try violations.throwIfAny()
    guard let to, let percent else { throw CallError(.internal, "UNEXPECTED", "a field is missing without a violation") }

    let results = try await call.query([
      Statement(
        """
        WITH page AS (
          SELECT customer_id, number FROM ledger.customer
           WHERE number > $1 AND merged_into IS NULL AND ($3::uuid IS NULL OR customer_id = $3) ORDER BY number LIMIT $2),
        member AS (
          SELECT p.customer_id, p.customer_id AS line_id, p.number FROM page p
          UNION ALL SELECT c.customer_id, p.customer_id, p.number FROM page p JOIN ledger.customer c ON c.merged_into = p.customer_id),
        change AS (
          SELECT f.line_id, f.number, m.item_id, m.due_on, m.effective_on, sum(m.amount_minor)::text AS minor
            FROM member f JOIN ledger.movement m ON m.customer_id = f.customer_id
           WHERE m.side = 1 AND m.due_on < $4 AND m.effective_on <= $4 AND m.amount_minor <> 0
           GROUP BY 1, 2, 3, 4, 5)
        SELECT p.number, c.line_id, c.item_id, d.kind, d.number, i.currency, c.due_on, c.effective_on, c.minor
          FROM page p LEFT JOIN (change c JOIN ledger.item i USING (item_id)
               JOIN ledger.document d ON (d.tenant_id, d.document_id) = (i.tenant_id, i.document_id)) ON c.line_id = p.customer_id
         ORDER BY p.number, c.due_on, c.item_id, c.effective_on
        """, [.text(page.after?[0] ?? ""), .int8(Int64(page.size + 1)), .uuid(customerID), .date(to)])
    ])
    let rows = try results[0].map(ChargeableChange.init(row:))
    let (customers, nextToken) = page.cut(rows.chunked(by: \.customerNumber)) { [$0[0].customerNumber] }
    return .with {
      $0.lines = customers.flatMap { rows in
        rows.filter { $0.item != nil }.chunked { $0.item?.id ?? "" }.compactMap { changes in
          let item = changes[0].item
          return item.flatMap { Self.line($0, changes, from: after, to: to, percent) }
        }
      }
      $0.nextPageToken = nextToken
    }
  }

  /// nil where there is nothing to charge.
  private static func line(
    _ item: ChargeableChange.Item, _ changes: [ChargeableChange], from after: CivilDate?, to: CivilDate, _ percent: DecimalNumber
  ) -> Remit_Ledger_V1_InterestLine? {
    let interest = Interest(
      changes: changes.map { ($0.day, $0.minor) }, after: max(item.dueOn, after ?? item.dueOn), last: to, annualPercent: percent)
    guard interest.minor > 0 else { return nil }
    return .with {
      $0.customerID = item.customerID
      $0.customerNumber = changes[0].customerNumber
      $0.itemID = item.id
      $0.kind = item.kind
      $0.number = item.number
      $0.dueOn = "\(item.dueOn)"
      $0.segments = interest.segments.map { segment in
        .with {
          $0.first = "\(segment.first)"
          $0.last = "\(segment.last)"
          $0.days = segment.days
          $0.principal = MoneySum(item.currency, minor: segment.minor).message
        }
      }
      $0.interest = MoneySum(item.currency, minor: interest.minor).message
    }
  }
}

/// A change of what is open of a debit, on a day.
private struct ChargeableChange {
  struct Item {
    let customerID: String
    let id: String
    let kind: String
    let number: String
    let currency: Currency
    let dueOn: CivilDate
  }

  let customerNumber: String
  /// nil: the customer has none.
  let item: Item?
  let day: CivilDate
  let minor: Int128

  init(row: inout CellReader) throws {
    customerNumber = try row.text()
    let (customerID, itemID) = (try row.uuidIfPresent(), try row.uuidIfPresent())
    let (kind, number, code) = (try row.textIfPresent(), try row.textIfPresent(), try row.textIfPresent())
    let (dueOn, day) = (try row.dateIfPresent(), try row.dateIfPresent())
    self.day = day ?? CivilDate(days: 0)
    minor = try row.textIfPresent().flatMap { Int128($0) } ?? 0
    if let customerID, let itemID, let kind, let number, let dueOn, let currency = code.flatMap({ Currency($0) }) {
      item = Item(customerID: customerID.text, id: itemID.text, kind: kind, number: number, currency: currency, dueOn: dueOn)
    } else {
      item = nil
    }
  }
}
