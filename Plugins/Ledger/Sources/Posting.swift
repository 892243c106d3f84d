import FoundationEssentials
import RemitAPI
import RemitSDK

/// What postings add to the books, as rows. One posting or thousands: the statements are the same, with longer arrays.
struct Posting {
  /// Of documents that people post; they have numbers.
  static let kinds = ["invoice", "credit_note", "debit_note", "receipt", "refund", "write_off", "adjustment", "opening", "reversal"]

  struct Document {
    let id: UUID
    let kind: String
    let number: String
    let customerID: UUID
    let currency: Currency
    let amountMinor: Int64
    let baseMinor: Int64
    let issuedOn: CivilDate
    let effectiveOn: CivilDate
    let externalID: String?
    var reason = ""
    var reverses: UUID?
    /// What it was posted with.
    var terms = PostedTerms()
  }

  /// What changes nothing in the books any more, and is read back and copied.
  struct PostedTerms {
    var taxMinor: Int64 = 0
    /// Empty: the base currency.
    var exchangeRate = ""
    var profile: String?
    /// An encoded PaymentTerms.
    var payment: [UInt8]?
    var bankText = ""
    /// What came in, in another currency.
    var paid: Money?
    var own = OwnFields.none
  }

  /// A line of the journal, between two accounts that are found by their role, or by "#" and their code.
  struct Entry {
    let documentID: UUID
    let line: Int16
    let debit: String
    let credit: String
    let currency: Currency
    let amountMinor: Int64
    let baseMinor: Int64
    /// Whose accounts take the place of the company's; nil: the customer's profile.
    var profile: String?
    /// Of tax: in percent, empty where it is not known.
    var taxRate: String?
  }

  struct Item {
    let id: UUID
    let documentID: UUID
    let customerID: UUID
    let currency: Currency
    /// 1: the customer owes; -1: the company owes, and the amounts are negative.
    let side: Int16
    let amountMinor: Int64
    let baseMinor: Int64
    let dueOn: CivilDate
    var openMinor: Int64
    var openBaseMinor: Int64
    var line: Int16 = 1
    /// What is taken off for payment in time.
    var discountMinor: Int64 = 0
    var discountUntil: CivilDate?
  }

  /// A change of an item's open amount.
  struct Movement {
    let item: Item
    let causeID: UUID
    let amountMinor: Int64
    let baseMinor: Int64
    let effectiveOn: CivilDate
  }

  struct Allocation {
    let id: UUID
    let line: AllocationPlan.Line
    let effectiveOn: CivilDate
    /// The allocation that it takes back; the amounts of its line are then negative.
    let reverses: UUID?
    /// Its journal, where it has one.
    let documentID: UUID?
  }

  struct TaxLine {
    let documentID: UUID
    let line: Int16
    let share: TaxShare
  }

  let call: Call
  /// Documents that were reversed, by external ids that may be given again.
  private let freeable: [String: UUID]
  private(set) var documents: [Document] = []
  private var entries: [Entry] = []
  private var taxes: [TaxLine] = []
  private var items: [UUID: Item] = [:]
  private var itemOrder: [UUID] = []
  private(set) var movements: [Movement] = []
  /// Customers for whom something new is posted.
  private var debtors: Set<UUID> = []
  private(set) var allocations: [Allocation] = []
  /// Changes of items that were there before.
  private var changes: [UUID: (minor: Int64, baseMinor: Int64)] = [:]

  /// Documents whose journal is that of another with debit and credit swapped: the new one and the old one.
  private var reversals: [(id: UUID, of: UUID)] = []

  init(call: Call, freeingIDsOf freeable: [String: UUID] = [:]) {
    self.call = call
    self.freeable = freeable
  }

  mutating func add(_ document: Document) { documents.append(document) }

  /// The opposite of a document's journal. What it did to items is for the caller to move back.
  mutating func reverse(_ document: Document, as id: UUID, number: String, on day: CivilDate, reason: String) {
    add(
      Document(
        id: id, kind: "reversal", number: number, customerID: document.customerID, currency: document.currency,
        amountMinor: document.amountMinor, baseMinor: document.baseMinor, issuedOn: day, effectiveOn: day, externalID: nil, reason: reason,
        reverses: document.id))
    reversals.append((id, document.id))
  }

