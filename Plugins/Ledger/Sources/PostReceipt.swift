import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func postReceipt(_ request: Remit_Ledger_V1_PostReceiptRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_Receipt> {
    let base = try call.baseCurrency
    var receipt = try NewReceipt(request.receipt, invoiceID: request.invoiceID, today: try call.today, base: base)
    receipt.rate = try await requireRate(
      receipt.rate, for: receipt.booked, on: receipt.receivedOn, base: base, "receipt.exchange_rate", call)
    try await requireProfile(receipt.profile, "receipt.posting_profile", call)
    let invoiceID = UUID(uuidString: request.invoiceID)
    var debits: [BookItem] = []
    if let invoiceID { debits = try await invoiceItems(of: invoiceID, for: receipt, call) }
    if receipt.number == nil { receipt.number = try await nextNumber("receipt", of: receipt.receivedOn, call) }

    var posting = Posting(call: call)
    guard var credit = posting.add(receipt.document, base: base).item else {
      throw CallError(.internal, "UNEXPECTED", "a receipt has no item")
    }
    var reply = request.receipt
    reply.id = credit.documentID.text
    reply.postedOn = "\(receipt.document.effectiveOn)"
    reply.number = receipt.number ?? reply.id
    reply.externalID = receipt.externalID ?? ""
    reply.amount = receipt.amount.message
    reply.exchangeRate = receipt.rate?.description ?? ""
    reply.recordedAt = call.now
    reply.allocations = []
    if let invoiceID {
      reply.allocations = posting.settle(&debits, with: &credit, of: receipt.document.effectiveOn, base: base).map { settled in
        .with {
          $0.invoiceID = invoiceID.text
          $0.amount = Money(minor: settled.line.amountMinor, currency: receipt.amount.currency).message
          $0.effectiveOn = "\(settled.effectiveOn)"
        }
      }
    }
    reply.unapplied = Money(minor: -credit.openMinor, currency: receipt.amount.currency).message
    return Write(
      posting.statements, reply: reply, resource: "receipt/\(reply.id)", title: "receipt \(reply.number), \(receipt.amount.text)",
      events: try posting.events,
      refusals: Self.documentRefusals("receipt", number: reply.number, externalID: reply.externalID, customerID: reply.customerID))
  }

  /// The items of the invoice that a receipt names, locked, by due date.
  private func invoiceItems(of invoiceID: UUID, for receipt: NewReceipt, _ call: Call) async throws -> [BookItem] {
    let results = try await call.query([
      BookItem.select(where: "d.kind = 'invoice' AND d.document_id = $1", [.uuid(invoiceID)]), BookItem.selectPayer(of: receipt.customerID),
    ])
    let debits = try results[0].map(BookItem.init(row:)).sorted { $0.item.line < $1.item.line }
    guard let debit = debits.first else {
      throw CallError(.notFound, "NO_INVOICE", "there is no invoice \(invoiceID.text)", field: "invoice_id")
    }
    guard debit.isPaid(by: receipt.customerID, whosePayerIs: try BookItem.payer(results[1])) else {
      throw CallError(.failedPrecondition, "OTHER_CUSTOMER", "the invoice is another customer's", field: "invoice_id")
    }
    guard debit.item.currency == receipt.amount.currency else {
      throw CallError(
        .failedPrecondition, "OTHER_CURRENCY", "the invoice is in \(debit.item.currency), the receipt in \(receipt.amount.currency)",
        field: "receipt.amount")
    }
    return debits
  }
}

extension NewReceipt {
  /// Takes it from a request; throws all that is wrong with it.
  init(_ receipt: Remit_Ledger_V1_Receipt, invoiceID: String, today: CivilDate, base: Currency) throws(CallError) {
    var violations = Violations()
    let customerID = violations.uuid(receipt.customerID, "receipt.customer_id")
    let number = violations.plain(receipt.number, "receipt.number", charactersMax: 64, mayBeEmpty: true)
    let externalID = violations.plain(receipt.externalID, "receipt.external_id", charactersMax: 128, mayBeEmpty: true)
    let amount = violations.money(receipt.amount, "receipt.amount")
    let receivedOn = violations.date(receipt.receivedOn, "receipt.received_on")
    let rate = violations.rate(receipt.exchangeRate, "receipt.exchange_rate")
    let postedOn = receipt.postedOn.isEmpty ? nil : violations.date(receipt.postedOn, "receipt.posted_on")
    let paid = receipt.hasPaid ? violations.money(receipt.paid, "receipt.paid") : nil
    violations.text(receipt.bankText, "receipt.bank_text", charactersMax: 1000, mayBeEmpty: true)
    if !invoiceID.isEmpty { _ = violations.uuid(invoiceID, "invoice_id") }
    guard let customerID, let amount, let receivedOn else {
      try violations.throwIfAny()
      throw CallError(.internal, "UNEXPECTED", "a field is missing without a violation")
    }
    self.init(
      customerID: customerID, number: number.isEmpty ? nil : number, amount: amount, receivedOn: receivedOn,
      externalID: externalID.isEmpty ? nil : externalID, rate: rate,
      profile: receipt.postingProfile.isEmpty ? nil : receipt.postingProfile, postedOn: postedOn, bankText: receipt.bankText, paid: paid,
      own: try OwnFields(receipt.custom))
    for problem in problems(today: today, base: base) { violations.add("receipt.\(problem.field)", problem.message) }
    try violations.throwIfAny()
  }
}
