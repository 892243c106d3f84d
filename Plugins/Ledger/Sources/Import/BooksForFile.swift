import FoundationEssentials
import RemitAPI
import RemitSDK

/// A row of a file of documents.
protocol DocumentRecord {
  var customer: CustomerCells { get }
  func document(of customerID: UUID) -> KnownDocuments.Document
}

/// What every file of documents asks of the books: who its customers are, which documents are known, into which periods may be posted, and rates.
struct BooksForFile {
  let call: Call
  let today: CivilDate
  let base: Currency
  private(set) var customers = KnownCustomers()
  private var known: KnownDocuments
  private var periods = ClosedPeriods()
  private var rates = Rates()

  /// How many statements `lookups` are, and results `learn` takes.
  static let count = 4

  /// - Parameters:
  ///   - kind: of the documents: "invoice".
  ///   - dateField: the field with their day: "issued_on".
  init(_ call: Call, kind: String, dateField: String) throws(CallError) {
    self.call = call
    today = try call.today
    base = try call.baseCurrency
    known = KnownDocuments(kind: kind, dateField: dateField)
  }

  func lookups(_ records: [some DocumentRecord]) -> [Statement] {
    let documents = records.map { $0.document(of: KnownCustomers.unknown) }
    let unrated = documents.filter { $0.rate == nil && $0.money.currency != base }
    return [
      ClosedPeriods.lookup(call),
      Rates.lookup(
        Set(unrated.map(\.money.currency)), from: unrated.map(\.issuedOn).min() ?? today, to: unrated.map(\.issuedOn).max() ?? today),
      customers.lookup(records.map(\.customer)),
      known.lookup(
        numbers: documents.flatMap { [$0.number, $0.otherNumber].compactMap { $0 } }, externalIDs: documents.compactMap(\.externalID)),
    ]
  }

  mutating func learn(_ results: some Collection<Rows>) throws {
    let results = Array(results)
    try periods.learn(results[0])
    try rates.learn(results[1])
    try customers.learn(results[2])
    try known.learn(results[3])
  }

  /// Takes note of a document whose row was imported before: the row says what has become of it.
  func noteImported(_ record: some DocumentRecord, _ row: inout ImportRow) {
    known.noteImported(record.document(of: customers.id(of: record.customer) ?? KnownCustomers.unknown), &row)
  }

  /// Documents that were reversed, by the external ids that this file gives again.
  var freedIDs: [String: UUID] { known.freedIDs }

  /// Whether the caller may post on a day; else the row says why not.
  func isOpen(_ day: CivilDate, _ field: String, _ row: inout ImportRow) -> Bool { periods.isOpen(day, field, &row) }

  /// Whether the document is not known yet and may be posted; else the row says why not, where that is a fault. A rate that is needed is filled in.
  ///
  /// - Parameters:
  ///   - day: on which it will be in the books, and the field that says so.
  mutating func isNew(
    _ document: KnownDocuments.Document, on day: (CivilDate, field: String), rate: inout ExchangeRate?, _ row: inout ImportRow
  ) -> Bool {
    known.isNew(document, &row) && periods.isOpen(day.0, day.field, &row)
      && rates.fill(&rate, for: document.money, on: document.issuedOn, base: base, &row)
  }
}