  mutating func requireDebtor(_ id: UUID) { debtors.insert(id) }

  mutating func add(_ entry: Entry) { entries.append(entry) }

  mutating func add(_ tax: TaxLine) { taxes.append(tax) }

  /// Opens an item, with its first movement.
  mutating func open(_ item: Item, effectiveOn: CivilDate) {
    items[item.id] = item
    itemOrder.append(item.id)
    movements.append(
      Movement(
        item: item, causeID: item.documentID, amountMinor: item.amountMinor, baseMinor: item.baseMinor, effectiveOn: effectiveOn))
  }

  mutating func add(_ allocation: Allocation) { allocations.append(allocation) }

  mutating func move(_ item: Item, by amountMinor: Int64, base baseMinor: Int64, cause: UUID, effectiveOn: CivilDate) {
    movements.append(Movement(item: item, causeID: cause, amountMinor: amountMinor, baseMinor: baseMinor, effectiveOn: effectiveOn))
    if items[item.id] != nil {
      items[item.id]?.openMinor += amountMinor
      items[item.id]?.openBaseMinor += baseMinor
    } else {
      let change = changes[item.id] ?? (0, 0)
      changes[item.id] = (change.minor + amountMinor, change.baseMinor + baseMinor)
    }
  }
}

extension Posting {
  /// What writes it all; statements without rows are left out.
  var statements: [Statement] {
    var statements = ClosedPeriods.check(Set(documents.map(\.effectiveOn) + allocations.map(\.effectiveOn)), call)
    if !debtors.isEmpty { statements.append(requireDebtors) }
    let freed = freeable.isEmpty ? [] : documents.compactMap { $0.externalID.flatMap { freeable[$0] } }
    if !freed.isEmpty { statements.append(Self.freeIDs(of: freed)) }
    if !documents.isEmpty { statements.append(insertDocuments) }
    if !reversals.isEmpty { statements.append(Self.freeNumbers(of: reversals.map(\.of))) }
    if !entries.isEmpty { statements.append(insertEntries) }
    if !reversals.isEmpty { statements.append(insertReversedEntries) }
    if !taxes.isEmpty { statements.append(insertTaxes) }
    if !items.isEmpty { statements.append(insertItems) }
    if !changes.isEmpty { statements.append(updateItems) }
    if !allocations.isEmpty { statements.append(insertAllocations) }
    if !movements.isEmpty { statements += [insertMovements, insertDeltas] }
    return statements
  }

  private var requireDebtors: Statement {
    Statement(
      """
      SELECT host.require(false, 'CUSTOMER_MERGED: customer ' || c.number || ' was merged into ' || i.number || ': post for that one')
        FROM ledger.customer c JOIN ledger.customer i ON (i.tenant_id, i.customer_id) = (c.tenant_id, c.merged_into)
       WHERE c.customer_id = ANY ($1) LIMIT 1
      """, [.uuids(Array(debtors))])
  }

  private var insertDocuments: Statement {
    Statement(
      insertInto: "ledger.document",
      [
        "document_id": .uuids(documents.map(\.id)), "kind": .texts(documents.map(\.kind)), "number": .texts(documents.map(\.number)),
        "customer_id": .uuids(documents.map(\.customerID)), "currency": .texts(documents.map(\.currency.code)),
        "amount_minor": .int8s(documents.map(\.amountMinor)), "base_minor": .int8s(documents.map(\.baseMinor)),
        "issued_on": .dates(documents.map(\.issuedOn)), "effective_on": .dates(documents.map(\.effectiveOn)),
        "external_id": .texts(documents.map(\.externalID)), "reverses": .uuids(documents.map(\.reverses)),
        "reason": .texts(documents.map(\.reason)), "tax_minor": .int8s(documents.map(\.terms.taxMinor)),
        "exchange_rate": .texts(documents.map(\.terms.exchangeRate)), "posting_profile": .texts(documents.map(\.terms.profile)),
        "terms": .byteas(documents.map(\.terms.payment)), "bank_text": .texts(documents.map(\.terms.bankText)),
        "paid_currency": .texts(documents.map(\.terms.paid?.currency.code)),
        "paid_minor": .int8sIfPresent(documents.map(\.terms.paid?.minor)), "custom": .jsons(documents.map(\.terms.own.json)),
        "recorded_at": .timestamptz(call.now), "recorded_by": .text(call.principal.name),
      ])
  }

