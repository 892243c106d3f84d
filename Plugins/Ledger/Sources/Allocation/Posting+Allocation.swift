import FoundationEssentials
import RemitAPI
import RemitSDK

extension Posting {
  /// Settles some of a debit by some of a credit. Discount, bank fee and write-off have a journal, and so has what the two are worth
  /// differently in the base currency, where the rate moved between them.
  ///
  /// - Parameters:
  ///   - debit: as it is before; afterwards as it is then. So is the credit.
  ///   - taxes: of the debit's document; afterwards with what is corrected of them, as the policy says.
  ///   - effectiveOn: from when on both have so much open.
  /// - Returns: the allocation's id.
  @discardableResult
  mutating func allocate(
    _ line: AllocationPlan.Line, debit: inout Item, credit: inout Item, taxes: inout TaxContent, _ policy: TaxPolicy,
    effectiveOn: CivilDate, base: Currency
  ) -> UUID {
    let relief = Relief(line, debit: debit, credit: credit, taxes: &taxes, policy)
    let id = call.newID()
    let journal = relief.journal
    if !journal.isEmpty {
      add(
        Document(
          id: id, kind: "allocation", number: id.uuidString.lowercased(), customerID: debit.customerID, currency: debit.currency,
          amountMinor: journal.reduce(0) { $0 + $1.minor }, baseMinor: journal.reduce(0) { $0 + $1.baseMinor }, issuedOn: effectiveOn,
          effectiveOn: effectiveOn, externalID: nil))
      for (index, entry) in journal.enumerated() {
        add(
          Entry(
            documentID: id, line: Int16(index + 1), debit: entry.debit, credit: entry.credit, currency: debit.currency,
            amountMinor: entry.minor, baseMinor: entry.baseMinor, taxRate: entry.taxRate))
      }
    }
    add(
      Allocation(
        id: id, line: line, effectiveOn: effectiveOn, reverses: nil, documentID: journal.isEmpty ? nil : id))
    move(debit, by: -line.debitMinor, base: -relief.debitBaseMinor, cause: id, effectiveOn: effectiveOn)
    move(credit, by: line.creditMinor, base: relief.creditBaseMinor, cause: id, effectiveOn: effectiveOn)
    debit.openMinor -= line.debitMinor
    debit.openBaseMinor -= relief.debitBaseMinor
    credit.openMinor += line.creditMinor
    credit.openBaseMinor += relief.creditBaseMinor
    return id
  }

  /// Settles other items one after the other with one of the opposite side, as far as it goes; each from the later of the two days on.
  ///
  /// - Parameters:
  ///   - others: as they are before; afterwards as they are then. So is the item.
  ///   - day: of the item.
  mutating func settle(
    _ others: inout [BookItem], with item: inout Item, of day: CivilDate, reason: String = "", base: Currency
  ) -> [(id: UUID, line: AllocationPlan.Line, other: BookItem, effectiveOn: CivilDate)] {
    var settled: [(id: UUID, line: AllocationPlan.Line, other: BookItem, effectiveOn: CivilDate)] = []
    // Nothing is given up.
    var taxes = TaxContent.none
    for index in others.indices where others[index].open.minor > 0 && item.openMinor != 0 {
      let other = others[index].item
      let line = AllocationPlan.Line(
        debit: item.side == 1 ? item.id : other.id, credit: item.side == 1 ? other.id : item.id,
        amountMinor: min(others[index].open.minor, abs(item.openMinor)), reason: reason)
      let effectiveOn = others[index].firstDay(with: line.amountMinor, from: day)
      others[index].history.take(line.amountMinor, from: effectiveOn)
      let id =
        item.side == 1
        ? allocate(line, debit: &item, credit: &others[index].item, taxes: &taxes, .both, effectiveOn: effectiveOn, base: base)
        : allocate(line, debit: &others[index].item, credit: &item, taxes: &taxes, .both, effectiveOn: effectiveOn, base: base)
      settled.append((id, line, others[index], effectiveOn))
    }
    return settled
  }
}

/// What a line of a plan takes off both items in the base currency, and the journal that makes up for the difference.
struct Relief: Equatable {
  struct JournalEntry: Equatable {
    let debit: String
    let credit: String
    let minor: Int64
    let baseMinor: Int64
    var taxRate: String?
  }

  let debitBaseMinor: Int64
  let creditBaseMinor: Int64
  private(set) var journal: [JournalEntry] = []

  init(_ line: AllocationPlan.Line, debit: Posting.Item, credit: Posting.Item, taxes: inout TaxContent, _ policy: TaxPolicy) {
    debitBaseMinor = Self.share(of: debit.openBaseMinor, line.debitMinor, of: debit.openMinor)
    creditBaseMinor = Self.share(of: -credit.openBaseMinor, line.creditMinor, of: -credit.openMinor)
    var lossMinor = debitBaseMinor - creditBaseMinor
    let taken: [(account: String, minor: Int64, corrects: Bool)] = [
      ("discount", line.discountMinor, policy.correctsDiscounts), ("bank_fee", line.feeMinor, false),
      ("write_off", max(0, line.writeOffMinor), policy.correctsWriteOffs),
    ]
    for (account, minor, corrects) in taken where minor > 0 {
      let baseMinor = Self.share(of: debitBaseMinor, minor, of: line.debitMinor)
      var (netMinor, netBaseMinor) = (minor, baseMinor)
      for rate in corrects ? taxes.correct(minor) : [] {
        let taxBaseMinor = Self.share(of: baseMinor, rate.minor, of: minor)
        journal.append(
          JournalEntry(debit: rate.account, credit: "receivable", minor: rate.minor, baseMinor: taxBaseMinor, taxRate: rate.percent))
        netMinor -= rate.minor
        netBaseMinor -= taxBaseMinor
      }
      if netMinor > 0 || netBaseMinor > 0 {
        journal.append(JournalEntry(debit: account, credit: "receivable", minor: netMinor, baseMinor: netBaseMinor))
      }
      lossMinor -= baseMinor
    }
    if line.writeOffMinor < 0 {
      let baseMinor = Self.share(of: creditBaseMinor, -line.writeOffMinor, of: line.creditMinor)
      journal.append(JournalEntry(debit: "receivable", credit: "write_off", minor: -line.writeOffMinor, baseMinor: baseMinor))
      lossMinor += baseMinor
    }
    if lossMinor > 0 { journal.append(JournalEntry(debit: "fx", credit: "receivable", minor: 0, baseMinor: lossMinor)) }
    if lossMinor < 0 { journal.append(JournalEntry(debit: "receivable", credit: "fx", minor: 0, baseMinor: -lossMinor)) }
  }

  /// Pro rata, rounded down; who takes all takes the rest too.
  private static func share(of base: Int64, _ amount: Int64, of open: Int64) -> Int64 {
    guard open > 0 else { return 0 }
    return Int64(Int128(base) * Int128(amount) / Int128(open))
  }
}
