import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

typealias ItemAllocation = Remit_Ledger_V1_ItemAllocation

extension ItemAllocation {
  /// The condition that an allocation is of one of the items that a query gives. Two index scans: an OR of the two would read all allocations.
  static func isOf(items query: String) -> String {
    """
    a.allocation_id IN (SELECT x.allocation_id FROM ledger.allocation x WHERE x.debit_item IN (\(query))
                        UNION SELECT x.allocation_id FROM ledger.allocation x WHERE x.credit_item IN (\(query)))
    """
  }

  /// What is selected for `init(row:)`; `condition` is on ledger.allocation a.
  ///
  /// - Parameter limit: nil: all.
  static func select(
    where condition: String, order: String = "a.recorded_at, a.allocation_id", limit: Int?, _ parameters: [Parameter]
  ) -> Statement {
    Statement(
      """
      SELECT a.allocation_id, a.debit_item, \(number(ofItem: "a.debit_item")), a.credit_item, \(number(ofItem: "a.credit_item")),
             (SELECT i.currency FROM ledger.item i WHERE i.item_id = a.debit_item), a.amount_minor, a.discount_minor, a.fee_minor,
             a.write_off_minor, a.reason, a.effective_on, a.recorded_by, a.recorded_at, a.reverses,
             (SELECT 1 FROM ledger.allocation u WHERE u.reverses = a.allocation_id LIMIT 1) IS NOT NULL
        FROM ledger.allocation a
       WHERE \(condition) ORDER BY \(order) \(limit.map { "LIMIT \($0)" } ?? "")
      """, parameters)
  }

  /// Of its document. Looked up for each: joined, all documents of a young company would be read for all others, as it is estimated at one row.
  private static func number(ofItem item: String) -> String {
    "(SELECT d.number FROM ledger.document d WHERE d.document_id = (SELECT i.document_id FROM ledger.item i WHERE i.item_id = \(item)))"
  }

  init(row: inout CellReader) throws {
    self.init()
    id = try row.uuid().text
    line.debit.itemID = try row.uuid().text
    line.debit.number = try row.text()
    line.credit.itemID = try row.uuid().text
    line.credit.number = try row.text()
    let currency = try row.currency()
    line.amount = Money(minor: try row.int8(), currency: currency).message
    line.discount = Money(minor: try row.int8(), currency: currency).message
    line.bankFee = Money(minor: try row.int8(), currency: currency).message
    line.writeOff = Money(minor: try row.int8(), currency: currency).message
    line.reason = try row.text()
    effectiveOn = "\(try row.date())"
    recordedBy = try row.text()
    recordedAt = try row.timestamptz()
    reverses = try row.uuidIfPresent()?.text ?? ""
    isUndone = try row.bool()
  }

  /// A line that is planned; `id` is nil as long as it is not done.
  init(_ line: AllocationPlan.Line, id: UUID?, debit: BookItem, credit: BookItem, effectiveOn: CivilDate, _ call: Call) {
    self.init()
    self.id = id?.text ?? ""
    let currency = debit.item.currency
    self.line.debit.itemID = debit.item.id.text
    self.line.debit.number = debit.number
    self.line.credit.itemID = credit.item.id.text
    self.line.credit.number = credit.number
    self.line.amount = Money(minor: line.amountMinor, currency: currency).message
    self.line.discount = Money(minor: line.discountMinor, currency: currency).message
    self.line.bankFee = Money(minor: line.feeMinor, currency: currency).message
    self.line.writeOff = Money(minor: line.writeOffMinor, currency: currency).message
    self.line.reason = line.reason
    self.effectiveOn = "\(effectiveOn)"
    recordedBy = call.principal.name
    recordedAt = call.now
  }

  /// "demo settled 80.00 EUR of invoice R-5 by receipt Z-7 at 2026-11-24 10:12:05 UTC"
  var words: String {
    let verb = reverses.isEmpty ? "allocated" : "took back the allocation of"
    let amount = line.amount.amount.hasPrefix("-") ? String(line.amount.amount.dropFirst()) : line.amount.amount
    return
      "\(recordedBy) \(verb) \(amount) \(line.amount.currency) of \(line.credit.number) to \(line.debit.number) at \(recordedAt.minuteText)"
  }
}

extension Google_Protobuf_Timestamp {
  /// "2026-11-24 10:12 UTC"
  fileprivate var minuteText: String {
    let days = seconds / 86_400 - 10_957
    let minutes = seconds % 86_400 / 60
    func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(CivilDate(days: Int32(clamping: days))) \(padded(minutes / 60)):\(padded(minutes % 60)) UTC"
  }
}
