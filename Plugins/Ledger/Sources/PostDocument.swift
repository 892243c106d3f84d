import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// The kinds of PostDocument, and what each does to the books.
private enum DocumentKind: String, CaseIterable {
  case debitNote = "debit_note"
  case creditNote = "credit_note"
  case refund
  case writeOff = "write_off"
  case adjustment
  case opening

  /// Whether it exists only to settle something.
  var needsAgainst: Bool { self == .refund || self == .writeOff }
  var permission: String { "ledger.\(rawValue).post" }
  var hasTax: Bool { self == .debitNote || self == .creditNote }
  var mayBeNegative: Bool { self == .adjustment || self == .opening }

  /// 1: the customer owes more.
  func side(_ minor: Int64) -> Int16 {
    switch self {
    case .debitNote, .refund: 1
    case .creditNote, .writeOff: -1
    case .adjustment, .opening: minor < 0 ? -1 : 1
    }
  }

  /// - Parameter taxes: of the amount.
  func shares(_ minor: Int64, taxes: [Share], account: String) -> [Share] {
    let rest = minor - taxes.reduce(0) { $0 + $1.minor }
    let other =
      switch self {
      case .debitNote, .creditNote: "revenue"
      case .refund: "bank"
      case .writeOff: "write_off"
      case .adjustment: "#\(account)"
      case .opening: "opening"
      }
    return taxes + [Share(account: other, minor: rest)]
  }
}

extension Ledger {
  func postDocument(_ request: Remit_Ledger_V1_PostDocumentRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_PostDocumentReply> {
    let base = try call.baseCurrency
    let order = try DocumentOrder(request, today: try call.today, base: base)
    try call.require(order.kind.permission)
    let settled = try await settledItems(of: order, call)
    if order.kind == .adjustment { try await requireAccount(order.message.account, call) }
    var document = try await order.document(
      settling: settled?.items ?? [], of: settled?.selection, settled?.policy ?? .both, payer: settled?.payer)
    document.rate = try await requireRate(
      document.rate, for: document.amount, on: document.issuedOn, base: base, "document.exchange_rate", call)
    try await requireProfile(document.profile, "document.posting_profile", call)
    if document.number == nil { document.number = try await nextNumber(document.kind, of: document.issuedOn, call) }

    var posting = Posting(call: call)
    guard var item = posting.add(document, base: base).item else { throw CallError(.internal, "UNEXPECTED", "a document has no item") }
    var reply = Remit_Ledger_V1_PostDocumentReply()
    reply.document = order.message
    reply.document.id = item.documentID.text
    reply.document.number = document.number ?? reply.document.id
    reply.document.amount =
      Money(minor: order.amountIsNegative ? -document.amount.minor : document.amount.minor, currency: item.currency).message
    reply.document.exchangeRate = document.rate?.description ?? ""
    reply.document.baseAmount = Money(minor: abs(item.baseMinor), currency: base).message
    reply.document.postedOn = "\(document.effectiveOn)"
    let taxMinor = document.shares.reduce(0) { $1.taxRate == nil ? $0 : $0 + $1.minor }
    if taxMinor > 0 { reply.document.tax = Money(minor: taxMinor, currency: item.currency).message }
    if document.side == 1 { reply.document.dueOn = "\(item.dueOn)" }
    reply.document.recordedAt = call.now
    reply.document.recordedBy = call.principal.name
    if var others = settled?.items {
      let own = BookItem(
        item, kind: document.kind, number: reply.document.number, effectiveOn: document.effectiveOn, payerID: others[0].payerID)
      reply.allocations = posting.settle(&others, with: &item, of: document.effectiveOn, reason: document.reason, base: base).map { done in
        let (debit, credit) = document.side == 1 ? (own, done.other) : (done.other, own)
        return ItemAllocation(done.line, id: done.id, debit: debit, credit: credit, effectiveOn: done.effectiveOn, call)
      }
    }
    return Write(
      posting.statements, reply: reply, resource: "\(document.kind)/\(reply.document.id)",
      title: "\(document.kind) \(reply.document.number), \(document.amount.text)",
      events: try posting.events,
      refusals: Self.documentRefusals(
        "document", number: reply.document.number, externalID: order.message.externalID, customerID: order.message.customerID))
  }

  private func settledItems(of order: DocumentOrder, _ call: Call) async throws -> (
    items: [BookItem], selection: AllocationSelection, policy: TaxPolicy, payer: UUID?
  )? {
    guard let choice = order.against else { return nil }
    let results = try await call.query([
      BookItem.select(
        where: """
          i.item_id IN (SELECT $1::uuid UNION
                        SELECT n.item_id FROM ledger.document m JOIN ledger.item n USING (tenant_id, document_id) WHERE m.number = $2)
          """, withTaxes: order.kind == .writeOff, [.uuid(UUID(uuidString: choice.itemID)), .text(choice.number.plain)]), TaxPolicy.select,
      BookItem.selectPayer(of: order.customerID),
    ])
    let items = try results[0].map(BookItem.init(row:))
    let selection = AllocationSelection(items: items, call: call)
    return (
      try await selection.matches(choice, "against", side: -order.side), selection, try TaxPolicy(results[1]),
      try BookItem.payer(results[2])
    )
  }

  private func requireAccount(_ code: String, _ call: Call) async throws {
    let role = try await call.first(Statement("SELECT role FROM ledger.account WHERE code = $1", [.text(code)])) { row in try row.text() }
    guard let role else {
      throw CallError(.failedPrecondition, "NO_ACCOUNT", "there is no account \(code)", field: "document.account")
    }
    guard role != "receivable" else {
      throw CallError(
        .failedPrecondition, "NO_ACCOUNT", "\(code) is the account of receivables; name the one on the other side",
        field: "document.account")
    }
  }
}

/// What a request asks to be posted, checked by itself.
private struct DocumentOrder {
  let message: Remit_Ledger_V1_Document
  let kind: DocumentKind
  let against: Remit_Ledger_V1_ItemChoice?
  let side: Int16
  let amountIsNegative: Bool
  let customerID: UUID
  /// Without its sign; nil: all that is open of what it is against.
  private let amount: Money?
  private let taxMinor: Int64
  private let taxes: [TaxShare]
  private let issuedOn: CivilDate
  private let postedOn: CivilDate?
  private let dueOn: CivilDate
  private let rate: ExchangeRate?
  private let base: Currency

