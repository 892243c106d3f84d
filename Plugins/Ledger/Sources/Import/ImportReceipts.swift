import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func importReceipts(_ request: Remit_Ledger_V1_ImportRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_ImportUpdate> {
    var receipts = ReceiptImport(
      books: try BooksForFile(call, kind: "receipt", dateField: "received_on"), repeatedAreNew: request.repeatedAreNew)
    return try await receipts.run(request, call)
  }
}

private struct ReceiptImport: FileImport {
  struct Record: DocumentRecord {
    /// Empty: the customer of the invoice.
    let customer: CustomerCells
    /// Empty: it names none.
    let invoiceNumber: String
    var receipt: NewReceipt

    /// Nothing but its content tells it from others.
    var isUnnamed: Bool { receipt.number == nil && receipt.externalID == nil }

    func document(of customerID: UUID) -> KnownDocuments.Document {
      .init(
        number: receipt.number, externalID: receipt.externalID, customerID: customerID, money: receipt.amount,
        issuedOn: receipt.receivedOn, rate: receipt.rate)
    }
  }

  let kind = "receipts"
  let fields = ImportField.receipts
  let keys = [CustomerCells.fields + ["invoice"]]
  let locks = [ReceiptsInBooks.lock]

  var books: BooksForFile
  let repeatedAreNew: Bool
  private var postedAlready = ReceiptsInBooks()
  private var invoices = NamedInvoices()
  /// The lines of receipts that nothing but the invoice they name could tell from others.
  private var lines: [Alike: Int] = [:]

  private struct Alike: Hashable {
    let content: ReceiptsInBooks.Content
    let invoiceNumber: String
  }

  init(books: BooksForFile, repeatedAreNew: Bool) {
    self.books = books
    self.repeatedAreNew = repeatedAreNew
  }

  func record(from row: inout ImportRow) -> Record? {
    let customer = CustomerCells(&row)
    let invoice = row.number("invoice")
    let number = row.number("number")
    let externalID = row.number("external_id", charactersMax: 128)
    let currency = row.currency(base: books.base)
    let amount = row.money("amount", currency, isRequired: true)
    let receivedOn = row.date("received_on")
    let rate = currency == books.base ? nil : row.rate()
    row.checkStatus()
    row.requireDirection()
    if row.isCredit() == false {
      row.refuse("direction", "says that it went out; refunds are posted by themselves: remit post refund")
    }
    row.checkKind { kind in
      switch kind {
      case .receipt, .credit, .transfer: nil
      case .outgoing: "says that it went out, or back; refunds are posted by themselves: remit post refund"
      default: "says that it is no receipt; leave the row out, or import the others (--skip-refused)"
      }
    }
    customer.require(orInvoice: true, &row)
    guard let amount, let receivedOn else { return nil }
    let receipt = NewReceipt(
      customerID: KnownCustomers.unknown, number: number, amount: amount, receivedOn: receivedOn, externalID: externalID, rate: rate)
    row.refuse(receipt.problems(today: books.today, base: books.base))
    return Record(customer: customer, invoiceNumber: invoice ?? "", receipt: receipt)
  }

  func lookups(_ records: [Record]) -> [Statement] {
    books.lookups(records) + [NamedInvoices.lookup(records.map(\.invoiceNumber))]
  }

  mutating func learn(_ results: [Rows]) throws {
    try books.learn(results.prefix(BooksForFile.count))
    try invoices.learn(results[BooksForFile.count])
  }

  /// nil: its customer is not found.
  private func content(_ record: Record) -> ReceiptsInBooks.Content? {
    let customerID = record.customer.isEmpty ? invoices.owner(of: record.invoiceNumber) : books.customers.id(of: record.customer)
    return customerID.map { .init(customerID: $0, money: record.receipt.amount, receivedOn: record.receipt.receivedOn) }
  }

  func furtherLookups(_ records: [Record]) -> [Statement] {
    let contents = repeatedAreNew ? [] : Set(records.compactMap(content))
    return contents.isEmpty ? [] : [ReceiptsInBooks.lookup(contents)]
  }

