import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func allocate(_ request: Remit_Ledger_V1_AllocateRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_AllocateReply> {
    let order = try AllocationOrder(request, today: try call.today)
    let results = try await call.query([order.select, TaxPolicy.select])
    let items = try results[0].map(BookItem.init(row:))
    let selection = AllocationSelection(items: items, call: call)
    let plan = try await order.plan(selection)
    guard !plan.lines.isEmpty else {
      throw CallError(.failedPrecondition, "NOTHING_OPEN", "there is nothing to allocate: no credit, or no debit, has anything open")
    }
    try call.requireWriteOffs(plan, selection.items)
    var planned = PlannedAllocations(items: items, policy: try TaxPolicy(results[1]), call: call)
    let leftOut = planned.add(plan, effectiveOn: order.effectiveOn, base: try call.baseCurrency, isDryRun: request.dryRun)
    if let first = leftOut.first { throw CallError.invalid([("effective_on", first.reason)]) }
    let reply = Remit_Ledger_V1_AllocateReply.with {
      $0.allocations = planned.allocations
      $0.explanation = planned.explanation
      $0.dryRun = request.dryRun
    }
    guard !request.dryRun else { return .nothing(reply: reply) }
    return Write(
      planned.posting.statements, reply: reply, resource: "allocation/\(planned.allocations[0].id)", title: planned.title,
      events: try planned.posting.events)
  }
}

/// What a request asks to be allocated, checked by itself.
struct AllocationOrder {
  let request: Remit_Ledger_V1_AllocateRequest
  let effectiveOn: CivilDate?
  private let customerID: UUID?
  private let toleranceMoney: Money?

  init(_ request: Remit_Ledger_V1_AllocateRequest, today: CivilDate) throws(CallError) {
    self.request = request
    var violations = Violations()
    effectiveOn = request.effectiveOn.isEmpty ? nil : violations.date(request.effectiveOn, "effective_on")
    if let effectiveOn, effectiveOn > today { violations.add("effective_on", "is after today, \(today)") }
    customerID = request.customerID.isEmpty ? nil : violations.uuid(request.customerID, "customer_id")
    toleranceMoney = request.hasTolerance ? violations.money(request.tolerance, "tolerance") : nil
    if let toleranceMoney, toleranceMoney.minor < 0 { violations.add("tolerance", "must not be negative") }
    violations.text(request.reason, "reason", charactersMax: 255, mayBeEmpty: true)
    if request.method == .told {
      if request.lines.isEmpty { violations.add("lines", "must be given") }
      if !request.credits.isEmpty || !request.debits.isEmpty {
        violations.add("credits", "and debits are named by the lines, and must be empty")
      }
      for (index, line) in request.lines.enumerated() {
        if !line.hasDebit { violations.add("lines[\(index)].debit", "must be given") }
        if !line.hasCredit { violations.add("lines[\(index)].credit", "must be given") }
        violations.text(line.reason, "lines[\(index)].reason", charactersMax: 255, mayBeEmpty: !line.hasWriteOff)
      }
    } else {
      if !request.lines.isEmpty { violations.add("lines", "are for the method TOLD") }
      if request.takeDiscount, request.method == .proportion {
        violations.add("take_discount", "is for invoices that are paid whole, not by proportion")
      }
      if customerID == nil, request.customerID.isEmpty, request.credits.isEmpty || request.debits.isEmpty {
        violations.add("customer_id", "must be given where credits or debits are empty")
      }
    }
    for (field, choice) in Self.choices(request) {
      if choice.itemID.isEmpty == choice.number.isEmpty { violations.add(field, "needs an item_id or a number, one of both") }
      if !choice.itemID.isEmpty { _ = violations.uuid(choice.itemID, "\(field).item_id") }
    }
    try violations.throwIfAny()
  }

  private static func choices(_ request: Remit_Ledger_V1_AllocateRequest) -> [(field: String, choice: Remit_Ledger_V1_ItemChoice)] {
    request.credits.enumerated().map { ("credits[\($0.offset)]", $0.element) }
      + request.debits.enumerated().map { ("debits[\($0.offset)]", $0.element) }
      + request.lines.enumerated().flatMap {
        [("lines[\($0.offset)].debit", $0.element.debit), ("lines[\($0.offset)].credit", $0.element.credit)]
      }
  }

  /// All items in question, locked: those named, and those open of the customer's payer where a list is empty.
  var select: Statement {
    let choices = Self.choices(request).map(\.choice)
    var sides: [Int16] = []
    if request.method != .told {
      if request.debits.isEmpty { sides.append(1) }
      if request.credits.isEmpty { sides.append(-1) }
    }
    let takesTax = request.takeDiscount || request.hasTolerance || request.lines.contains { $0.hasDiscount || $0.hasWriteOff }
    return BookItem.select(
      where: """
        i.item_id IN (
          SELECT unnest($1::uuid[])
          UNION SELECT n.item_id FROM ledger.document m JOIN ledger.item n USING (tenant_id, document_id) WHERE m.number = ANY ($2)
          UNION SELECT o.item_id FROM ledger.item o WHERE o.open_minor <> 0 AND o.side = ANY ($3) AND o.customer_id IN (\(Self.samePayer)))
        """, withTaxes: takesTax,
      [
        .uuids(choices.map { UUID(uuidString: $0.itemID) }), .texts(choices.map(\.number.plain).filter { !$0.isEmpty }), .int2s(sides),
        .uuid(customerID),
      ])
  }

