import FoundationEssentials
import RemitAPI
import RemitSDK

/// The documents of one kind that the books hold already, or that a file has in rows before. A document is known by the id of its source
/// system, or by its number where it has none. An invoice or a credit note and the open item that it came as are one.
struct KnownDocuments {
  struct Document: Equatable {
    let number: String?
    /// Of a row, another by which it may be known.
    var otherNumber: String?
    /// Of a row, its 发票代码, with which a number is of one invoice; the books have none.
    var code = ""
    let externalID: String?
    let customerID: UUID
    /// Negative where it is a credit.
    let money: Money
    let issuedOn: CivilDate
    // Of a row, nil where that does not say; of the books, where there are several or none.
    var postedOn: CivilDate?
    var dueOn: CivilDate?
    var taxMinor: Int64?
    var rate: ExchangeRate?
  }

  private struct Known {
    let document: Document
    let kind: String
    /// Empty for one of the file.
    var customerNumber = ""
    /// nil: it is of the file.
    var id: UUID?
    /// nil: it stands.
    var reversedOn: CivilDate?
    /// Of the file; nil: in the books.
    var line: Int?

    /// "an open item over -60.00 EUR of 2026-01-05"
    var words: String {
      let money = document.money
      let amount = kind == "opening" ? money : Money(minor: abs(money.minor), currency: money.currency)
      return "\(kind.isEmpty ? "" : KnownDocuments.name(of: kind) + " over ")\(amount.text) of \(document.issuedOn)"
    }
  }

  /// "invoice"
  let kind: String
  /// "issued_on"
  let dateField: String
  private var byNumber: [String: Known] = [:]
  private var byExternalID: [String: Known] = [:]
  /// Of the books, those reversed whose external ids are taken again, by these.
  private(set) var freedIDs: [String: UUID] = [:]
  /// By the number in capitals.
  private var byFoldedNumber: [String: Known] = [:]
  /// Of the file, by the number beside the one that counts.
  private var byOther: [String: Known] = [:]
  /// Those of the kinds that it may have come as, by number.
  private var others: [String: [Known]] = [:]

  /// Two imports at once would not see each other's, where one brings an invoice and the other the open item that it came as.
  static let lock = Statement("SELECT host.lock('import_documents', true)")

  init(kind: String, dateField: String) {
    self.kind = kind
    self.dateField = dateField
  }

  /// What a document of a kind may have come as before.
  static func otherKinds(of kind: String) -> [String] {
    switch kind {
    case "invoice", "credit_note": ["opening"]
    case "opening": ["invoice", "credit_note"]
    default: []
    }
  }

