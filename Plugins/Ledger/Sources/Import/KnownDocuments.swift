import FoundationEssentials
import RemitAPI
import RemitSDK

/// The documents of one kind that the books hold already, or that a file has in rows before. A document is known by the id of its source
/// system, or by its number where it has none. An invoice and the open item that it came as are one.
struct KnownDocuments {
  struct Document: Equatable {
    let number: String?
    let externalID: String?
    let customerID: UUID
    let money: Money
    let issuedOn: CivilDate
    /// nil: not stated.
    let postedOn: CivilDate?
  }

  private struct Known {
    let document: Document
    let kind: String
    /// Empty for one of the file.
    let customerNumber: String
    /// Of the file; nil: in the books.
    let line: Int?
  }

  /// "invoice"
  let kind: String
  /// "issued_on"
  let dateField: String
  private var byNumber: [String: Known] = [:]
  private var byExternalID: [String: Known] = [:]

  init(kind: String, dateField: String) {
    self.kind = kind
    self.dateField = dateField
  }

  private var kinds: [String] { ["invoice", "opening"].contains(kind) ? ["invoice", "opening"] : [kind] }

  func lookup(numbers: [String], externalIDs: [String]) -> Statement {
    Statement(
      """
      SELECT d.number, coalesce(d.external_id, ''), coalesce(c.merged_into, c.customer_id), c.number, d.currency, d.amount_minor,
             d.issued_on, d.effective_on, d.kind
        FROM (SELECT document_id FROM ledger.document WHERE kind = ANY ($1) AND number = ANY ($2)
              UNION
              SELECT document_id FROM ledger.document WHERE kind = ANY ($1) AND external_id = ANY ($3)) f
        JOIN ledger.document d USING (document_id) JOIN ledger.customer c USING (tenant_id, customer_id)
       ORDER BY d.kind = $4
      """, [.texts(kinds), .texts(numbers), .texts(externalIDs), .text(kind)])
  }

  mutating func learn(_ rows: Rows) throws {
    let found = try rows.map { row in
      let number = try row.text()
      let externalID = try row.text()
      let customerID = try row.uuid()
      let customerNumber = try row.text()
      let currency = try row.currency()
      let document = Document(
        number: number, externalID: externalID.isEmpty ? nil : externalID, customerID: customerID,
        money: Money(minor: try row.int8(), currency: currency), issuedOn: try row.date(), postedOn: try row.date())
      return Known(document: document, kind: try row.text(), customerNumber: customerNumber, line: nil)
    }
    for known in found { add(known) }
  }

  private mutating func add(_ known: Known) {
    if let number = known.document.number { byNumber[number] = known }
    if let id = known.document.externalID { byExternalID[id] = known }
  }

  /// Whether nothing of it is known yet; from then on it is.
  ///
  /// - Parameter repeated: what to do with a number that two rows of a file have.
  mutating func isNew(_ document: Document, repeated: String = "", _ row: inout ImportRow) -> Bool {
    let sameID = document.externalID.flatMap { byExternalID[$0] }
    let sameNumber = document.number.flatMap { byNumber[$0] }
    guard let known = sameID ?? sameNumber else {
      add(Known(document: document, kind: kind, customerNumber: "", line: row.line))
      return true
    }
    if known.kind != kind {
      noteOtherKind(of: document, from: known, &row)
    } else if sameID == nil, document.externalID != nil {
      row.refuse("number", "is another \(kind)'s, \(known.line.map { "on line \($0)" } ?? "in the books")")
    } else if let line = known.line {
      if known.document == document, sameID != nil {
        row.note("external_id", "is on line \(line) too")
      } else if sameID != nil {
        row.refuse("external_id", "is on line \(line) too, which differs: \(Self.words(known.document))")
      } else {
        let same = known.document == document ? "; if it is the same row again, leave out one of them" : ""
        row.refuse("number", "is on line \(line) too\(repeated)\(same)")
      }
    } else if sameID == nil, known.document.customerID != document.customerID {
      row.refuse("number", "is that of \(words(known)) of customer \(known.customerNumber) in the books")
    } else {
      noteDifferences(of: document, from: known, &row)
    }
    return false
  }

  /// An invoice in a file that is an open item in the books, or the other way round.
  private func noteOtherKind(of document: Document, from known: Known, _ row: inout ImportRow) {
    if known.document.customerID == document.customerID {
      row.note("number", "is in the books as \(words(known)); it was not posted again")
    } else {
      row.refuse("number", "is that of \(words(known)) of customer \(known.customerNumber) in the books")
    }
  }

  private func words(_ known: Known) -> String {
    let name =
      known.kind == "opening" ? "an open item" : known.kind == "invoice" ? "an invoice" : "a \(known.kind.replacing("_", with: " "))"
    return "\(name) over \(Self.words(known.document))"
  }

  private static func words(_ document: Document) -> String { "\(document.money.text) of \(document.issuedOn)" }

  private func noteDifferences(of document: Document, from known: Known, _ row: inout ImportRow) {
    if known.document.customerID != document.customerID {
      row.note(
        row.firstColumn(of: CustomerCells.fields) ?? "customer",
        "differs from the books, which have the customer \(known.customerNumber); they were not changed")
    }
    if known.document.money != document.money {
      row.note("amount", "differs from the books, which have \(Self.words(known.document)); they were not changed")
    }
    if known.document.issuedOn != document.issuedOn {
      row.note(dateField, "differs from the books, which have \(known.document.issuedOn); they were not changed")
    }
    if let postedOn = document.postedOn, let known = known.document.postedOn, postedOn != known {
      row.note("posted_on", "differs from the books, which have it from \(known) on; they were not changed")
    }
  }
}
