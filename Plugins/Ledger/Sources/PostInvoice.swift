import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func postInvoice(_ request: Remit_Ledger_V1_PostInvoiceRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_Invoice> {
    let base = try call.baseCurrency
    var invoice = try NewInvoice(request.invoice, today: try call.today, base: base)
    invoice.rate = try await requireRate(
      invoice.rate, for: invoice.amount, on: invoice.issuedOn, base: base, "invoice.exchange_rate", call)
    try await requireProfile(invoice.profile, "invoice.posting_profile", call)
    if invoice.number.isEmpty {
      guard let number = try await nextNumber("invoice", of: invoice.issuedOn, call) else {
        throw CallError.invalid([("invoice.number", "must be given: the company has no number series for invoices")])
      }
      invoice.number = number
    }
    var posting = Posting(call: call)
    let posted = posting.add(invoice.document, base: base)
    var reply = request.invoice
    reply.id = posted.id.text
    reply.number = invoice.number
    reply.externalID = invoice.externalID ?? ""
    reply.customerID = invoice.customerID.uuidString.lowercased()
    reply.amount = invoice.amount.message
    reply.tax = Money(minor: invoice.taxMinor, currency: invoice.amount.currency).message
    reply.exchangeRate = invoice.rate?.description ?? ""
    reply.dueOn = (invoice.instalments.parts.last?.dueOn).map { "\($0)" } ?? ""
    reply.postedOn = "\(invoice.document.effectiveOn)"
    reply.recordedAt = call.now
    return Write(
      posting.statements, reply: reply, resource: "invoice/\(reply.id)",
      title: "invoice \(reply.number), \(invoice.amount.text)",
      events: try posting.events,
      refusals: Self.documentRefusals("invoice", number: invoice.number, externalID: reply.externalID, customerID: reply.customerID))
  }

  /// - Parameter kind: of the document, which is also the name of its field in the request.
  static func documentRefusals(_ kind: String, number: String, externalID: String, customerID: String) -> [String: CallError] {
    func taken(_ other: String) -> CallError {
      CallError(.alreadyExists, "NUMBER_TAKEN", "there is \(other) with the number \(number) already", field: "\(kind).number")
    }
    return [
      "document_number": taken("another \(kind)"), "document_invoice_number": taken("an invoice or an open item"),
      "document_credit_note_number": taken("a credit note or an open item"),
      "document_external_id": CallError(
        .alreadyExists, "EXTERNAL_ID_TAKEN", "there is another \(kind) with the external id \(externalID) already",
        field: "\(kind).external_id"),
      "document_of_customer": CallError(
        .failedPrecondition, "NO_CUSTOMER", "there is no customer \(customerID)", field: "\(kind).customer_id"),
    ]
  }
}

extension NewInvoice {
  /// Takes it from a request; throws all that is wrong with it.
  init(_ invoice: Remit_Ledger_V1_Invoice, today: CivilDate, base: Currency) throws(CallError) {
    var violations = Violations()
    let customerID = violations.uuid(invoice.customerID, "invoice.customer_id")
    let number = violations.plain(invoice.number, "invoice.number", charactersMax: 64, mayBeEmpty: true)
    let externalID = violations.plain(invoice.externalID, "invoice.external_id", charactersMax: 128, mayBeEmpty: true)
    let amount = violations.money(invoice.amount, "invoice.amount")
    let tax = invoice.hasTax ? violations.money(invoice.tax, "invoice.tax") : nil
    if let amount, let tax, tax.currency != amount.currency { violations.add("invoice.tax", "is in another currency than the amount") }
    let issuedOn = violations.date(invoice.issuedOn, "invoice.issued_on")
    let instalments = InstalmentPlan(invoice, amount: amount, issuedOn: issuedOn, &violations)
    let taxes = TaxShare.of(invoice.taxes, "invoice", amount: amount, tax: tax, &violations)
    let rate = violations.rate(invoice.exchangeRate, "invoice.exchange_rate")
    let postedOn = invoice.postedOn.isEmpty ? nil : violations.date(invoice.postedOn, "invoice.posted_on")
    // What was decoded can be encoded.
    let payment: [UInt8]? = invoice.hasTerms ? try? invoice.terms.serializedBytes() : nil
    guard let customerID, let amount, let issuedOn, let instalments else {
      try violations.throwIfAny()
      throw CallError(.internal, "UNEXPECTED", "a field is missing without a violation")
    }
    self.init(
      customerID: customerID, number: number, amount: amount, taxMinor: tax?.minor ?? taxes.reduce(0) { $0 + $1.taxMinor },
      issuedOn: issuedOn, instalments: instalments, taxes: taxes, externalID: externalID.isEmpty ? nil : externalID,
      rate: rate, profile: invoice.postingProfile.isEmpty ? nil : invoice.postingProfile, postedOn: postedOn, payment: payment,
      own: try OwnFields(invoice.custom))
    for problem in problems(today: today, base: base) { violations.add("invoice.\(problem.field)", problem.message) }
    try violations.throwIfAny()
  }
}
