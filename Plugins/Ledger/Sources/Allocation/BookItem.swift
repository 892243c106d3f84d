import FoundationEssentials
import RemitAPI
import RemitSDK

/// An item of the books with what a person knows it by.
struct BookItem {
  var item: Posting.Item
  /// Of its document.
  let kind: String
  let number: String
  /// Of its document, and when that is in the books.
  let issuedOn: CivilDate
  let effectiveOn: CivilDate
  var history: ItemHistory
  let taxes: TaxContent
  /// Its customer, or the one that this was merged into.
  let ownerID: UUID
  /// The customer who pays for its customer.
  let payerID: UUID
  /// 0 where its document is the one that the number means; of those reversed, the last has most.
  let numberUse: Int32

  /// Whether the customer may settle it: its own, or one that it or its payer pays for.
  func isPaid(by customerID: UUID, whosePayerIs payer: UUID? = nil) -> Bool {
    ownerID == customerID || item.customerID == customerID || payerID == customerID || payerID == payer
  }

  /// For `payer`.
  static func selectPayer(of customerID: UUID) -> Statement {
    Statement("SELECT coalesce(payer_id, customer_id) FROM ledger.customer WHERE customer_id = $1", [.uuid(customerID)])
  }

  /// nil where there is no such customer.
  static func payer(_ rows: Rows) throws -> UUID? { try rows.map { row in try row.uuid() }.first }

  /// "receipt Z-7"
  var title: String { "\(kind) \(number)" }
  var open: AllocationPlan.Open {
    AllocationPlan.Open(id: item.id, minor: item.side == 1 ? item.openMinor : -item.openMinor, day: issuedOn)
  }
  /// The same with its discount, which holds as long as nothing has settled the item.
  var openWithDiscount: AllocationPlan.Open {
    var open = open
    if item.openMinor == item.amountMinor {
      open.discountMinor = item.discountMinor
      open.discountUntil = item.discountUntil
    }
    return open
  }

  /// The first day, from one on, from which on it has so much open.
  func firstDay(with minor: Int64, from day: CivilDate) -> CivilDate { max(day, history.firstDay(with: minor) ?? effectiveOn) }

  func text(_ minor: Int64) -> String { "\(item.currency.text(minor: minor)) \(item.currency)" }

  /// Finds and locks items, in the order of their ids. `condition` is on ledger.item i, ledger.document d, ledger.customer c.
  ///
  /// - Parameter withTaxes: also what of debits is tax.
  static func select(where condition: String, withTaxes: Bool = false, _ parameters: [Parameter]) -> Statement {
    Statement(
      """
      SELECT i.item_id, i.document_id, i.customer_id, i.currency, i.side, i.amount_minor, i.base_minor, i.due_on, i.open_minor,
             i.open_base_minor, i.line, i.discount_minor, i.discount_until, d.kind, d.number, d.effective_on,
             coalesce(c.merged_into, c.customer_id), coalesce(c.payer_id, c.customer_id), d.issued_on,
             (SELECT string_agg(h.effective_on || ' ' || h.minor, ',' ORDER BY h.effective_on)
                FROM (SELECT m.effective_on, sum(m.amount_minor) AS minor FROM ledger.movement m
                       WHERE m.item_id = i.item_id AND m.amount_minor <> 0 GROUP BY m.effective_on) h),
             d.amount_minor, \(withTaxes ? TaxContent.selected : "''"), d.number_use
        FROM ledger.document d JOIN ledger.item i USING (tenant_id, document_id)
        JOIN ledger.customer c ON (c.tenant_id, c.customer_id) = (i.tenant_id, i.customer_id)
       WHERE \(condition)
       ORDER BY i.item_id FOR UPDATE OF i
      """, parameters)
  }

  init(_ item: Posting.Item, kind: String, number: String, effectiveOn: CivilDate, payerID: UUID) {
    issuedOn = effectiveOn
    history = ItemHistory(abs(item.amountMinor), from: effectiveOn)
    taxes = .none
    ownerID = item.customerID
    self.item = item
    self.kind = kind
    self.number = number
    self.effectiveOn = effectiveOn
    self.payerID = payerID
    numberUse = 0
  }

  init(row: inout CellReader) throws {
    let id = try row.uuid()
    let documentID = try row.uuid()
    let customerID = try row.uuid()
    let currency = try row.currency()
    item = Posting.Item(
      id: id, documentID: documentID, customerID: customerID, currency: currency, side: try row.int2(), amountMinor: try row.int8(),
      baseMinor: try row.int8(), dueOn: try row.date(), openMinor: try row.int8(), openBaseMinor: try row.int8(), line: try row.int2(),
      discountMinor: try row.int8(), discountUntil: try row.dateIfPresent())
    kind = try row.text()
    number = try row.text()
    effectiveOn = try row.date()
    ownerID = try row.uuid()
    payerID = try row.uuid()
    issuedOn = try row.date()
    history = try ItemHistory(try row.text(), side: item.side)
    taxes = try TaxContent(documentMinor: try row.int8(), try row.text())
    numberUse = try row.int4()
  }
}

extension [BookItem] {
  /// Of those with one number, the ones that it means: of what stands, or else of what was reversed last.
  var meant: [BookItem] {
    let use = contains { $0.numberUse == 0 } ? 0 : map(\.numberUse).max()
    return filter { $0.numberUse == use }
  }
}