  init(_ request: Remit_Ledger_V1_PostDocumentRequest, today: CivilDate, base: Currency) throws(CallError) {
    var message = request.document
    guard let kind = DocumentKind(rawValue: message.kind) else {
      throw .invalid([("document.kind", "must be one of \(DocumentKind.allCases.map(\.rawValue).joined(separator: ", "))")])
    }
    var violations = Violations()
    let customerID = violations.uuid(message.customerID, "document.customer_id")
    message.number = violations.plain(message.number, "document.number", charactersMax: 64, mayBeEmpty: true)
    message.externalID = violations.plain(message.externalID, "document.external_id", charactersMax: 128, mayBeEmpty: true)
    violations.text(message.reason, "document.reason", charactersMax: 255, mayBeEmpty: kind != .writeOff)
    violations.text(message.bankText, "document.bank_text", charactersMax: 1000, mayBeEmpty: true)
    let given = message.hasAmount ? violations.money(message.amount, "document.amount") : nil
    if !message.hasAmount, !kind.needsAgainst { violations.add("document.amount", "must be given") }
    if let given, given.minor == 0 || given.minor < 0 && !kind.mayBeNegative {
      violations.add("document.amount", kind.mayBeNegative ? "must not be 0" : "must be more than 0")
    }
    let tax = message.hasTax ? violations.money(message.tax, "document.tax") : nil
    if let tax, tax.minor != 0, !kind.hasTax { violations.add("document.tax", "is for debit and credit notes") }
    if !message.taxes.isEmpty, !kind.hasTax { violations.add("document.taxes", "are for debit and credit notes") }
    let taxes = kind.hasTax ? TaxShare.of(message.taxes, "document", amount: given, tax: tax, &violations) : []
    if let tax, let given {
      if tax.currency != given.currency { violations.add("document.tax", "is in another currency than the amount") }
      if tax.minor < 0 || tax.minor > given.minor { violations.add("document.tax", "must be 0 or more, and at most the amount") }
    }
    let issuedOn = violations.date(message.issuedOn, "document.issued_on")
    if let issuedOn, issuedOn > today { violations.add("document.issued_on", "is after today, \(today)") }
    let postedOn = message.postedOn.isEmpty ? nil : violations.date(message.postedOn, "document.posted_on")
    if let issuedOn {
      for problem in PostingDay.problems(postedOn, of: issuedOn, "issued_on", today: today) {
        violations.add("document.\(problem.field)", problem.message)
      }
    }
    let dueOn = message.dueOn.isEmpty ? issuedOn : violations.date(message.dueOn, "document.due_on")
    if let issuedOn, let dueOn, dueOn < issuedOn { violations.add("document.due_on", "is before the document was issued") }
    let rate = violations.rate(message.exchangeRate, "document.exchange_rate")
    if let given {
      for problem in ExchangeRate.problems(rate, of: given, base: base) { violations.add("document.\(problem.field)", problem.message) }
    }
    if message.account.isEmpty == (kind == .adjustment) {
      violations.add("document.account", kind == .adjustment ? "must be given" : "is for adjustments")
    }
    if request.hasAgainst {
      if request.against.itemID.isEmpty == request.against.number.isEmpty {
        violations.add("against", "needs an item_id or a number, one of both")
      }
      if !request.against.itemID.isEmpty { _ = violations.uuid(request.against.itemID, "against.item_id") }
    } else if kind.needsAgainst {
      violations.add("against", "must be given")
    }
    try violations.throwIfAny()
    guard let customerID, let issuedOn, let dueOn else {
      throw CallError(.internal, "UNEXPECTED", "a field is missing without a violation")
    }
    self.message = message
    self.kind = kind
    against = request.hasAgainst ? request.against : nil
    side = kind.side(given?.minor ?? 1)
    amountIsNegative = (given?.minor ?? 1) < 0
    self.customerID = customerID
    amount = given.map { Money(minor: abs($0.minor), currency: $0.currency) }
    taxMinor = tax?.minor ?? 0
    self.taxes = taxes
    self.issuedOn = issuedOn
    self.postedOn = postedOn
    self.dueOn = side == 1 ? dueOn : issuedOn
    self.rate = rate
    self.base = base
  }

