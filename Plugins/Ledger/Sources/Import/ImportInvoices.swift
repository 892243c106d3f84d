import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func importInvoices(_ request: Remit_Ledger_V1_ImportRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_ImportUpdate> {
    var invoices = InvoiceImport(
      books: try BooksForFile(call, kind: "invoice", dateField: "issued_on"), takesEarlyDueDates: request.takeEarlyDueDates,
      addsUpLines: request.addUpLines, postedOn: try ImportRow.postedOn(request), netDays: request.due.map { _ in request.netDays })
    return try await invoices.run(request, call)
  }
}

private struct InvoiceImport: FileImport {
  struct Record: DocumentRecord {
    let customer: CustomerCells
    var invoice: NewInvoice
    /// nil: the file has none.
    var taxMinor: Int64?
    /// By which it may have come before.
    var otherNumber: String?
    /// 发票代码; empty: it has none.
    var code = ""

    func document(of customerID: UUID) -> KnownDocuments.Document {
      .init(
        number: invoice.number, otherNumber: otherNumber, code: code, externalID: invoice.externalID, customerID: customerID,
        money: invoice.amount, issuedOn: invoice.issuedOn, postedOn: invoice.postedOn, dueOn: invoice.instalments.parts.first?.dueOn,
        taxMinor: taxMinor, rate: invoice.rate)
    }
  }

  let locks = [KnownDocuments.lock]
  let kind = "invoices"
  var fields: [ImportField] { netDays == nil ? ImportField.invoices : ImportField.invoices.map { $0.name == "due_on" ? $0.optional : $0 } }
  let keys = [["number"], CustomerCells.fields]

  var books: BooksForFile
  let takesEarlyDueDates: Bool
  let addsUpLines: Bool
  /// The day on which they are in the books, of rows without one.
  let postedOn: CivilDate?
  /// After how many days rows without a due date are due.
  let netDays: Int32?

  func record(from row: inout ImportRow) -> Record? {
    let customer = CustomerCells(&row)
    customer.require(orInvoice: false, &row)
    let number = row.number("number", isRequired: true)
    let externalID = row.number("external_id", charactersMax: 128)
    let currency = row.currency(base: books.base)
    let (amount, tax) = row.amounts(currency)
    let issuedOn = row.date("issued_on")
    let dueOn = dueOn(of: &row, issuedOn)
    let rate = currency == books.base ? nil : row.rate()
    row.checkStatus()
    row.noteCorrection()
    if row.isCredit() == true {
      row.refuse("direction", "says that it is a credit: credit notes are imported by themselves: remit import credit-notes")
    }
    row.checkKind { kind in
      switch kind {
      case .invoice: nil
      case .credit, .creditNote: "says that it is a credit note; credit notes are imported by themselves: remit import credit-notes"
      default: "says that it is no invoice; leave the row out, or import the others (--skip-refused)"
      }
    }
    guard let number, let amount, let issuedOn, let dueOn else { return nil }
    var invoice = NewInvoice(
      customerID: KnownCustomers.unknown, number: number, amount: amount, taxMinor: tax?.minor ?? 0, issuedOn: issuedOn,
      instalments: InstalmentPlan([.init(minor: amount.minor, dueOn: dueOn)]),
      externalID: externalID, rate: rate)
    invoice.postedOn = row.postedOn(postedOn, of: issuedOn)
    // A line may be negative, such as a rebate: the invoice is checked when it is whole.
    if !addsUpLines { check(invoice, &row) }
    return Record(
      customer: customer, invoice: invoice, taxMinor: row.firstColumn(of: ["tax"]).map { _ in invoice.taxMinor },
      otherNumber: row.otherNumber, code: row.cell("invoice_code").plain)
  }

  /// As the row says, by its terms, or by those of the file.
  private func dueOn(of row: inout ImportRow, _ issuedOn: CivilDate?) -> CivilDate? {
    if !row.cell("due_on").isEmpty { return row.date("due_on") }
    if !row.cell("terms").isEmpty { return row.netDays().flatMap { issuedOn?.adding(days: $0) } }
    if let netDays { return issuedOn?.adding(days: netDays) }
    return row.date("due_on")
  }

  private func check(_ invoice: NewInvoice, _ row: inout ImportRow) {
    var problems = invoice.problems(today: books.today, base: books.base, dayName: row.name(of: "issued_on"))
    if invoice.amount.minor < 0 {
      row.refuse(
        row.firstColumn(of: ["amount", "net"]),
        "is negative: this is a credit note (红字发票), not an invoice; credit notes are imported by themselves: remit import credit-notes")
      problems.removeAll { $0.field == "amount" || $0.field == "tax" }
    }
    if takesEarlyDueDates {
      for problem in problems where problem.field == "due_on" { row.note(problem.field, problem.message) }
      problems.removeAll { $0.field == "due_on" }
    }
    row.refuse(problems)
  }

