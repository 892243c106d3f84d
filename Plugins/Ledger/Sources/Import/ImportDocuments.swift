import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

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
      type: type, books: try BooksForFile(call, kind: type.kind, dateField: "issued_on"), addsUpLines: request.addUpLines,
      postedOn: try ImportRow.postedOn(request))
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
    var isNegative: Bool
    // nil: the row does not say.
    let dueOn: CivilDate?
    var taxMinor: Int64?
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
  let addsUpLines: Bool
  /// The day on which they are in the books, of rows without one.
  let postedOn: CivilDate?
  private var invoices = NamedInvoices()

  var kind: String { type == .opening ? "open items" : "credit notes" }
  var fields: [ImportField] { type == .opening ? ImportField.openItems : ImportField.creditNotes }
  var keys: [[String]] { [["number"], CustomerCells.fields + (type == .creditNote ? ["invoice"] : [])] }

  init(type: Kind, books: BooksForFile, addsUpLines: Bool, postedOn: CivilDate?) {
    self.type = type
    self.books = books
    self.addsUpLines = addsUpLines
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
    let isCredit = row.isCredit()
    if type == .creditNote, isCredit == false {
      row.refuse("direction", "says that it is a debit: it is no credit note")
    } else if type == .opening {
      row.requireDirection()
      if isCredit == true, let unsigned = amount {
        if unsigned.minor < 0 {
          row.refuse("amount", "is negative, and \(row.name(of: "direction")) says that it is a credit: give one of the two")
        }
        amount = Money(minor: -unsigned.minor, currency: unsigned.currency)
      }
    }
    let isNegative = amount.map { $0.minor < 0 } ?? false
    row.checkKind { kind in problem(of: kind, isNegative: isNegative) }
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

  /// What keeps a row of a kind from being imported.
  private func problem(of kind: DocumentWords.Kind, isNegative: Bool) -> String? {
    switch (type, kind) {
    case (.creditNote, .credit), (.creditNote, .creditNote), (.opening, .invoice): nil
    // A red invoice is one by its sign.
    case (.creditNote, .invoice) where isNegative: nil
    case (.opening, .credit), (.opening, .creditNote), (.opening, .receipt):
      isNegative ? nil : "says that it is a credit, and the amount has no minus: give it one"
    default:
      "says that it is no \(type == .creditNote ? "credit note" : "open item"); leave the row out, or import the others (--skip-refused)"
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
    let parts = addsUpLines ? FileLines.addUp(&records, &rows) { $0.adding($1, &$2, after: $3) } : [:]
    if type == .creditNote, records.contains(where: { $0?.isNegative == true }) {
      for index in records.indices where records[index]?.isNegative == false {
        rows[index].refuse(
          "amount", "is positive, and credit notes of the file are negative: where this is an invoice, import the others (--skip-refused)")
        records[index] = nil
      }
    }
    FileLines.refuseRepeated(
      &records, &rows, parts, hint: type == .creditNote && !addsUpLines ? "; if these are lines of one, add them up (--add-up-lines)" : "")
    return parts
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

  // ---- the company's forms, and what holds them

  var method: String? { "remit.ledger.v1.LedgerService/PostDocument" }

  func request(of record: Record) throws -> [UInt8] { try record.request.serializedBytes() }

  /// A form may spell otherwise and add, of a row of a file; not make something else of it.
  func take(_ request: [UInt8], into record: inout Record, _ row: inout ImportRow) throws {
    let shaped = try Remit_Ledger_V1_PostDocumentRequest(serializedBytes: request).document
    do throws(CallError) {
      record.document.number = shaped.number
      record.document.externalID = shaped.externalID.isEmpty ? nil : shaped.externalID
      record.document.reason = shaped.reason
      record.document.profile = shaped.postingProfile.isEmpty ? nil : shaped.postingProfile
      record.document.own = try OwnFields(shaped.custom)
    } catch {
      return row.refuse(error)
    }
    var same = record.request.document
    same.custom = shaped.custom
    if same != shaped { row.refuse(nil, "is made something else by the company's form: enter it by itself") }
  }
}

extension DocumentImport.Record {
  /// As it would be entered by itself.
  fileprivate var request: Remit_Ledger_V1_PostDocumentRequest {
    .with {
      $0.document = .with {
        $0.kind = document.kind
        $0.customerID = document.customerID.text
        $0.number = document.number ?? ""
        let isCredit = document.kind == "opening" && document.side == -1
        $0.amount = (isCredit ? document.amount.negated : document.amount).message
        if let taxMinor, taxMinor != 0 { $0.tax = Money(minor: taxMinor, currency: document.amount.currency).message }
        $0.issuedOn = "\(document.issuedOn)"
        $0.dueOn = dueOn.map { "\($0)" } ?? ""
        $0.externalID = document.externalID ?? ""
        $0.exchangeRate = document.rate?.description ?? ""
        $0.reason = document.reason
        $0.postedOn = document.postedOn.map { "\($0)" } ?? ""
        $0.postingProfile = document.profile ?? ""
      }
      if !invoiceNumber.isEmpty { $0.against.number = invoiceNumber }
    }
  }

  /// With another line of the same credit note; nil where they are not of one, and the row says so.
  fileprivate func adding(_ line: Self, _ row: inout ImportRow, after first: Int) -> Self? {
    let (one, other) = (document, line.document)
    row.refuseDifferent(
      [
        (row.firstColumn(of: CustomerCells.fields) ?? "customer", customer == line.customer),
        ("invoice", invoiceNumber == line.invoiceNumber),
        ("currency", one.amount.currency == other.amount.currency), ("issued_on", one.issuedOn == other.issuedOn),
        ("exchange_rate", one.rate == other.rate), ("external_id", one.externalID == other.externalID),
        ("posted_on", one.postedOn == other.postedOn),
      ], from: first)
    func signed(_ record: Self, _ minor: Int64) -> Int64 { record.isNegative ? -minor : minor }
    // Each is at most 10^15, and so is what they were together before.
    let amount = signed(self, one.amount.minor) + signed(line, other.amount.minor)
    let tax = signed(self, taxMinor ?? 0) + signed(line, line.taxMinor ?? 0)
    if abs(amount) > Money.minorMax { row.refuse("amount", "makes it larger than \(one.amount.currency.text(minor: Money.minorMax))") }
    guard !row.isRefused else { return nil }
    var whole = self
    whole.isNegative = amount < 0
    whole.taxMinor = taxMinor.map { _ in abs(tax) }
    whole.document = NewDocument(
      kind: one.kind, side: one.side, customerID: one.customerID, number: one.number,
      amount: Money(minor: abs(amount), currency: one.amount.currency),
      shares: TaxShare.shares([], abs(tax)) + [Share(account: "revenue", minor: abs(amount) - abs(tax))], issuedOn: one.issuedOn,
      postedOn: one.postedOn, parts: [.init(minor: abs(amount), dueOn: one.issuedOn)], externalID: one.externalID, rate: one.rate,
      reason: one.reason)
    return whole
  }
}