  /// Customers with the payer of $4.
  private static let samePayer = """
    SELECT c.customer_id FROM ledger.customer c, ledger.customer g
     WHERE g.customer_id = $4 AND (c.customer_id = coalesce(g.payer_id, g.customer_id) OR c.payer_id = coalesce(g.payer_id, g.customer_id))
    """

  func plan(_ selection: AllocationSelection) async throws -> AllocationPlan {
    if request.method == .told { return try await toldPlan(selection) }
    let debits = try await selection.items(request.debits, "debits", side: 1)
    let credits = try await selection.items(request.credits, "credits", side: -1)
    try selection.checkAgree(debits + credits)
    let byAge = request.method != .listed
    let (debitsOpen, creditsOpen) = (Self.open(debits, byAge, takesDiscount: request.takeDiscount), Self.open(credits, byAge))
    let tolerance = try toleranceMinor(debits + credits)
    return request.method == .proportion
      ? .proportional(debitsOpen, from: creditsOpen, toleranceMinor: tolerance, reason: Self.reason(request.reason, toleranceMoney))
      : .filling(debitsOpen, from: creditsOpen, toleranceMinor: tolerance, reason: Self.reason(request.reason, toleranceMoney))
  }

  /// Why what a tolerance leaves is written off.
  static func reason(_ given: String, _ tolerance: Money?) -> String {
    given.isEmpty ? "within the tolerance of \(tolerance?.message.amount ?? "")" : given
  }

  private static func open(_ items: [BookItem], _ byAge: Bool, takesDiscount: Bool = false) -> [AllocationPlan.Open] {
    (byAge ? items.sorted { ($0.item.dueOn, $0.number) < ($1.item.dueOn, $1.number) } : items).map {
      takesDiscount ? $0.openWithDiscount : $0.open
    }
  }

  private func toleranceMinor(_ items: [BookItem]) throws(CallError) -> Int64 {
    guard let toleranceMoney, let currency = items.first?.item.currency else { return 0 }
    guard toleranceMoney.currency == currency else {
      throw .invalid([("tolerance", "is in \(toleranceMoney.currency), the items are in \(currency)")])
    }
    return toleranceMoney.minor
  }

  private func toldPlan(_ selection: AllocationSelection) async throws -> AllocationPlan {
    var violations = Violations()
    var lines: [AllocationPlan.Line] = []
    var used: [BookItem] = []
    for (index, told) in request.lines.enumerated() {
      let field = "lines[\(index)]"
      let debit = try await selection.item(told.debit, "\(field).debit", side: 1)
      let credit = try await selection.item(told.credit, "\(field).credit", side: -1)
      used += [debit, credit]
      func minor(_ isGiven: Bool, _ money: Remit_Type_V1_Money, _ name: String, mayBeNegative: Bool = false) -> Int64 {
        guard isGiven, let money = violations.money(money, "\(field).\(name)") else { return 0 }
        if money.currency != debit.item.currency {
          violations.add("\(field).\(name)", "is in \(money.currency), the item is in \(debit.item.currency)")
        }
        if money.minor < 0, !mayBeNegative { violations.add("\(field).\(name)", "must not be negative") }
        return money.minor
      }
      let line = AllocationPlan.Line(
        debit: debit.item.id, credit: credit.item.id, amountMinor: minor(told.hasAmount, told.amount, "amount"),
        discountMinor: minor(told.hasDiscount, told.discount, "discount"), feeMinor: minor(told.hasBankFee, told.bankFee, "bank_fee"),
        writeOffMinor: minor(told.hasWriteOff, told.writeOff, "write_off", mayBeNegative: true), reason: told.reason)
      if line.amountMinor <= 0 { violations.add("\(field).amount", "must be more than 0") }
      lines.append(line)
    }
    try violations.throwIfAny()
    try selection.checkAgree(used)
    let plan = AllocationPlan(lines)
    for over in plan.remaining(of: Array(Set(used.map(\.item.id))).compactMap { selection.items[$0]?.open }) where over.minor < 0 {
      guard let item = selection.items[over.id] else { continue }
      throw try await selection.changed(item, wanted: item.open.minor - over.minor)
    }
    return plan
  }
}

