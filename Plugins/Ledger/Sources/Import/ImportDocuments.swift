import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK

extension Ledger {
  func importCreditNotes(_ request: Remit_Ledger_V1_ImportRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_ImportUpdate> {
    try await importDocuments(.creditNote, request, call)
  }

  func importOpenItems(_ request: Remit_Ledger_V1_ImportRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_ImportUpdate> {
    try await importDocuments(.opening, request, call)
  }

  private func importDocuments(
    _ type: DocumentImport.Kind, _ request: Remit_Ledger_V1_ImportRequest, _ call: Call
  ) async throws -> Write<Remit_Ledger_V1_ImportUpdate> {
    var documents = DocumentImport(
      type: type, books: try BooksForFile(call, kind: type.kind, dateField: "issued_on"), postedOn: try ImportRow.postedOn(request))
    return try await documents.run(request, call)
  }
}

/// A file of credit notes, or of what was open in the system before.
private struct DocumentImport: FileImport {
  enum Kind {
    case creditNote, opening

    /// As the API names it.
    var kind: String { self == .opening ? "opening" : "credit_note" }
  }

  struct Record: DocumentRecord {
    let customer: CustomerCells
    /// Empty: it names none.
    var invoiceNumber: String
    /// Whether only a remark names the invoice.
    let isRemark: Bool
    var document: NewDocument
    let isNegative: Bool
    // nil: the row does not say.
    let dueOn: CivilDate?
    let taxMinor: Int64?
    /// By which it may have come before.
    let otherNumber: String?
    /// 发票代码; empty: it has none.
    let code: String

    func document(of customerID: UUID) -> KnownDocuments.Document {
      .init(
        number: document.number, otherNumber: otherNumber, code: code, externalID: document.externalID, customerID: customerID,
        money: Money(minor: document.side == 1 ? document.amount.minor : -document.amount.minor, currency: document.amount.currency),
        issuedOn: document.issuedOn, postedOn: document.postedOn, dueOn: dueOn, taxMinor: taxMinor, rate: document.rate)
    }
  }

  let locks = [KnownDocuments.lock]

  let type: Kind
  var books: BooksForFile
  /// The day on which they are in the books, of rows without one.
  let postedOn: CivilDate?
  private var invoices = NamedInvoices()

  var kind: String { type == .opening ? "open items" : "credit notes" }
  var fields: [ImportField] { type == .opening ? ImportField.openItems : ImportField.creditNotes }
  var keys: [[String]] { [["number"], CustomerCells.fields + (type == .creditNote ? ["invoice"] : [])] }

  init(type: Kind, books: BooksForFile, postedOn: CivilDate?) {
    self.type = type
    self.books = books
    self.postedOn = postedOn
  }

  func record(from row: inout ImportRow) -> Record? {
    let customer = CustomerCells(&row)
    customer.require(orInvoice: type == .creditNote, &row)
    let number = row.number("number", isRequired: true)
    let externalID = row.number("external_id", charactersMax: 128)
    let currency = row.currency(base: books.base)
    var (amount, tax) = row.amounts(currency)
    row.checkStatus()
    // Only open items have one.
    row.requireDirection()
    if row.isCredit() == true, let unsigned = amount {
      if unsigned.minor < 0 {
        row.refuse("amount", "is negative, and \(row.name(of: "direction")) says that it is a credit: give one of the two")
      }
      amount = Money(minor: -unsigned.minor, currency: unsigned.currency)
    }
    checkKind(amount, &row)
    let issuedOn = row.date("issued_on")
    let dueOn = row.cell("due_on").isEmpty ? issuedOn : row.date("due_on")
    let reason = row.text("reason", charactersMax: 255)
    let rate = currency == books.base ? nil : row.rate()
    guard let number, let amount, let issuedOn, let dueOn, !row.isRefused else { return nil }
    let postedOn = row.postedOn(postedOn, of: issuedOn)
    let problems =
      problems(amount, tax, issuedOn: issuedOn, dueOn: dueOn, rate)
      + PostingDay.problems(postedOn, of: issuedOn, row.name(of: "issued_on"), today: books.today)
    row.refuse(problems)
    guard problems.isEmpty else { return nil }
    let (minor, taxMinor) = (abs(amount.minor), abs(tax?.minor ?? 0))
    let side: Int16 = type == .opening && amount.minor > 0 ? 1 : -1
    let document = NewDocument(
      kind: type.kind, side: side, customerID: KnownCustomers.unknown, number: number,
      amount: Money(minor: minor, currency: amount.currency),
      shares: TaxShare.shares([], taxMinor) + [Share(account: type == .opening ? "opening" : "revenue", minor: minor - taxMinor)],
      issuedOn: issuedOn, postedOn: postedOn,
      parts: [.init(minor: minor, dueOn: side == 1 ? dueOn : issuedOn)], externalID: externalID, rate: rate, reason: reason ?? "")
    let invoice = row.number("invoice") ?? ""
    let remarked = type == .creditNote && invoice.isEmpty ? RowWords.correctedInvoice(reason ?? "") : nil
    return Record(
      customer: customer, invoiceNumber: remarked ?? invoice, isRemark: remarked != nil, document: document, isNegative: amount.minor < 0,
      dueOn: side == 1 && !row.cell("due_on").isEmpty ? dueOn : nil, taxMinor: row.firstColumn(of: ["tax"]).map { _ in taxMinor },
      otherNumber: row.otherNumber, code: row.cell("invoice_code").plain)
  }

  private func checkKind(_ amount: Money?, _ row: inout ImportRow) {
    guard let (field, kind) = row.statedKind() else { return }
    switch (type, kind) {
    case (_, .other), (.creditNote, .invoice), (.creditNote, .receipt):
      row.refuse(
        field,
        "says that it is no \(type == .creditNote ? "credit note" : "open item"); leave the row out, or import the others (--skip-refused)")
    case (.opening, .credit), (.opening, .creditNote), (.opening, .receipt):
      guard let amount, amount.minor > 0 else { return }
      row.refuse(field, "says that it is a credit, and the amount has no minus: give it one")
    default: break
    }
  }

  private func problems(
    _ amount: Money, _ tax: Money?, issuedOn: CivilDate, dueOn: CivilDate, _ rate: ExchangeRate?
  ) -> [(field: String, message: String)] {
    var problems: [(field: String, message: String)] = []
    if amount.minor == 0 { problems.append(("amount", "must not be 0")) }
    if let tax, tax.minor.signum() * amount.minor.signum() < 0 || abs(tax.minor) > abs(amount.minor) {
      problems.append(("tax", "must have the sign of the amount, and be at most that"))
    }
    if issuedOn > books.today { problems.append(("issued_on", "is after today, \(books.today)")) }
    if dueOn < issuedOn { problems.append(("due_on", "is before it was issued")) }
    problems += ExchangeRate.problems(rate, of: Money(minor: abs(amount.minor), currency: amount.currency), base: books.base)
    return problems
  }

  /// Credit notes are written with or without a minus: a file has one way. Where it has both, it is one of invoices and credit notes, whose
  /// negative amounts are the credits.
  func join(_ records: inout [Record?], _ rows: inout [ImportRow]) -> [Int: [Int]] {
    guard type == .creditNote, records.contains(where: { $0?.isNegative == true }) else { return [:] }
    for index in records.indices where records[index]?.isNegative == false {
      rows[index].refuse(
        "amount", "is positive, and credit notes of the file are negative: where this is an invoice, import the others (--skip-refused)")
      records[index] = nil
    }
    return [:]
  }

  func lookups(_ records: [Record]) -> [Statement] {
    books.lookups(records) + [NamedInvoices.lookup(records.map(\.invoiceNumber))]
  }

  mutating func learn(_ results: [Rows]) throws {
    try books.learn(results.prefix(BooksForFile.count))
    try invoices.learn(results[BooksForFile.count])
  }

  func pass(_ record: Record, _ row: inout ImportRow) {
    books.noteImported(record, &row)
  }

  mutating func isNew(_ record: inout Record, _ row: inout ImportRow) -> Bool {
    if record.isRemark, invoices.owner(of: record.invoiceNumber) == nil {
      row.note("reason", "names the invoice \(record.invoiceNumber), which is not in the books: the credit stays open")
      record.invoiceNumber = ""
    }
    let (amount, invoice) = (record.document.amount, record.invoiceNumber)
    guard let customerID = invoices.customer(record.customer, naming: invoice, in: amount.currency, among: books.customers, &row) else {
      return false
    }
    record.document.customerID = customerID
    let day = record.document.effectiveOn
    return books.isNew(
      record.document(of: customerID), on: (day, record.document.postedOn == nil ? "issued_on" : "posted_on"), rate: &record.document.rate,
      &row) && invoices.expect(amount, of: invoice, on: day, books, &row)
  }

  mutating func writes(_ records: [Record]) throws -> (statements: [Statement], events: [Event]) {
    var posting = Posting(call: books.call, freeingIDsOf: books.freedIDs)
    for record in records {
      guard let credit = posting.add(record.document, base: books.base).item else { continue }
      invoices.settle(record.invoiceNumber, with: credit, of: record.document.effectiveOn, in: &posting, base: books.base)
    }
    return (posting.statements, try posting.events)
  }
}
