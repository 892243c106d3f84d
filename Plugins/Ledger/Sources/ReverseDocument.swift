import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  /// Posts the opposite of a document: its journal swapped, its items closed. Its allocations are taken back first, where that is asked.
  func reverseDocument(_ request: Remit_Ledger_V1_ReverseDocumentRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_Document> {
    let today = try call.today
    let asked = try TakingBack(
      id: request.id, effectiveOn: request.effectiveOn, reason: request.reason, reasonIsRequired: true, today: today)
    let (id, day) = (asked.id, asked.effectiveOn)

    let ofDocument = "SELECT item_id FROM ledger.item WHERE document_id = $1"
    let results = try await call.query(
      AllocationsToUndo.lookups(where: ItemAllocation.isOf(items: ofDocument), itemsToo: ofDocument, [.uuid(id)])
        + [Remit_Ledger_V1_Document.select(where: "d.document_id = $1", [.uuid(id)])])
    let base = try call.baseCurrency
    guard let document = try results[4].map({ row in try Remit_Ledger_V1_Document(row: &row, base: base) }).first else {
      throw CallError(.notFound, "NO_DOCUMENT", "there is no document \(request.id)", field: "id")
    }
    guard !["reversal", "allocation", "revaluation"].contains(document.kind) else {
      throw CallError(
        .failedPrecondition, "IS_NO_ORIGINAL",
        "\(request.id) is \(document.kind == "reversal" ? "a reversal" : "of an allocation: take that back")",
        field: "id")
    }
    guard document.reversedBy.isEmpty else {
      throw CallError(
        .failedPrecondition, "REVERSED_ALREADY", "\(document.kind) \(document.number) was reversed by \(document.reversedBy)", field: "id")
    }
    let found = try AllocationsToUndo(results[..<4])
    guard found.standing.isEmpty || request.undoAllocations else {
      let words = found.standing.prefix(3).map(\.words).joined(separator: "; ")
      throw CallError(
        .failedPrecondition, "HAS_ALLOCATIONS",
        "\(document.kind) \(document.number) has allocations: \(words); take them back first, or with it (undo_allocations)", field: "id")
    }
    let from = ([document.postedOn] + found.standing.map(\.effectiveOn)).compactMap { CivilDate($0) }.max() ?? day
    guard day >= from, day <= today else {
      throw CallError.invalid([("effective_on", "must be from \(from), the day of the document or its last allocation, to \(today), today")]
      )
    }
    // What was allocated and taken back later was not open in between.
    for item in found.items.values where item.item.documentID == id {
      let history = found.history(of: item, withStandingUndoneFrom: day)
      guard let first = history.firstDay(with: abs(item.item.amountMinor)), first > day else { continue }
      throw CallError.invalid([
        ("effective_on", "must be from \(first) on: before, some of \(document.kind) \(document.number) was settled")
      ])
    }

    var posting = Posting(call: call)
    for allocation in found.standing { _ = try found.undo(allocation, on: day, reason: request.reason, in: &posting) }
    let reversalID = call.newID()
    let number = try await nextNumber("reversal", of: day, call) ?? reversalID.text
    posting.reverse(try document.posted, as: reversalID, number: number, on: day, reason: request.reason)
    for item in found.items.values where item.item.documentID == id {
      posting.move(item.item, by: -item.item.amountMinor, base: -item.item.baseMinor, cause: reversalID, effectiveOn: day)
    }
    let reply = Remit_Ledger_V1_Document.with {
      $0 = document
      $0.id = reversalID.text
      $0.kind = "reversal"
      $0.number = number
      $0.issuedOn = "\(day)"
      $0.postedOn = "\(day)"
      $0.dueOn = ""
      $0.clearTerms()
      $0.externalID = ""
      $0.reason = request.reason
      $0.recordedAt = call.now
      $0.recordedBy = call.principal.name
      $0.reverses = document.id
    }
    return Write(
      posting.statements, reply: reply, resource: "reversal/\(reply.id)",
      title: "reversal \(number) of \(document.kind) \(document.number), \(document.amount.amount) \(document.amount.currency)",
      events: try posting.events,
      refusals: [
        "document_reversed": CallError(
          .failedPrecondition, "REVERSED_ALREADY", "\(document.kind) \(document.number) was reversed meanwhile", field: "id")
      ])
  }
}