extension Call {
  /// Who gives up something by allocating needs the permission to write off: but for the discount that was agreed, whatever it is called.
  func requireWriteOffs(_ plan: AllocationPlan, _ items: [UUID: BookItem]) throws(CallError) {
    let givesUp = plan.lines.contains { line in
      line.writeOffMinor != 0 || line.feeMinor != 0 || line.discountMinor > items[line.debit]?.item.discountMinor ?? 0
    }
    if givesUp { try require("ledger.write_off.post") }
  }
}

/// The items that an allocation may be about, locked, and how a request names them.
struct AllocationSelection {
  let items: [UUID: BookItem]
  private let call: Call

  init(items: [BookItem], call: Call) {
    self.items = Dictionary(items.map { ($0.item.id, $0) }, uniquingKeysWith: { first, _ in first })
    self.call = call
  }

  /// Those chosen, in their order; without a choice all that are open on the side.
  func items(_ choices: [Remit_Ledger_V1_ItemChoice], _ field: String, side: Int16) async throws -> [BookItem] {
    if choices.isEmpty { return items.values.filter { $0.item.side == side && $0.item.openMinor != 0 } }
    var chosen: [BookItem] = []
    for (index, choice) in choices.enumerated() {
      let found = try await matches(choice, "\(field)[\(index)]", side: side)
      if let twice = found.first(where: { item in chosen.contains { $0.item.id == item.item.id } }) {
        throw CallError.invalid([("\(field)[\(index)]", "is listed twice: \(twice.title)")])
      }
      chosen += found
    }
    return chosen
  }

  func item(_ choice: Remit_Ledger_V1_ItemChoice, _ field: String, side: Int16) async throws -> BookItem {
    let found = try await matches(choice, field, side: side)
    guard found.count == 1 else {
      throw CallError.invalid([(field, "is in \(found.count) instalments; name one by its item_id")])
    }
    return found[0]
  }

  /// The items of a choice: those open of one document, by due date; at least one, open or not.
  func matches(_ choice: Remit_Ledger_V1_ItemChoice, _ field: String, side: Int16) async throws -> [BookItem] {
    let named = items.values.filter { $0.number == choice.number.plain && $0.item.side == side }.meant
    let found =
      choice.itemID.isEmpty
      ? named.sorted { $0.item.line < $1.item.line }
      : UUID(uuidString: choice.itemID).flatMap { items[$0] }.map { [$0] } ?? []
    guard let first = found.first, let last = found.last else {
      let name = choice.itemID.isEmpty ? "with the number \(choice.number)" : choice.itemID
      throw CallError(.notFound, "NO_ITEM", "there is no \(side == 1 ? "debit" : "credit") \(name)", field: field)
    }
    let kinds = Set(found.map(\.kind)).sorted()
    guard kinds.count == 1 else {
      throw CallError.invalid([(field, "may be \(kinds.joined(separator: " or ")) \(choice.number); name it by its item_id")])
    }
    guard first.item.side == side else {
      throw CallError.invalid([(field, "is \(first.title), a \(side == 1 ? "credit" : "debit")")])
    }
    if choice.hasExpectedOpen {
      var violations = Violations()
      let money = violations.money(choice.expectedOpen, "\(field).expected_open")
      try violations.throwIfAny()
      guard let expected = money, expected.currency == first.item.currency, abs(expected.minor) == found.reduce(0, { $0 + $1.open.minor })
      else {
        throw try await changed(found.first { $0.open.minor > 0 } ?? last, wanted: abs(money?.minor ?? 0))
      }
    }
    let open = found.filter { $0.open.minor > 0 }
    return open.isEmpty ? [last] : open
  }

  func checkAgree(_ chosen: [BookItem]) throws(CallError) {
    guard let first = chosen.first else { return }
    if let other = chosen.first(where: { $0.item.currency != first.item.currency }) {
      throw CallError(
        .failedPrecondition, "OTHER_CURRENCY",
        "\(first.title) is in \(first.item.currency), \(other.title) in \(other.item.currency); allocate within one currency")
    }
    if let other = chosen.first(where: { $0.payerID != first.payerID }) {
      throw CallError(
        .failedPrecondition, "OTHER_PAYER",
        "\(first.title) and \(other.title) are of customers with different payers; give them one payer first")
    }
  }

  /// The error where an item has not as much open as the caller believes: with who changed it.
  func changed(_ item: BookItem, wanted: Int64) async throws -> CallError {
    let latest = try await call.query([
      ItemAllocation.select(
        where: "a.debit_item = $1 OR a.credit_item = $1", order: "a.recorded_at DESC, a.allocation_id DESC", limit: 3, [.uuid(item.item.id)]
      )
    ])[0].map(ItemAllocation.init(row:))
    let story = latest.isEmpty ? "" : "; " + latest.map(\.words).joined(separator: "; ")
    let found = item.open.minor == 0 ? "has nothing open" : "has \(item.text(item.open.minor)) open, not \(item.text(wanted))"
    return CallError(.failedPrecondition, "ITEM_CHANGED", "\(item.title) \(found)\(story)")
  }
}