  private static func freeNumbers(of documents: [UUID]) -> Statement {
    Statement(
      """
      UPDATE ledger.document d SET number_use = 1 + (SELECT max(number_use) FROM ledger.document o WHERE o.number = d.number)
       WHERE d.document_id = ANY ($1) AND d.number_use = 0
      """, [.uuids(documents)])
  }

  private static func freeIDs(of documents: [UUID]) -> Statement {
    Statement(
      """
      UPDATE ledger.document d
         SET external_id_use = 1 + (SELECT max(external_id_use) FROM ledger.document o WHERE (o.kind, o.external_id) = (d.kind, d.external_id))
       WHERE d.document_id = ANY ($1) AND d.external_id_use = 0
      """, [.uuids(documents)])
  }

  /// An account that is missing makes a NULL, which the table refuses.
  private var insertEntries: Statement {
    let customers = Dictionary(documents.map { ($0.id, $0.customerID) }, uniquingKeysWith: { first, _ in first })
    return Statement(
      """
      INSERT INTO ledger.entry (document_id, line, debit, credit, currency, amount_minor, base_minor, tax_rate)
      SELECT u.document_id, u.line, coalesce(pd.account, d.code), coalesce(pc.account, c.code), u.currency, u.amount_minor, u.base_minor,
             u.tax_rate
        FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::uuid[],
                    $10::text[]) u (document_id, line, debit, credit, currency, amount_minor, base_minor, profile, customer_id, tax_rate)
        LEFT JOIN ledger.account d ON d.role = u.debit OR '#' || d.code = u.debit
        LEFT JOIN ledger.account c ON c.role = u.credit OR '#' || c.code = u.credit
        LEFT JOIN ledger.customer k ON k.customer_id = u.customer_id
        LEFT JOIN ledger.posting_account pd ON (pd.profile, pd.role) = (coalesce(u.profile, k.posting_profile), u.debit)
        LEFT JOIN ledger.posting_account pc ON (pc.profile, pc.role) = (coalesce(u.profile, k.posting_profile), u.credit)
      """,
      [
        .uuids(entries.map(\.documentID)), .int2s(entries.map(\.line)), .texts(entries.map(\.debit)), .texts(entries.map(\.credit)),
        .texts(entries.map(\.currency.code)), .int8s(entries.map(\.amountMinor)), .int8s(entries.map(\.baseMinor)),
        .texts(entries.map(\.profile)), .uuids(entries.map { customers[$0.documentID] }), .texts(entries.map(\.taxRate)),
      ])
  }

  private var insertReversedEntries: Statement {
    Statement(
      """
      INSERT INTO ledger.entry (document_id, line, debit, credit, currency, amount_minor, base_minor, tax_rate)
      SELECT u.id, e.line, e.credit, e.debit, e.currency, e.amount_minor, e.base_minor, e.tax_rate
        FROM unnest($1::uuid[], $2::uuid[]) u (id, of) JOIN ledger.entry e ON e.document_id = u.of
      """, [.uuids(reversals.map(\.id)), .uuids(reversals.map(\.of))])
  }

  private var insertItems: Statement {
    let items = itemOrder.compactMap { self.items[$0] }
    return Statement(
      insertInto: "ledger.item",
      [
        "item_id": .uuids(items.map(\.id)), "document_id": .uuids(items.map(\.documentID)), "line": .int2s(items.map(\.line)),
        "customer_id": .uuids(items.map(\.customerID)), "currency": .texts(items.map(\.currency.code)), "side": .int2s(items.map(\.side)),
        "amount_minor": .int8s(items.map(\.amountMinor)), "base_minor": .int8s(items.map(\.baseMinor)),
        "due_on": .dates(items.map(\.dueOn)),
        "open_minor": .int8s(items.map(\.openMinor)), "open_base_minor": .int8s(items.map(\.openBaseMinor)),
        "discount_minor": .int8s(items.map(\.discountMinor)), "discount_until": .dates(items.map(\.discountUntil)),
      ])
  }

