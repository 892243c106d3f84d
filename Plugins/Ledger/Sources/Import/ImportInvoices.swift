import FoundationEssentials
import RemitAPI
import RemitSDK

extension Ledger {
  func importInvoices(_ request: Remit_Ledger_V1_ImportRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_ImportUpdate> {
    var invoices = InvoiceImport(
      call: call, today: try call.today, base: try call.baseCurrency, takesEarlyDueDates: request.takeEarlyDueDates)
    return try await invoices.run(request, call)
  }
}

private struct InvoiceImport: FileImport {
  struct Record {
    let customerNumber: String
    var invoice: NewInvoice
  }

  static let kind = "invoices"
  static let fields = ImportField.invoices

  let call: Call
  let today: CivilDate
  let base: Currency
  let takesEarlyDueDates: Bool
  private var periods = ClosedPeriods()
  private var rates = Rates()
  private var customers = KnownCustomers()
  private var known = KnownDocuments(kind: "invoice")

  init(call: Call, today: CivilDate, base: Currency, takesEarlyDueDates: Bool) {
    self.call = call
    self.today = today
    self.base = base
    self.takesEarlyDueDates = takesEarlyDueDates
  }

  func record(from row: inout ImportRow) -> Record? {
    let customer = row.text("customer", charactersMax: 64, isRequired: true)
    let number = row.text("number", charactersMax: 64, isRequired: true)
    let externalID = row.text("external_id", charactersMax: 128)
    let currency = row.currency(base: base)
    let amount = row.money("amount", currency, isRequired: true)
    let tax = row.money("tax", currency)
    let issuedOn = row.date("issued_on")
    let dueOn = row.date("due_on")
    let rate = currency == base ? nil : row.rate()
    guard let customer, let number, let amount, let issuedOn, let dueOn else { return nil }
    let invoice = NewInvoice(
      customerID: KnownCustomers.unknown, number: number, amount: amount, taxMinor: tax?.minor ?? 0, issuedOn: issuedOn,
      instalments: InstalmentPlan([.init(minor: amount.minor, dueOn: dueOn)]),
      externalID: externalID, rate: rate)
    var problems = invoice.problems(today: today, base: base)
    if takesEarlyDueDates {
      for problem in problems where problem.field == "due_on" { row.note(problem.field, problem.message) }
      problems.removeAll { $0.field == "due_on" }
    }
    row.refuse(problems)
    return Record(customerNumber: customer, invoice: invoice)
  }

  func lookups(_ records: [Record]) -> [Statement] {
    let unrated = records.map(\.invoice).filter { $0.rate == nil && $0.amount.currency != base }
    return [
      ClosedPeriods.lookup(call),
      Rates.lookup(
        Set(unrated.map(\.amount.currency)), from: unrated.map(\.issuedOn).min() ?? today, to: unrated.map(\.issuedOn).max() ?? today),
      customers.lookup(records.map(\.customerNumber)),
      known.lookup(numbers: records.map(\.invoice.number), externalIDs: records.compactMap(\.invoice.externalID)),
    ]
  }

  mutating func learn(_ results: [Rows]) throws {
    try periods.learn(results[0])
    try rates.learn(results[1])
    try customers.learn(results[2])
    try known.learn(results[3])
  }

  mutating func isNew(_ record: inout Record, _ row: inout ImportRow) -> Bool {
    guard let customerID = customers.id(of: record.customerNumber, &row) else { return false }
    record.invoice.customerID = customerID
    let invoice = record.invoice
    let isNew = known.isNew(
      .init(
        number: invoice.number, externalID: invoice.externalID, customerID: customerID, money: invoice.amount, issuedOn: invoice.issuedOn),
      &row)
    return isNew && periods.isOpen(invoice.issuedOn, "issued_on", &row)
      && rates.fill(&record.invoice.rate, for: invoice.amount, on: invoice.issuedOn, base: base, &row)
  }

  mutating func statements(_ records: [Record]) -> [Statement] {
    var posting = Posting(call: call)
    for record in records { posting.add(record.invoice.document, base: base) }
    return posting.statements
  }
}
