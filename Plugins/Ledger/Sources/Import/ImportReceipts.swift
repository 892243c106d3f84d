import FoundationEssentials
import RemitAPI
import RemitSDK

extension Ledger {
  func importReceipts(_ request: Remit_Ledger_V1_ImportRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_ImportUpdate> {
    var receipts = ReceiptImport(
      call: call, today: try call.today, base: try call.baseCurrency, repeatedAreNew: request.repeatedAreNew)
    return try await receipts.run(request, call)
  }
}

private struct ReceiptImport: FileImport {
  struct Record {
    /// Empty: the customer of the invoice.
    let customer: CustomerCells
    /// Empty: it names none.
    let invoiceNumber: String
    var receipt: NewReceipt
  }

  static let kind = "receipts"
  static let fields = ImportField.receipts
  static let keys = [CustomerCells.fields + ["invoice"]]
  static let locks = [ReceiptsInBooks.lock]

  let call: Call
  let today: CivilDate
  let base: Currency
  let repeatedAreNew: Bool
  private var periods = ClosedPeriods()
  private var rates = Rates()
  private var customers = KnownCustomers()
  private var known = KnownDocuments(kind: "receipt", dateField: "received_on")
  private var books = ReceiptsInBooks()
  /// By invoice number, as the receipts before leave them.
  private var debits: [String: [BookItem]] = [:]
  /// What the receipts that are to be written leave open, by invoice number.
  private var openMinor: [String: Int64] = [:]
  /// The lines of receipts that nothing but the invoice they name could tell from others.
  private var lines: [Alike: Int] = [:]

  private struct Alike: Hashable {
    let content: ReceiptsInBooks.Content
    let invoiceNumber: String
  }

  init(call: Call, today: CivilDate, base: Currency, repeatedAreNew: Bool) {
    self.call = call
    self.today = today
    self.base = base
    self.repeatedAreNew = repeatedAreNew
  }

  func record(from row: inout ImportRow) -> Record? {
    let customer = CustomerCells(&row)
    let invoice = row.number("invoice")
    let number = row.number("number")
    let externalID = row.number("external_id", charactersMax: 128)
    let currency = row.currency(base: base)
    let amount = row.money("amount", currency, isRequired: true)
    let receivedOn = row.date("received_on")
    let rate = currency == base ? nil : row.rate()
    if (CustomerCells.fields + ["invoice"]).allSatisfy({ row.cell($0).isEmpty }) {
      row.refuse(row.firstColumn(of: CustomerCells.fields) ?? "customer", "must be given where the row names no invoice")
    }
    guard let amount, let receivedOn else { return nil }
    let receipt = NewReceipt(
      customerID: KnownCustomers.unknown, number: number, amount: amount, receivedOn: receivedOn, externalID: externalID, rate: rate)
    row.refuse(receipt.problems(today: today, base: base))
    return Record(customer: customer, invoiceNumber: invoice ?? "", receipt: receipt)
  }

  func lookups(_ records: [Record]) -> [Statement] {
    let unrated = records.map(\.receipt).filter { $0.rate == nil && $0.amount.currency != base }
    let invoices = Set(records.map(\.invoiceNumber)).subtracting([""])
    return [
      ClosedPeriods.lookup(call),
      Rates.lookup(
        Set(unrated.map(\.amount.currency)), from: unrated.map(\.receivedOn).min() ?? today, to: unrated.map(\.receivedOn).max() ?? today),
      customers.lookup(records.map(\.customer)),
      known.lookup(numbers: records.compactMap(\.receipt.number), externalIDs: records.compactMap(\.receipt.externalID)),
      BookItem.select(where: "d.kind = 'invoice' AND d.number = ANY ($1)", [.texts(Array(invoices))]),
    ]
  }

  mutating func learn(_ results: [Rows]) throws {
    try periods.learn(results[0])
    try rates.learn(results[1])
    try customers.learn(results[2])
    try known.learn(results[3])
    debits = Dictionary(grouping: try results[4].map(BookItem.init(row:)), by: \.number).mapValues {
      $0.sorted { $0.item.line < $1.item.line }
    }
    openMinor = debits.mapValues { $0.reduce(0) { $0 + $1.item.openMinor } }
  }

