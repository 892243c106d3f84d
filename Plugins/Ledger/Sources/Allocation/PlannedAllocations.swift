import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// A plan with the items that it is about: shown, or written.
struct PlannedAllocations {
  private(set) var items: [UUID: BookItem]
  private(set) var allocations: [ItemAllocation] = []
  private(set) var explanation: [String] = []
  private(set) var posting: Posting

  init(items: [BookItem], call: Call) {
    self.items = Dictionary(items.map { ($0.item.id, $0) }, uniquingKeysWith: { first, _ in first })
    posting = Posting(call: call)
  }

  /// Carries out the plan on the items, in order; each line on the day given, or else on the later of its items' days.
  mutating func add(_ plan: AllocationPlan, effectiveOn: CivilDate?, base: Currency, isDryRun: Bool) {
    for line in plan.lines {
      guard var debit = items[line.debit], var credit = items[line.credit] else { continue }
      let day = effectiveOn ?? max(debit.effectiveOn, credit.effectiveOn)
      let openBefore = debit.open.minor
      let id = posting.allocate(line, debit: &debit.item, credit: &credit.item, effectiveOn: day, base: base)
      items[line.debit] = debit
      items[line.credit] = credit
      allocations.append(ItemAllocation(line, id: isDryRun ? nil : id, debit: debit, credit: credit, effectiveOn: day, posting.call))
      explanation.append(Self.words(line, debit, credit, openBefore: openBefore, on: day))
    }
    let touched = Set(plan.lines.flatMap { [$0.debit, $0.credit] })
    for item in items.values.filter({ touched.contains($0.item.id) && $0.open.minor > 0 }).sorted(by: { $0.title < $1.title }) {
      explanation.append("\(item.text(item.open.minor)) of \(item.title) stay open")
    }
  }

  private static func words(_ line: AllocationPlan.Line, _ debit: BookItem, _ credit: BookItem, openBefore: Int64, on day: CivilDate)
    -> String
  {
    var words =
      "\(debit.title), due \(debit.item.dueOn), \(debit.text(openBefore)) open: \(debit.text(line.amountMinor)) by \(credit.title) on \(day)"
    for (name, minor) in [("discount", line.discountMinor), ("bank fee", line.feeMinor), ("written off", max(0, line.writeOffMinor))]
    where minor > 0 {
      words += ", \(debit.text(minor)) \(name)"
    }
    if line.writeOffMinor < 0 { words += ", \(credit.text(-line.writeOffMinor)) of the credit written off" }
    if !line.reason.isEmpty { words += " (\(line.reason))" }
    return words + (debit.open.minor == 0 ? "; settled" : "")
  }
}
