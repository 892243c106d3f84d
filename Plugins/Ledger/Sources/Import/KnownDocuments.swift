import FoundationEssentials
import RemitAPI
import RemitSDK

/// The documents of one kind that the books hold already, or that a file has in rows before. A document is known by the id of its source
/// system, or by its number where it has none.
struct KnownDocuments {
  struct Document: Equatable {
    let number: String?
    let externalID: String?
    let customerID: UUID
    let money: Money
    let issuedOn: CivilDate
  }

  private struct Known {
    let document: Document
    /// Of the file; nil: in the books.
    let line: Int?
  }

  /// "invoice"
  let kind: String
  private var byNumber: [String: Known] = [:]
  private var byExternalID: [String: Known] = [:]

  init(kind: String) { self.kind = kind }

  func lookup(numbers: [String], externalIDs: [String]) -> Statement {
    Statement(
      """
      SELECT number, coalesce(external_id, ''), customer_id, currency, amount_minor, issued_on
        FROM ledger.document WHERE kind = $1 AND number = ANY ($2)
      UNION
      SELECT number, external_id, customer_id, currency, amount_minor, issued_on
        FROM ledger.document WHERE kind = $1 AND external_id = ANY ($3)
      """, [.text(kind), .texts(numbers), .texts(externalIDs)])
  }

  mutating func learn(_ rows: Rows) throws {
    let found = try rows.map { row in
      let number = try row.text()
      let externalID = try row.text()
      let customerID = try row.uuid()
      let currency = try row.currency()
      return Document(
        number: number, externalID: externalID.isEmpty ? nil : externalID, customerID: customerID,
        money: Money(minor: try row.int8(), currency: currency), issuedOn: try row.date())
    }
    for document in found { add(document, line: nil) }
  }

  private mutating func add(_ document: Document, line: Int?) {
    let known = Known(document: document, line: line)
    if let number = document.number { byNumber[number] = known }
    if let id = document.externalID { byExternalID[id] = known }
  }

  /// Whether nothing of it is known yet; from then on it is.
  mutating func isNew(_ document: Document, _ row: inout ImportRow) -> Bool {
    let sameID = document.externalID.flatMap { byExternalID[$0] }
    let sameNumber = document.number.flatMap { byNumber[$0] }
    guard let known = sameID ?? sameNumber else {
      add(document, line: row.line)
      return true
    }
    if sameID == nil, document.externalID != nil {
      row.refuse("number", "is another \(kind)'s, \(known.line.map { "on line \($0)" } ?? "in the books")")
    } else if known.document.customerID != document.customerID || known.document.money != document.money
      || known.document.issuedOn != document.issuedOn
    {
      let books = "\(known.document.money.message.amount) \(known.document.money.currency) of \(known.document.issuedOn)"
      if let line = known.line {
        row.refuse(sameID == nil ? "number" : "external_id", "is on line \(line) too, which differs: \(books)")
      } else {
        row.note("amount", "differs from the books, which have \(books); they were not changed")
      }
    }
    return false
  }
}