  func lookup(numbers: [String], externalIDs: [String]) -> Statement {
    let folded = numbers.flatMap { [$0.uppercased(), $0.lowercased()] }
    return Statement(
      """
      WITH found AS MATERIALIZED (
        SELECT document_id FROM ledger.document WHERE kind = ANY ($1) AND number = ANY ($2)
        UNION
        SELECT document_id FROM ledger.document WHERE kind = ANY ($1) AND external_id = ANY ($3))
      SELECT d.number, coalesce(d.external_id, ''), coalesce(c.merged_into, c.customer_id), c.number, d.currency,
             CASE WHEN d.kind = 'credit_note'
                    OR d.kind = 'opening' AND (SELECT min(i.side) FROM ledger.item i WHERE i.document_id = d.document_id) = -1
                  THEN -d.amount_minor ELSE d.amount_minor END,
             d.issued_on, d.effective_on,
             (SELECT CASE count(*) WHEN 1 THEN min(i.due_on) END FROM ledger.item i WHERE i.document_id = d.document_id),
             d.tax_minor, d.exchange_rate, d.kind, d.document_id,
             (SELECT r.issued_on FROM ledger.document r
               WHERE r.reverses = d.document_id AND NOT EXISTS (SELECT FROM ledger.document back WHERE back.reverses = r.document_id))
        FROM found JOIN ledger.document d USING (document_id) JOIN ledger.customer c USING (tenant_id, customer_id)
       ORDER BY d.recorded_at
      """,
      [
        .texts([kind] + Self.otherKinds(of: kind) + (kind == "credit_note" ? ["invoice"] : kind == "invoice" ? ["credit_note"] : [])),
        .texts(Array(Set(numbers + folded))),
        .texts(externalIDs),
      ])
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
        money: Money(minor: try row.int8(), currency: currency), issuedOn: try row.date(), postedOn: try row.date(),
        dueOn: try row.dateIfPresent(), taxMinor: try row.int8IfPresent(), rate: ExchangeRate(try row.text()))
      return Known(
        document: document, kind: try row.text(), customerNumber: customerNumber, id: try row.uuid(),
        reversedOn: try row.dateIfPresent())
    }
    for known in found { add(known) }
  }

  private mutating func add(_ known: Known) {
    guard known.kind == kind else {
      // What was taken back is free to come as the other.
      if known.reversedOn == nil, let number = known.document.number { others[number, default: []].append(known) }
      return
    }
    if let number = known.document.number {
      byNumber[number] = known
      if known.reversedOn == nil { byFoldedNumber[number.uppercased()] = known }
    }
    if let other = known.document.otherNumber { byOther[other] = known }
    if let id = known.document.externalID { byExternalID[id] = known }
  }

  /// Whether nothing of it is known yet; from then on it is.
  mutating func isNew(_ document: Document, _ row: inout ImportRow) -> Bool {
    let sameID = document.externalID.flatMap { byExternalID[$0] }
    guard let known = sameID ?? document.number.flatMap({ byNumber[$0] }) else {
      if let other = byOtherNumber(of: document) {
        row.note("number", "is known as \(CellText.cut(other, bytesMax: 64)), another number of it: it was not posted again")
        return false
      }
      let isNew = isNoOther(document, &row)
      if isNew { add(Known(document: document, kind: kind, line: row.line)) }
      return isNew
    }
    if let line = known.line {
      refuseRepeated(document, after: known, line, isSameID: sameID != nil, &row)
    } else if let reversedOn = known.reversedOn {
      guard !differences(of: document, from: known, row).isEmpty else {
        noteReversed(reversedOn, &row)
        return false
      }
      guard isNoOther(document, &row) else { return false }
      if let other = document.number.flatMap({ byNumber[$0] }), other.reversedOn == nil {
        row.refuse("number", "is that of another \(Self.noun(kind)) \(other.line.map { "on line \($0)" } ?? "in the books")")
        return false
      }
      row.note("number", "is that of \(known.words), which was reversed on \(reversedOn); this takes its place")
      if let id = known.id, let externalID = document.externalID, externalID == known.document.externalID { freedIDs[externalID] = id }
      add(Known(document: document, kind: kind, line: row.line))
      return true
    } else if sameID == nil, document.externalID != nil, let id = known.document.externalID {
      row.refuse("number", "is that of another \(Self.noun(kind)) in the books, with the external id \(CellText.cut(id, bytesMax: 60))")
    } else if sameID == nil, known.document.customerID != document.customerID {
      row.refuse("number", "is that of \(known.words) of customer \(known.customerNumber) in the books")
    } else if !document.code.isEmpty, (known.document.money, known.document.issuedOn) != (document.money, document.issuedOn) {
      row.refuse(
        "number",
        "is that of \(known.words) in the books: where the two differ by \(row.name(of: "invoice_code")), write it before the number")
    } else if known.document.money.minor.signum() * document.money.minor.signum() < 0 {
      row.refuse("amount", "is the other way round in the books, which have \(known.words)")
    } else {
      noteDifferences(of: document, from: known, &row)
    }
    return false
  }

  /// The number of the books by which a document came before, where the row has two and that is not the one that counts.
  private func byOtherNumber(of document: Document) -> String? {
    let known = document.otherNumber.flatMap { byNumber[$0] } ?? document.number.flatMap { byOther[$0] }
    guard let known, known.reversedOn == nil,
      (known.document.customerID, known.document.money, known.document.issuedOn)
        == (document.customerID, document.money, document.issuedOn)
    else { return nil }
    return known.document.number
  }

  private func refuseRepeated(
    _ document: Document, after known: Known, _ line: Int, isSameID: Bool, _ row: inout ImportRow
  ) {
    let isSame = known.document == document
    if isSameID, isSame {
      row.note("external_id", "is on line \(line) too")
    } else if isSameID {
      row.refuse("external_id", "is on line \(line) too, which differs: \(Known(document: known.document, kind: "").words)")
    } else if document.externalID != nil, known.document.externalID != nil {
      row.refuse("number", "is another \(Self.noun(kind))'s, on line \(line)")
    } else {
      let hint =
        switch kind {
        case "receipt": "; where one payment settles several invoices, leave the numbers aside (--column number=)"
        case "opening": ""
        default: "; if these are lines of one \(Self.noun(kind)), add them up (--add-up-lines)"
        }
      row.refuse("number", "is on line \(line) too\(hint)\(isSame ? "; if it is the same row again, leave out one of them" : "")")
    }
  }

  /// Whether there is none that differs from it by case only, or came as another kind; else the row says so.
  private func isNoOther(_ document: Document, _ row: inout ImportRow) -> Bool {
    guard let number = document.number else { return true }
    if let known = byFoldedNumber[number.uppercased()], let other = known.document.number, other != number {
      let place = known.line.map { "on line \($0)" } ?? "in the books"
      row.refuse("number", "differs from \(other) \(place) by case only; write it as that, or give it another number")
      return false
    }
    guard let known = others[number]?.first else { return true }
    if [kind, known.kind].sorted() == ["credit_note", "invoice"] {
      row.refuse(
        "number",
        "is that of \(known.words) in the books: is the row that \(Self.noun(known.kind))? \(Self.name(of: kind).capitalizedFirst) has a number of its own"
      )
      return false
    }
    if known.document.customerID != document.customerID {
      row.refuse("number", "is that of \(known.words) of customer \(known.customerNumber) in the books")
    } else if known.document.money.minor.signum() != document.money.minor.signum() {
      row.refuse("number", "is that of \(known.words) in the books, which is no \(Self.noun(kind))")
    } else {
      row.note("number", "is in the books as \(known.words); it was not posted again")
    }
    return false
  }

  /// Of a row whose file was imported before: what has become of it.
  func noteImported(_ document: Document, _ row: inout ImportRow) {
    guard let known = document.externalID.flatMap({ byExternalID[$0] }) ?? document.number.flatMap({ byNumber[$0] }) else { return }
    if let reversedOn = known.reversedOn {
      row.note("number", "was imported from this file, and was reversed on \(reversedOn): it was not posted again")
    } else {
      noteDifferences(of: document, from: known, &row)
    }
  }

  private func noteReversed(_ day: CivilDate, _ row: inout ImportRow) {
    row.note("number", "was reversed on \(day), and the row says the same again: it was not posted again")
  }

  private func noteDifferences(of document: Document, from known: Known, _ row: inout ImportRow) {
    for difference in differences(of: document, from: known, row) {
      row.note(difference.field, "differs from the books, which have \(difference.what); they were not changed")
    }
  }

  private func differences(of document: Document, from known: Known, _ row: ImportRow) -> [(field: String, what: String)] {
    let books = known.document
    var found: [(field: String, what: String)] = []
    func note(_ field: String, _ what: String) { found.append((field, what)) }
    if let number = document.number, number != books.number { note("number", books.number ?? "none") }
    if document.externalID != nil, books.externalID == nil { note("external_id", "none") }
    if books.customerID != document.customerID, document.customerID != KnownCustomers.unknown {
      note(row.firstColumn(of: CustomerCells.fields) ?? "customer", "the customer \(known.customerNumber)")
    }
    if books.money != document.money {
      note(books.money.currency == document.money.currency ? "amount" : "currency", Known(document: books, kind: "").words)
    }
    if books.issuedOn != document.issuedOn { note(dateField, "\(books.issuedOn)") }
    if let postedOn = document.postedOn, let own = books.postedOn, postedOn != own { note("posted_on", "it from \(own) on") }
    if let dueOn = document.dueOn, let own = books.dueOn, dueOn != own { note("due_on", "\(own)") }
    if let taxMinor = document.taxMinor, let own = books.taxMinor, taxMinor != own {
      note("tax", Money(minor: own, currency: books.money.currency).text)
    }
    if let rate = document.rate, let own = books.rate,
      rate.number.minor(decimals: 9) != own.number.minor(decimals: 9) || rate.isInverse != own.isInverse
    {
      note("exchange_rate", "\(own)")
    }
    return found
  }

  private static func noun(_ kind: String) -> String { kind == "opening" ? "open item" : kind.replacing("_", with: " ") }
  private static func name(of kind: String) -> String {
    "\(noun(kind).first.map { "aeiou".contains($0) } == true ? "an" : "a") \(noun(kind))"
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
