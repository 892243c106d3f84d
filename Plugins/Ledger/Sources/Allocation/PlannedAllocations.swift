import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// A plan with the items that it is about: shown, or written.
struct PlannedAllocations {
  private(set) var items: [UUID: BookItem]
  private(set) var allocations: [ItemAllocation] = []
  private(set) var explanation: [String] = []
  private(set) var posting: Posting
  private let policy: TaxPolicy
  /// Of documents, as the lines before leave them.
  private var taxes: [UUID: TaxContent] = [:]

  init(items: [BookItem], policy: TaxPolicy, call: Call) {
    self.policy = policy
    self.items = Dictionary(items.map { ($0.item.id, $0) }, uniquingKeysWith: { first, _ in first })
    posting = Posting(call: call)
  }

  /// Carries out the plan on the items, in order; each line on the day given, or else on the first day from which on both of its items have so much open.
  ///
  /// - Parameter forbids: why a line cannot be on a day; such a line is left out, and told. nil: none is forbidden.
  /// - Returns: what was left out, and why.
  @discardableResult
  mutating func add(
    _ plan: AllocationPlan, effectiveOn: CivilDate?, base: Currency, isDryRun: Bool, unless forbids: (CivilDate) -> String? = { _ in nil }
  ) -> [(words: String, reason: String)] {
    var leftOut: [(words: String, reason: String)] = []
    func leaveOut(_ debit: BookItem, _ credit: BookItem, _ day: CivilDate?, _ reason: String) {
      leftOut.append(("\(debit.title) by \(credit.title): \(day.map { "\($0) " } ?? "")\(reason)", reason))
    }
    var touched: Set<UUID> = []
    for line in plan.lines {
      guard var debit = items[line.debit], var credit = items[line.credit] else { continue }
      let openBefore = debit.open.minor
      let day: CivilDate
      switch Self.day(line, debit, credit, effectiveOn) {
      case .success(let first): day = first
      case .failure(let problem):
        leaveOut(debit, credit, effectiveOn, problem.description)
        continue
      }
      if let reason = forbids(day) {
        leaveOut(debit, credit, day, reason)
        continue
      }
      touched.formUnion([line.debit, line.credit])
      debit.history.take(line.debitMinor, from: day)
      credit.history.take(line.creditMinor, from: day)
      let id = posting.allocate(
        line, debit: &debit.item, credit: &credit.item,
        taxes: &taxes[debit.item.documentID, default: debit.taxes], policy, effectiveOn: day, base: base)
      items[line.debit] = debit
      items[line.credit] = credit
      allocations.append(ItemAllocation(line, id: isDryRun ? nil : id, debit: debit, credit: credit, effectiveOn: day, posting.call))
      explanation.append(Self.words(line, debit, credit, openBefore: openBefore, on: day))
    }
    for item in items.values.filter({ touched.contains($0.item.id) && $0.open.minor > 0 }).sorted(by: { $0.title < $1.title }) {
      explanation.append("\(item.text(item.open.minor)) of \(item.title) stay open")
    }
    return leftOut
  }

  /// "Z-1 to R-1, 100.00 EUR, and 3 more"
  var title: String {
    guard let line = allocations.first?.line else { return "" }
    let rest = allocations.count > 1 ? ", and \(allocations.count - 1) more" : ""
    return "\(line.credit.number) to \(line.debit.number), \(line.amount.amount) \(line.amount.currency)\(rest)"
  }

  private struct DayProblem: Error, CustomStringConvertible { let description: String }

  private static func day(
    _ line: AllocationPlan.Line, _ debit: BookItem, _ credit: BookItem, _ effectiveOn: CivilDate?
  ) -> Result<CivilDate, DayProblem> {
    var day = effectiveOn ?? max(debit.effectiveOn, credit.effectiveOn)
    for (item, minor) in [(debit, line.debitMinor), (credit, line.creditMinor)] {
      guard let first = item.history.firstDay(with: minor) else {
        return .failure(DayProblem(description: "cannot be: \(item.title) has not \(item.text(minor)) open on any day"))
      }
      if let effectiveOn, first > effectiveOn {
        return .failure(
          DayProblem(
            description: effectiveOn < item.effectiveOn
              ? "is before \(item.title), which is of \(item.effectiveOn)"
              : "is too early: \(item.title) has \(item.text(minor)) open only from \(first) on, as some of it was settled before"))
      }
      day = max(day, first)
    }
    return .success(day)
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