  /// The document, where what it settles agrees.
  func document(settling others: [BookItem], of selection: AllocationSelection?, _ policy: TaxPolicy, payer: UUID?) async throws
    -> NewDocument
  {
    var corrected: [Share] = []
    let openMinor = others.reduce(0) { $0 + $1.open.minor }
    guard let amount = amount ?? others.first.map({ Money(minor: openMinor, currency: $0.item.currency) }) else {
      throw CallError.invalid([("document.amount", "must be given")])
    }
    if let other = others.first, let selection {
      guard other.item.currency == amount.currency else {
        throw CallError(
          .failedPrecondition, "OTHER_CURRENCY", "\(other.title) is in \(other.item.currency), the document in \(amount.currency)",
          field: "against")
      }
      guard other.isPaid(by: customerID, whosePayerIs: payer) else {
        throw CallError(.failedPrecondition, "OTHER_CUSTOMER", "\(other.title) is another customer's", field: "against")
      }
      if kind == .refund, other.kind == "write_off" {
        throw CallError(
          .failedPrecondition, "IS_WRITE_OFF", "\(other.title) gave up what was owed: no money came in that could go back", field: "against"
        )
      }
      if kind.needsAgainst, let day = others.map(\.effectiveOn).max(), day > postedOn ?? issuedOn {
        throw CallError.invalid([("document.issued_on", "is before \(other.title), which is in the books from \(day) on")])
      }
      if kind == .writeOff, policy.correctsWriteOffs {
        var taxes = other.taxes
        corrected = taxes.correct(amount.minor).map { Share(account: $0.account, minor: $0.minor, taxRate: $0.percent) }
      }
      if kind.needsAgainst, openMinor < max(1, amount.minor) { throw try await selection.changed(other, wanted: amount.minor) }
      if self.amount == nil, let problem = ExchangeRate.problems(rate, of: amount, base: base).first {
        throw CallError.invalid([("document.\(problem.field)", problem.message)])
      }
    }
    return NewDocument(
      kind: kind.rawValue, side: side, customerID: customerID, number: message.number.isEmpty ? nil : message.number, amount: amount,
      shares: kind.shares(amount.minor, taxes: TaxShare.shares(taxes, taxMinor) + corrected, account: message.account), issuedOn: issuedOn,
      postedOn: postedOn, parts: [.init(minor: amount.minor, dueOn: dueOn)], taxes: taxes,
      externalID: message.externalID.isEmpty ? nil : message.externalID, rate: rate, reason: message.reason,
      profile: message.postingProfile.isEmpty ? nil : message.postingProfile, bankText: message.bankText,
      own: try OwnFields(message.custom))
  }
}