  /// The content of a record that nothing else tells from others; nil where it has a number or an id, or its customer is not found.
  private func content(_ record: Record) -> ReceiptsInBooks.Content? {
    guard record.receipt.number == nil, record.receipt.externalID == nil else { return nil }
    let customerID = record.customer.isEmpty ? debits[record.invoiceNumber]?.first?.ownerID : customers.id(of: record.customer)
    return customerID.map { .init(customerID: $0, money: record.receipt.amount, receivedOn: record.receipt.receivedOn) }
  }

  func furtherLookups(_ records: [Record]) -> [Statement] {
    let contents = repeatedAreNew ? [] : Set(records.compactMap(content))
    return contents.isEmpty ? [] : [ReceiptsInBooks.lookup(contents)]
  }

  mutating func learnFurther(_ results: [Rows]) throws { try books.learn(results[0]) }

  mutating func pass(_ record: Record) {
    if let content = content(record) { _ = books.take(content) }
  }

  mutating func isNew(_ record: inout Record, _ row: inout ImportRow) -> Bool {
    let debit = debits[record.invoiceNumber]?.first
    if debit == nil, !record.invoiceNumber.isEmpty {
      row.refuse("invoice", "is no invoice's number")
      return false
    }
    guard let customerID = record.customer.isEmpty ? debit?.ownerID : customers.id(of: record.customer, &row) else { return false }
    if let debit, !debit.isPaid(by: customerID, whosePayerIs: customers.payers[customerID]) {
      row.refuse("invoice", "is another customer's")
      return false
    }
    if let debit, debit.item.currency != record.receipt.amount.currency {
      row.refuse("invoice", "is in \(debit.item.currency), the receipt in \(record.receipt.amount.currency)")
      return false
    }
    if let content = content(record), let number = books.take(content) {
      row.note(
        nil,
        "is like receipt \(number) in the books (same customer, day and amount); if it is another one, import it with --repeated-are-new")
      return false
    }
    record.receipt.customerID = customerID
    let receipt = record.receipt
    let isNew =
      known.isNew(
        .init(
          number: receipt.number, externalID: receipt.externalID, customerID: customerID, money: receipt.amount,
          issuedOn: receipt.receivedOn), &row) && periods.isOpen(receipt.receivedOn, "received_on", &row)
      && rates.fill(&record.receipt.rate, for: receipt.amount, on: receipt.receivedOn, base: base, &row)
    if isNew, let content = content(record) {
      let alike = Alike(content: content, invoiceNumber: record.invoiceNumber)
      if let line = lines[alike] {
        row.note(
          nil, "is like line \(line) (same customer, day and amount); both are posted: if they are one payment, leave one out or reverse it"
        )
      }
      lines[alike] = row.line
    }
    if isNew, let open = openMinor[record.invoiceNumber] {
      let settled = min(open, receipt.amount.minor)
      openMinor[record.invoiceNumber] = open - settled
      if settled < receipt.amount.minor {
        let currency = receipt.amount.currency
        row.note(
          "amount",
          "is \(currency.text(minor: receipt.amount.minor - settled)) \(currency) more than the invoice has open; that stays a credit")
      }
    }
    return isNew
  }

  func number(_ records: inout [Record]) async throws {
    let years = Dictionary(grouping: records.indices.filter { records[$0].receipt.number == nil }) {
      records[$0].receipt.receivedOn.yearMonthDay.year
    }
    for (year, indices) in years.sorted(by: { $0.key < $1.key }) {
      guard let numbers = try await Ledger.nextNumbers("receipt", year: year, count: indices.count, call) else { return }
      for (index, number) in zip(indices, numbers) { records[index].receipt.number = number }
    }
  }

  mutating func statements(_ records: [Record]) -> [Statement] {
    var posting = Posting(call: call)
    for record in records {
      guard var credit = posting.add(record.receipt.document, base: base).item else { continue }
      guard var settled = debits[record.invoiceNumber] else { continue }
      _ = posting.settle(&settled, with: &credit, of: record.receipt.receivedOn, base: base)
      debits[record.invoiceNumber] = settled
    }
    return posting.statements
  }
}