extension Remit_Ledger_V1_Document {
  /// Its amount in minor units; of what may go either way, negative where it is a credit. Of ledger.document d.
  static let signedAmount = """
    CASE WHEN d.kind IN ('adjustment', 'opening')
         THEN d.amount_minor * (SELECT i.side FROM ledger.item i WHERE i.document_id = d.document_id) ELSE d.amount_minor END
    """

  /// What is selected for `init(row:)`, and after it what else is wanted; `condition` is on ledger.document d.
  static func select(where condition: String, also columns: [String] = [], _ parameters: [Parameter]) -> Statement {
    Statement(
      """
      SELECT d.document_id, d.kind, d.customer_id, d.number, d.currency,
             \(signedAmount), d.base_minor, d.issued_on, d.external_id, d.reason,
             d.recorded_at, d.recorded_by, d.reverses, (SELECT r.document_id FROM ledger.document r WHERE r.reverses = d.document_id),
             coalesce(d.tax_minor, (SELECT sum(e.amount_minor) FROM ledger.entry e JOIN ledger.account t ON t.role = 'tax' AND t.code IN (e.debit, e.credit)
                                     WHERE e.document_id = d.document_id), 0)::bigint,
             d.exchange_rate, coalesce(d.posting_profile, ''), d.terms, d.bank_text, d.effective_on, d.paid_currency, d.paid_minor,
             coalesce((SELECT CASE i.side WHEN 1 THEN e.credit ELSE e.debit END FROM ledger.entry e JOIN ledger.item i USING (tenant_id, document_id)
                        WHERE e.document_id = d.document_id AND d.kind = 'adjustment' LIMIT 1), ''),
             (SELECT max(i.due_on) FROM ledger.item i WHERE i.document_id = d.document_id AND i.side = 1), d.custom::text
             \(columns.map { ", \($0)" }.joined())
        FROM ledger.document d WHERE \(condition)
      """, parameters)
  }

  init(row: inout CellReader, base: Currency) throws {
    self.init()
    id = try row.uuid().text
    kind = try row.text()
    customerID = try row.uuidIfPresent()?.text ?? ""
    number = try row.text()
    let currency = try row.currency()
    amount = Money(minor: try row.int8(), currency: currency).message
    baseAmount = Money(minor: try row.int8(), currency: base).message
    issuedOn = "\(try row.date())"
    externalID = try row.textIfPresent() ?? ""
    reason = try row.text()
    recordedAt = try row.timestamptz()
    recordedBy = try row.text()
    reverses = try row.uuidIfPresent()?.text ?? ""
    reversedBy = try row.uuidIfPresent()?.text ?? ""
    let taxMinor = try row.int8()
    if taxMinor > 0 { tax = Money(minor: taxMinor, currency: currency).message }
    exchangeRate = try row.text()
    postingProfile = try row.text()
    if let terms: Remit_Ledger_V1_PaymentTerms = try row.messageIfPresent() { self.terms = terms }
    bankText = try row.text()
    postedOn = "\(try row.date())"
    let (paidCurrency, paidMinor) = (try row.textIfPresent().flatMap { Currency($0) }, try row.int8IfPresent())
    if let paidCurrency, let paidMinor { paid = Money(minor: paidMinor, currency: paidCurrency).message }
    account = try row.text()
    dueOn = try row.dateIfPresent().map { "\($0)" } ?? ""
    if let custom = try row.ownFields() { self.custom = custom }
  }

  /// As a reversal needs it.
  fileprivate var posted: Posting.Document {
    get throws {
      guard let id = UUID(uuidString: id), let customerID = UUID(uuidString: customerID), let issuedOn = CivilDate(issuedOn) else {
        throw CallError(.internal, "UNEXPECTED", "a document has no id, customer or date")
      }
      let money = try Money(amount)
      let base = try Money(baseAmount)
      return Posting.Document(
        id: id, kind: kind, number: number, customerID: customerID, currency: money.currency, amountMinor: abs(money.minor),
        baseMinor: base.minor,
        issuedOn: issuedOn, effectiveOn: issuedOn, externalID: nil)
    }
  }
}