  private var insertTaxes: Statement {
    Statement(
      insertInto: "ledger.tax_line",
      [
        "document_id": .uuids(taxes.map(\.documentID)), "line": .int2s(taxes.map(\.line)),
        "rate_percent": .texts(taxes.map(\.share.ratePercent)), "net_minor": .int8s(taxes.map(\.share.netMinor)),
        "tax_minor": .int8s(taxes.map(\.share.taxMinor)),
      ])
  }

  /// The rows were locked in the order of their ids when they were read.
  private var updateItems: Statement {
    let ids = Array(changes.keys)
    return Statement(
      """
      UPDATE ledger.item i SET open_minor = i.open_minor + u.minor, open_base_minor = i.open_base_minor + u.base_minor
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) u (item_id, minor, base_minor)
       WHERE i.item_id = u.item_id
      """,
      [
        .uuids(ids), .int8s(ids.map { changes[$0]?.minor ?? 0 }), .int8s(ids.map { changes[$0]?.baseMinor ?? 0 }),
      ])
  }

  private var insertAllocations: Statement {
    Statement(
      """
      INSERT INTO ledger.allocation (allocation_id, debit_item, credit_item, amount_minor, discount_minor, fee_minor, write_off_minor, reason,
                                     effective_on, reverses, document_id, recorded_at, recorded_by)
      SELECT u.*, $12, $13
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::date[],
                    $10::uuid[], $11::uuid[]) u
      """,
      [
        .uuids(allocations.map(\.id)), .uuids(allocations.map(\.line.debit)), .uuids(allocations.map(\.line.credit)),
        .int8s(allocations.map(\.line.amountMinor)), .int8s(allocations.map(\.line.discountMinor)),
        .int8s(allocations.map(\.line.feeMinor)), .int8s(allocations.map(\.line.writeOffMinor)), .texts(allocations.map(\.line.reason)),
        .dates(allocations.map(\.effectiveOn)), .uuids(allocations.map(\.reverses)), .uuids(allocations.map(\.documentID)),
        .timestamptz(call.now), .text(call.principal.name),
      ])
  }

  private var insertMovements: Statement {
    Statement(
      """
      INSERT INTO ledger.movement (item_id, movement_id, cause_id, customer_id, currency, side, due_on, amount_minor, base_minor,
                                   effective_on, recorded_at)
      SELECT u.*, $11
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::smallint[], $7::date[], $8::bigint[], $9::bigint[],
                    $10::date[]) u
      """,
      [
        .uuids(movements.map(\.item.id)), .uuids(movements.map { _ in call.newID() }), .uuids(movements.map(\.causeID)),
        .uuids(movements.map(\.item.customerID)), .texts(movements.map(\.item.currency.code)), .int2s(movements.map(\.item.side)),
        .dates(movements.map(\.item.dueOn)), .int8s(movements.map(\.amountMinor)), .int8s(movements.map(\.baseMinor)),
        .dates(movements.map(\.effectiveOn)), .timestamptz(call.now),
      ])
  }

  private var insertDeltas: Statement {
    Statement(
      """
      INSERT INTO ledger.ageing_delta (currency, side, due_on, amount_minor, base_minor)
      SELECT u.currency, u.side, u.due_on, sum(u.amount_minor)::bigint, sum(u.base_minor)::bigint
        FROM unnest($1::text[], $2::smallint[], $3::date[], $4::bigint[], $5::bigint[])
             WITH ORDINALITY u (currency, side, due_on, amount_minor, base_minor, place)
       GROUP BY 1, 2, 3, u.place / 4000 HAVING sum(u.amount_minor) <> 0 OR sum(u.base_minor) <> 0
      """,
      [
        .texts(movements.map(\.item.currency.code)), .int2s(movements.map(\.item.side)), .dates(movements.map(\.item.dueOn)),
        .int8s(movements.map(\.amountMinor)), .int8s(movements.map(\.baseMinor)),
      ])
  }
}
