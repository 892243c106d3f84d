import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func allocateUnapplied(
    _ request: Remit_Ledger_V1_AllocateUnappliedRequest, _ call: Call
  ) async throws -> Write<Remit_Ledger_V1_AllocateUnappliedReply> {
    var violations = Violations()
    let customerID = request.customerID.isEmpty ? nil : violations.uuid(request.customerID, "customer_id")
    let effectiveOn = request.effectiveOn.isEmpty ? nil : violations.date(request.effectiveOn, "effective_on")
    if let effectiveOn, effectiveOn > (try call.today) { violations.add("effective_on", "is after today") }
    let tolerance = request.hasTolerance ? violations.money(request.tolerance, "tolerance") : nil
    if let tolerance, tolerance.minor < 0 { violations.add("tolerance", "must not be negative") }
    violations.text(request.reason, "reason", charactersMax: 255, mayBeEmpty: true)
    try violations.throwIfAny()
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    let after = try page.after.map { parts in
      guard let id = UUID(uuidString: parts[0]) else { throw Page.badToken }
      return id
    }
    // Payers first, without a lock; their items are locked by the second batch, and decided on as they are then.
    let payers = try await call.query([Self.payersWithCredits(customerID, after: after, page)])[0].map { row in try row.uuid() }
    let (chosen, nextToken) = page.cut(payers) { [$0.text] }
    let results = try await call.query([
      Self.openItems(of: chosen, withTaxes: request.takeDiscount || tolerance != nil), TaxPolicy.select, ClosedPeriods.lookup(call),
    ])
    let items = try results[0].map(BookItem.init(row:))
    var planned = PlannedAllocations(items: items, policy: try TaxPolicy(results[1]), call: call)
    var periods = ClosedPeriods()
    try periods.learn(results[2])
    var notAllocated: [String] = []
    let base = try call.baseCurrency
    for group in Dictionary(grouping: items, by: { "\($0.payerID) \($0.item.currency)" }).sorted(by: { $0.key < $1.key }).map(\.value) {
      let ordered = group.sorted { ($0.item.dueOn, $0.number) < ($1.item.dueOn, $1.number) }
      let debits = ordered.filter { $0.item.side == 1 }.map { request.takeDiscount ? $0.openWithDiscount : $0.open }
      let credits = ordered.filter { $0.item.side == -1 }.map(\.open)
      let toleranceMinor = tolerance.flatMap { $0.currency == group[0].item.currency ? $0.minor : nil } ?? 0
      var plan = AllocationPlan.exact(
        debits, from: credits, toleranceMinor: toleranceMinor, reason: AllocationOrder.reason(request.reason, tolerance))
      if request.rule == .oldestFirst {
        plan =
          plan
          + .filling(
            plan.remaining(of: debits), from: plan.remaining(of: credits), toleranceMinor: toleranceMinor,
            reason: AllocationOrder.reason(request.reason, tolerance))
      }
      try call.requireWriteOffs(plan, Dictionary(group.map { ($0.item.id, $0) }, uniquingKeysWith: { first, _ in first }))
      let leftOut = planned.add(plan, effectiveOn: effectiveOn, base: base, isDryRun: request.dryRun) { periods.words(for: $0) }
      notAllocated += leftOut.map(\.words)
    }
    let reply = Remit_Ledger_V1_AllocateUnappliedReply.with {
      $0.allocations = planned.allocations
      $0.explanation = planned.explanation
      $0.dryRun = request.dryRun
      $0.nextPageToken = nextToken
      $0.notAllocated = notAllocated
    }
    guard !request.dryRun, let first = planned.allocations.first else { return .nothing(reply: reply) }
    return Write(
      planned.posting.statements, reply: reply, resource: "allocation/\(first.id)", title: planned.title,
      events: try planned.posting.events)
  }

  private static func payersWithCredits(_ customerID: UUID?, after: UUID?, _ page: Page) -> Statement {
    Statement(
      """
      SELECT DISTINCT coalesce(c.payer_id, c.customer_id) AS payer FROM ledger.item i JOIN ledger.customer c USING (tenant_id, customer_id)
       WHERE i.side = -1 AND i.open_minor <> 0 AND ($1::uuid IS NULL OR coalesce(c.payer_id, c.customer_id) =
             (SELECT coalesce(g.payer_id, g.customer_id) FROM ledger.customer g WHERE g.customer_id = $1))
         AND ($2::uuid IS NULL OR coalesce(c.payer_id, c.customer_id) > $2)
       ORDER BY payer LIMIT $3
      """, [.uuid(customerID), .uuid(after), .int8(Int64(page.size + 1))])
  }

  private static func openItems(of payers: [UUID], withTaxes: Bool) -> Statement {
    BookItem.select(
      where: """
        i.open_minor <> 0 AND i.customer_id IN (
          SELECT unnest($1::uuid[]) UNION SELECT h.customer_id FROM ledger.customer h WHERE h.payer_id = ANY ($1))
        """, withTaxes: withTaxes, [.uuids(payers)])
  }
}