  /// With `addsUpLines` rows with one number are lines of one invoice. Where one of them is refused, all are: the others would be too
  /// little.
  func join(_ records: inout [Record?], _ rows: inout [ImportRow]) -> [Int: [Int]] {
    var parts: [Int: [Int]] = [:]
    if addsUpLines {
      parts = FileLines.addUp(&records, &rows) { $0.adding($1, &$2, after: $3) }
      for index in records.indices {
        guard let record = records[index] else { continue }
        check(record.invoice, &rows[index])
        if rows[index].isRefused {
          records[index] = nil
          for part in parts[index] ?? [] { rows[part].refuse(nil, "is of the document of line \(rows[index].line), which is refused") }
        }
      }
    }
    FileLines.refuseRepeated(
      &records, &rows, parts, hint: addsUpLines ? "" : "; if these are lines of one invoice, add them up (--add-up-lines)")
    return parts
  }

  func lookups(_ records: [Record]) -> [Statement] {
    books.lookups(records)
  }

  mutating func learn(_ results: [Rows]) throws { try books.learn(results) }

  func pass(_ record: Record, _ row: inout ImportRow) {
    books.noteImported(record, &row)
  }

  mutating func isNew(_ record: inout Record, _ row: inout ImportRow) -> Bool {
    guard let customerID = books.customers.id(of: record.customer, &row) else { return false }
    record.invoice.customerID = customerID
    return books.isNew(
      record.document(of: customerID),
      on: (record.invoice.postedOn ?? record.invoice.issuedOn, record.invoice.postedOn == nil ? "issued_on" : "posted_on"),
      rate: &record.invoice.rate, &row)
  }

  mutating func writes(_ records: [Record]) throws -> (statements: [Statement], events: [Event]) {
    var posting = Posting(call: books.call, freeingIDsOf: books.freedIDs)
    for record in records { posting.add(record.invoice.document, base: books.base) }
    return (posting.statements, try posting.events)
  }

  // ---- the company's forms

  var method: String? { "remit.ledger.v1.LedgerService/PostInvoice" }

  func request(of record: Record) throws -> [UInt8] {
    try Remit_Ledger_V1_PostInvoiceRequest.with { $0.invoice = record.invoice.message }.serializedBytes()
  }

  func take(_ request: [UInt8], into record: inout Record, _ row: inout ImportRow) throws {
    let shaped = try Remit_Ledger_V1_PostInvoiceRequest(serializedBytes: request)
    do throws(CallError) {
      record.invoice = try NewInvoice(shaped.invoice, today: books.today, base: books.base)
    } catch {
      row.refuse(error)
    }
  }
}

extension InvoiceImport.Record {
  /// With another line of the same invoice; nil where they are not of one invoice, and the row says so.
  fileprivate func adding(_ line: Self, _ row: inout ImportRow, after first: Int) -> Self? {
    let (one, other) = (invoice, line.invoice)
    row.refuseDifferent(
      [
        (row.firstColumn(of: CustomerCells.fields) ?? "customer", customer == line.customer),
        ("currency", one.amount.currency == other.amount.currency), ("issued_on", one.issuedOn == other.issuedOn),
        ("due_on", one.instalments.parts.map(\.dueOn) == other.instalments.parts.map(\.dueOn)), ("exchange_rate", one.rate == other.rate),
        ("external_id", one.externalID == other.externalID), ("posted_on", one.postedOn == other.postedOn),
      ], from: first)
    // Each is at most 10^15, and so is what they were together before.
    let (amount, tax) = (one.amount.minor + other.amount.minor, one.taxMinor + other.taxMinor)
    if abs(amount) > Money.minorMax || abs(tax) > Money.minorMax {
      row.refuse("amount", "makes the invoice larger than \(one.amount.currency.text(minor: Money.minorMax)) \(one.amount.currency)")
    }
    guard !row.isRefused else { return nil }
    var whole = Self(
      customer: customer,
      invoice: NewInvoice(
        customerID: one.customerID, number: one.number, amount: Money(minor: amount, currency: one.amount.currency), taxMinor: tax,
        issuedOn: one.issuedOn, instalments: InstalmentPlan(one.instalments.parts.map { .init(minor: amount, dueOn: $0.dueOn) }),
        externalID: one.externalID, rate: one.rate), taxMinor: taxMinor.map { _ in tax }, otherNumber: otherNumber, code: code)
    whole.invoice.postedOn = one.postedOn
    return whole
  }
}

extension NewInvoice {
  /// As it would be entered by itself.
  fileprivate var message: Remit_Ledger_V1_Invoice {
    .with {
      $0.customerID = customerID.text
      $0.number = number
      $0.amount = amount.message
      if taxMinor != 0 { $0.tax = Money(minor: taxMinor, currency: amount.currency).message }
      $0.issuedOn = "\(issuedOn)"
      if let part = instalments.parts.first { $0.dueOn = "\(part.dueOn)" }
      $0.externalID = externalID ?? ""
      $0.exchangeRate = rate?.description ?? ""
      $0.postedOn = postedOn.map { "\($0)" } ?? ""
      $0.postingProfile = profile ?? ""
    }
  }
}