  mutating func learnFurther(_ results: [Rows]) throws { try postedAlready.learn(results[0]) }

  mutating func pass(_ record: Record, _ row: inout ImportRow) {
    if !record.isUnnamed {
      books.noteImported(record, &row)
    } else if let content = content(record) {
      _ = postedAlready.take(content)
    }
  }

  mutating func isNew(_ record: inout Record, _ row: inout ImportRow) -> Bool {
    let currency = record.receipt.amount.currency
    guard let customerID = invoices.customer(record.customer, naming: record.invoiceNumber, in: currency, among: books.customers, &row)
    else {
      return false
    }
    let content = content(record)
    if record.isUnnamed, let content, let number = postedAlready.take(content) {
      row.note(
        nil,
        "is like receipt \(number) in the books (same customer, day and amount); if it is another one, import it with --repeated-are-new")
      return false
    }
    record.receipt.customerID = customerID
    let receipt = record.receipt
    let isNew =
      books.isNew(
        record.document(of: customerID), on: (receipt.receivedOn, "received_on"), rate: &record.receipt.rate, &row)
      && invoices.expect(receipt.amount, of: record.invoiceNumber, on: receipt.receivedOn, books, &row)
    if isNew, !repeatedAreNew, !record.isUnnamed, let content, let number = postedAlready.takeWithoutID(content) {
      row.note(
        nil,
        "is like receipt \(number) in the books (same customer, day and amount), which has no external id; both are posted: if they are one payment, reverse one of them"
      )
    }
    if isNew, !repeatedAreNew, record.isUnnamed, let content {
      let alike = Alike(content: content, invoiceNumber: record.invoiceNumber)
      if let line = lines[alike] {
        row.note(
          nil, "is like line \(line) (same customer, day and amount); both are posted: if they are one payment, leave one out or reverse it"
        )
      }
      lines[alike] = row.line
    }
    return isNew
  }

  func number(_ records: inout [Record]) async throws {
    let years = Dictionary(grouping: records.indices.filter { records[$0].receipt.number == nil }) {
      records[$0].receipt.receivedOn.yearMonthDay.year
    }
    for (year, indices) in years.sorted(by: { $0.key < $1.key }) {
      guard let numbers = try await Ledger.nextNumbers("receipt", year: year, count: indices.count, books.call) else { return }
      for (index, number) in zip(indices, numbers) { records[index].receipt.number = number }
    }
  }

  mutating func writes(_ records: [Record]) throws -> (statements: [Statement], events: [Event]) {
    var posting = Posting(call: books.call, freeingIDsOf: books.freedIDs)
    for record in records {
      guard let credit = posting.add(record.receipt.document, base: books.base).item else { continue }
      invoices.settle(record.invoiceNumber, with: credit, of: record.receipt.receivedOn, in: &posting, base: books.base)
    }
    return (posting.statements, try posting.events)
  }

  // ---- the company's forms

  var method: String? { "remit.ledger.v1.LedgerService/PostReceipt" }

  func request(of record: Record) throws -> [UInt8] {
    try Remit_Ledger_V1_PostReceiptRequest.with { $0.receipt = record.receipt.message }.serializedBytes()
  }

  func take(_ request: [UInt8], into record: inout Record, _ row: inout ImportRow) throws {
    let shaped = try Remit_Ledger_V1_PostReceiptRequest(serializedBytes: request)
    do throws(CallError) {
      record.receipt = try NewReceipt(shaped.receipt, invoiceID: "", today: books.today, base: books.base)
    } catch {
      row.refuse(error)
    }
  }
}

extension NewReceipt {
  /// As it would be entered by itself.
  fileprivate var message: Remit_Ledger_V1_Receipt {
    .with {
      $0.customerID = customerID.text
      $0.number = number ?? ""
      $0.amount = amount.message
      $0.receivedOn = "\(receivedOn)"
      $0.externalID = externalID ?? ""
      $0.exchangeRate = rate?.description ?? ""
      $0.postedOn = postedOn.map { "\($0)" } ?? ""
      $0.postingProfile = profile ?? ""
      $0.bankText = bankText
      if let paid { $0.paid = paid.message }
    }
  }
}
