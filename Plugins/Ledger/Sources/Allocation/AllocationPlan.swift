import FoundationEssentials
import RemitAPI

/// Which credits settle which debits, and by how much: decided from what is open, without reading or writing anything.
struct AllocationPlan: Equatable {
  /// What is open of an item in minor units, without its sign.
  struct Open: Equatable {
    let id: UUID
    var minor: Int64
    /// Of its document.
    var day: CivilDate?
    /// What of a debit is taken off where a credit of that day or before pays the rest.
    var discountMinor: Int64 = 0
    var discountUntil: CivilDate?
  }

  /// Settles some of a debit by some of a credit. Amounts are in minor units, and not negative but for `writeOffMinor`.
  struct Line: Equatable {
    let debit: UUID
    let credit: UUID
    /// Of the credit.
    var amountMinor: Int64
    /// For early payment.
    var discountMinor: Int64 = 0
    /// Kept by a bank on the way.
    var feeMinor: Int64 = 0
    /// Of the debit; negative: of the credit.
    var writeOffMinor: Int64 = 0
    var reason = ""

    /// What it takes off the debit, and off the credit.
    var debitMinor: Int64 { amountMinor + discountMinor + feeMinor + max(0, writeOffMinor) }
    var creditMinor: Int64 { amountMinor + max(0, -writeOffMinor) }
  }

  private(set) var lines: [Line] = []

  init(_ lines: [Line]) { self.lines = lines }

  /// Fills the debits one after the other from the credits one after the other.
  ///
  /// - Parameters:
  ///   - toleranceMinor: what is left open of an item that was touched is written off where it is not more than this.
  ///   - reason: why.
  static func filling(_ debits: [Open], from credits: [Open], toleranceMinor: Int64 = 0, reason: String = "") -> AllocationPlan {
    var plan = AllocationPlan([])
    plan.fill(debits, from: credits)
    plan.writeOff(debits, credits, toleranceMinor, reason)
    return plan
  }

  /// Gives every debit its share of what the credits hold, to the last minor unit (largest remainder, Hamilton's method).
  static func proportional(_ debits: [Open], from credits: [Open], toleranceMinor: Int64 = 0, reason: String = "") -> AllocationPlan {
    let owed = debits.reduce(Int128(0)) { $0 + Int128($1.minor) }
    let held = min(owed, credits.reduce(Int128(0)) { $0 + Int128($1.minor) })
    guard held > 0 else { return AllocationPlan([]) }
    var shares = debits.map { Int64(held * Int128($0.minor) / owed) }
    let remainders = debits.indices.sorted { left, right in
      let (l, r) = (held * Int128(debits[left].minor) % owed, held * Int128(debits[right].minor) % owed)
      return l == r ? left < right : l > r
    }
    let missing = Int(held - shares.reduce(Int128(0)) { $0 + Int128($1) })
    for index in remainders.prefix(missing) { shares[index] += 1 }
    var plan = AllocationPlan([])
    plan.fill(zip(debits, shares).map { Open(id: $0.id, minor: $1, day: $0.day) }, from: credits)
    plan.writeOff(debits, credits, toleranceMinor, reason)
    return plan
  }

  /// A credit to the one debit of the same amount; or else to the one that it pays whole with its discount, or but for the tolerance. Where two debits or two
  /// credits fit, none is chosen for them.
  static func exact(_ debits: [Open], from credits: [Open], toleranceMinor: Int64 = 0, reason: String = "") -> AllocationPlan {
    let debitsByAmount = Dictionary(grouping: debits, by: \.minor)
    let creditsByAmount = Dictionary(grouping: credits, by: \.minor)
    var plan = AllocationPlan(
      credits.compactMap { credit in
        guard creditsByAmount[credit.minor]?.count == 1, let debits = debitsByAmount[credit.minor], debits.count == 1 else { return nil }
        return Line(debit: debits[0].id, credit: credit.id, amountMinor: credit.minor)
      })
    guard toleranceMinor > 0 || debits.contains(where: { $0.discountMinor > 0 }) else { return plan }
    let (debitsLeft, creditsLeft) = (plan.remaining(of: debits), plan.remaining(of: credits))
    func fits(_ debit: Open, _ credit: Open) -> Line? {
      // Most do not: a payer may have thousands of both.
      guard abs(debit.minor - credit.minor) <= toleranceMinor + debit.discountMinor else { return nil }
      let line = filling([debit], from: [credit], toleranceMinor: toleranceMinor, reason: reason).lines.first
      return line.flatMap { $0.debitMinor == debit.minor && $0.creditMinor == credit.minor ? $0 : nil }
    }
    for credit in creditsLeft {
      let found = Array(debitsLeft.lazy.filter { fits($0, credit) != nil }.prefix(2))
      guard found.count == 1, creditsLeft.lazy.filter({ fits(found[0], $0) != nil }).prefix(2).count == 1,
        let line = fits(found[0], credit)
      else { continue }
      plan = plan + AllocationPlan([line])
    }
    return plan
  }

  /// What it leaves open of the items, in their order, without those of which nothing is left.
  func remaining(of items: [Open]) -> [Open] {
    var taken: [UUID: Int64] = [:]
    for line in lines {
      taken[line.debit, default: 0] += line.debitMinor
      taken[line.credit, default: 0] += line.creditMinor
    }
    return items.map { item in
      var item = item
      item.minor -= taken[item.id, default: 0]
      return item
    }.filter { $0.minor != 0 }
  }

  static func + (left: AllocationPlan, right: AllocationPlan) -> AllocationPlan { AllocationPlan(left.lines + right.lines) }

  private mutating func fill(_ debits: [Open], from credits: [Open]) {
    var debitsLeft = debits.filter { $0.minor > 0 }[...]
    var creditsLeft = credits.filter { $0.minor > 0 }[...]
    while let debit = debitsLeft.first, let credit = creditsLeft.first {
      let isInTime = debit.discountUntil.map { until in credit.day.map { $0 <= until } ?? true } ?? false
      let discount = isInTime && credit.minor >= debit.minor - debit.discountMinor ? debit.discountMinor : 0
      let amount = min(debit.minor - discount, credit.minor)
      lines.append(Line(debit: debit.id, credit: credit.id, amountMinor: amount, discountMinor: discount))
      debitsLeft[debitsLeft.startIndex].minor -= amount + discount
      creditsLeft[creditsLeft.startIndex].minor -= amount
      if debitsLeft[debitsLeft.startIndex].minor == 0 { debitsLeft = debitsLeft.dropFirst() }
      if creditsLeft[creditsLeft.startIndex].minor == 0 { creditsLeft = creditsLeft.dropFirst() }
    }
  }

  private mutating func writeOff(_ debits: [Open], _ credits: [Open], _ toleranceMinor: Int64, _ reason: String) {
    for left in remaining(of: debits) where left.minor <= toleranceMinor {
      guard let index = lines.lastIndex(where: { $0.debit == left.id }) else { continue }
      (lines[index].writeOffMinor, lines[index].reason) = (left.minor, reason)
    }
    for left in remaining(of: credits) where left.minor <= toleranceMinor {
      guard let index = lines.lastIndex(where: { $0.credit == left.id && $0.writeOffMinor == 0 }) else { continue }
      (lines[index].writeOffMinor, lines[index].reason) = (-left.minor, reason)
    }
  }
}
