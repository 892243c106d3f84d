import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  /// Takes an allocation back with an effective date: what it did is done again with the other sign, and nothing is deleted.
  func undoAllocation(_ request: Remit_Ledger_V1_UndoAllocationRequest, _ call: Call) async throws -> Write<ItemAllocation> {
    let today = try call.today
    var violations = Violations()
    let id = violations.uuid(request.id, "id")
    let given = request.effectiveOn.isEmpty ? today : violations.date(request.effectiveOn, "effective_on")
    violations.text(request.reason, "reason", charactersMax: 255, mayBeEmpty: true)
    try violations.throwIfAny()
    guard let id, let effectiveOn = given else { throw CallError(.internal, "UNEXPECTED", "a field is missing without a violation") }

    let results = try await call.query([
      BookItem.select(
        where: """
          i.item_id IN (SELECT debit_item FROM ledger.allocation WHERE allocation_id = $1
                        UNION SELECT credit_item FROM ledger.allocation WHERE allocation_id = $1)
          """, [.uuid(id)]),
      ItemAllocation.select(where: "a.allocation_id = $1 OR a.reverses = $1", [.uuid(id)]),
      Statement(
        """
        SELECT m.item_id, m.amount_minor, m.base_minor
          FROM ledger.allocation a JOIN ledger.movement m ON m.item_id IN (a.debit_item, a.credit_item) AND m.cause_id = a.allocation_id
         WHERE a.allocation_id = $1
        """, [.uuid(id)]),
      Statement(
        "SELECT customer_id, currency, amount_minor, base_minor FROM ledger.document WHERE kind = 'allocation' AND document_id = $1",
        [.uuid(id)]),
    ])
    let items = try results[0].map(BookItem.init(row:))
    let allocations = try results[1].map(ItemAllocation.init(row:))
    guard let allocation = allocations.first(where: { $0.id == id.text }) else {
      throw CallError(.notFound, "NO_ALLOCATION", "there is no allocation \(request.id)", field: "id")
    }
    guard allocation.reverses.isEmpty else {
      throw CallError(
        .failedPrecondition, "IS_AN_UNDOING", "\(request.id) takes an allocation back; to have that again, allocate again", field: "id")
    }
    if let undoing = allocations.first(where: { $0.reverses == id.text }) {
      throw CallError(.failedPrecondition, "UNDONE_ALREADY", "\(undoing.words)", field: "id")
    }
    guard effectiveOn <= today, let from = CivilDate(allocation.effectiveOn), effectiveOn >= from else {
      throw CallError.invalid([("effective_on", "must be from \(allocation.effectiveOn), the allocation's day, to \(today), today")])
    }

    var posting = Posting(call: call)
    let undoingID = call.newID()
    for movement in try results[2].map({ row in (item: try row.uuid(), minor: try row.int8(), baseMinor: try row.int8()) }) {
      guard let item = items.first(where: { $0.item.id == movement.item })?.item else { continue }
      posting.move(item, by: -movement.minor, base: -movement.baseMinor, cause: undoingID, effectiveOn: effectiveOn)
    }
    let journal = try results[3].map { row in
      Posting.Document(
        id: undoingID, kind: "reversal", number: undoingID.text, customerID: try row.uuid(),
        currency: try row.currency(), amountMinor: try row.int8(), baseMinor: try row.int8(), issuedOn: effectiveOn,
        effectiveOn: effectiveOn,
        externalID: nil, reverses: id)
    }.first
    if let journal { posting.add(journal) }
    let line = try allocation.planLine.taken(back: request.reason)
    posting.add(Posting.Allocation(id: undoingID, line: line, effectiveOn: effectiveOn, reverses: id, documentID: journal?.id))
    var statements = posting.statements
    if journal != nil {
      statements.append(
        Statement(
          """
          INSERT INTO ledger.entry (document_id, line, debit, credit, currency, amount_minor, base_minor)
          SELECT $1, line, credit, debit, currency, amount_minor, base_minor FROM ledger.entry WHERE document_id = $2
          """, [.uuid(undoingID), .uuid(id)]))
    }
    var reply = allocation
    reply.id = undoingID.text
    reply.reverses = id.text
    reply.effectiveOn = "\(effectiveOn)"
    reply.recordedBy = call.principal.name
    reply.recordedAt = call.now
    reply.line.reason = request.reason
    for path in [\Remit_Ledger_V1_AllocationLine.amount, \.discount, \.bankFee, \.writeOff] {
      reply.line[keyPath: path] = try Money(allocation.line[keyPath: path]).negated.message
    }
    return Write(statements, reply: reply, resource: "allocation/\(undoingID.text)")
  }

  func listAllocations(_ request: Remit_Ledger_V1_ListAllocationsRequest, _ call: Call) async throws -> Remit_Ledger_V1_ListAllocationsReply
  {
    var violations = Violations()
    if request.itemID.isEmpty == request.number.isEmpty { violations.add("item_id", "or number must be given, one of both") }
    let id = request.itemID.isEmpty ? nil : violations.uuid(request.itemID, "item_id")
    try violations.throwIfAny()
    let items =
      request.itemID.isEmpty
      ? "SELECT i.item_id FROM ledger.document d JOIN ledger.item i USING (tenant_id, document_id) WHERE d.number = $1"
      : "VALUES ($1::uuid)"
    let results = try await call.query([
      ItemAllocation.select(
        where: "a.debit_item IN (\(items)) OR a.credit_item IN (\(items))", [request.itemID.isEmpty ? .text(request.number) : .uuid(id)])
    ])
    return try .with { $0.allocations = try results[0].map(ItemAllocation.init(row:)) }
  }
}

extension ItemAllocation {
  /// Its amounts, as the plan had them.
  fileprivate var planLine: AllocationPlan.Line {
    get throws {
      guard let debit = UUID(uuidString: line.debit.itemID), let credit = UUID(uuidString: line.credit.itemID) else {
        throw CallError(.internal, "UNEXPECTED", "an allocation has no items")
      }
      return AllocationPlan.Line(
        debit: debit, credit: credit, amountMinor: try Money(line.amount).minor, discountMinor: try Money(line.discount).minor,
        feeMinor: try Money(line.bankFee).minor, writeOffMinor: try Money(line.writeOff).minor, reason: line.reason)
    }
  }
}

extension AllocationPlan.Line {
  /// The same with all amounts negative.
  fileprivate func taken(back reason: String) -> AllocationPlan.Line {
    AllocationPlan.Line(
      debit: debit, credit: credit, amountMinor: -amountMinor, discountMinor: -discountMinor, feeMinor: -feeMinor,
      writeOffMinor: -writeOffMinor, reason: reason)
  }
}
