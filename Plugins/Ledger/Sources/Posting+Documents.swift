import FoundationEssentials
import RemitAPI
import RemitSDK

extension Posting {
  /// Receivable against revenue and tax, and an open item.
  @discardableResult
  mutating func add(_ invoice: NewInvoice, base: Currency) -> Item {
    let amount = invoice.amount
    let baseMinor = ExchangeRate.base(amount.minor, amount.currency, in: base, invoice.rate)
    let taxBaseMinor = ExchangeRate.base(invoice.taxMinor, amount.currency, in: base, invoice.rate)
    let document = Document(
      id: call.newID(), kind: "invoice", number: invoice.number, customerID: invoice.customerID, currency: amount.currency,
      amountMinor: amount.minor, baseMinor: baseMinor, issuedOn: invoice.issuedOn, effectiveOn: invoice.issuedOn,
      externalID: invoice.externalID)
    add(document)
    let shares = [
      ("revenue", amount.minor - invoice.taxMinor, baseMinor - taxBaseMinor), ("tax", invoice.taxMinor, taxBaseMinor),
    ]
    for (line, (account, minor, baseMinor)) in shares.enumerated() where minor > 0 {
      add(
        Entry(
          documentID: document.id, line: Int16(line + 1), debit: "receivable", credit: account, currency: amount.currency,
          amountMinor: minor, baseMinor: baseMinor))
    }
    let item = Item(
      id: call.newID(), documentID: document.id, customerID: invoice.customerID, currency: amount.currency, side: 1,
      amountMinor: amount.minor, baseMinor: baseMinor, dueOn: invoice.dueOn, openMinor: amount.minor, openBaseMinor: baseMinor)
    open(item, effectiveOn: invoice.issuedOn)
    return item
  }

  /// Bank against receivable, and an open item on the other side.
  mutating func add(_ receipt: NewReceipt, base: Currency) -> Item {
    let amount = receipt.amount
    let baseMinor = ExchangeRate.base(amount.minor, amount.currency, in: base, receipt.rate)
    let id = call.newID()
    add(
      Document(
        id: id, kind: "receipt", number: receipt.number ?? id.uuidString.lowercased(), customerID: receipt.customerID,
        currency: amount.currency, amountMinor: amount.minor, baseMinor: baseMinor, issuedOn: receipt.receivedOn,
        effectiveOn: receipt.receivedOn, externalID: receipt.externalID))
    add(
      Entry(
        documentID: id, line: 1, debit: "bank", credit: "receivable", currency: amount.currency, amountMinor: amount.minor,
        baseMinor: baseMinor))
    let item = Item(
      id: call.newID(), documentID: id, customerID: receipt.customerID, currency: amount.currency, side: -1,
      amountMinor: -amount.minor, baseMinor: -baseMinor, dueOn: receipt.receivedOn, openMinor: -amount.minor, openBaseMinor: -baseMinor)
    open(item, effectiveOn: receipt.receivedOn)
    return item
  }

  /// Settles as much of the debit as the credit holds. What the two are worth in the base currency differs where the rate moved between
  /// them: that goes to the account of exchange differences.
  ///
  /// - Parameters:
  ///   - debit: an open item of a customer, as it is before; afterwards as it is then.
  ///   - effectiveOn: the later of the two items' dates.
  /// - Returns: the amount settled in minor units; 0 where nothing was open.
  mutating func allocate(_ credit: Item, to debit: inout Item, effectiveOn: CivilDate, base: Currency) -> Int64 {
    let credit = item(credit.id) ?? credit
    let plan = AllocationPlan(debit: debit, credit: credit)
    guard plan.amountMinor > 0 else { return 0 }
    let id = call.newID()
    var journalID: UUID?
    if plan.exchangeDifferenceMinor != 0 {
      let loses = plan.exchangeDifferenceMinor > 0
      let document = Document(
        id: id, kind: "allocation", number: id.uuidString.lowercased(), customerID: debit.customerID, currency: debit.currency,
        amountMinor: 0, baseMinor: Int64(plan.exchangeDifferenceMinor.magnitude), issuedOn: effectiveOn, effectiveOn: effectiveOn,
        externalID: nil)
      add(document)
      add(
        Entry(
          documentID: id, line: 1, debit: loses ? "fx" : "receivable", credit: loses ? "receivable" : "fx", currency: debit.currency,
          amountMinor: 0, baseMinor: document.baseMinor))
      journalID = id
    }
    add(
      Allocation(
        id: id, debitItem: debit.id, creditItem: credit.id, amountMinor: plan.amountMinor, effectiveOn: effectiveOn,
        documentID: journalID))
    move(debit, by: -plan.amountMinor, base: -plan.debitBaseMinor, cause: id, effectiveOn: effectiveOn)
    move(credit, by: plan.amountMinor, base: plan.creditBaseMinor, cause: id, effectiveOn: effectiveOn)
    debit.openMinor -= plan.amountMinor
    debit.openBaseMinor -= plan.debitBaseMinor
    return plan.amountMinor
  }
}

/// How much of a debit a credit settles, and what both are relieved of in the base currency.
struct AllocationPlan: Equatable {
  let amountMinor: Int64
  let debitBaseMinor: Int64
  let creditBaseMinor: Int64

  /// What the debit was worth more than the credit: a loss, or a gain where it is negative.
  var exchangeDifferenceMinor: Int64 { debitBaseMinor - creditBaseMinor }

  init(debit: Posting.Item, credit: Posting.Item) {
    amountMinor = max(0, min(debit.openMinor, -credit.openMinor))
    debitBaseMinor = Self.share(of: debit.openBaseMinor, amountMinor, of: debit.openMinor)
    creditBaseMinor = Self.share(of: -credit.openBaseMinor, amountMinor, of: -credit.openMinor)
  }

  /// Pro rata, rounded down; who takes all takes the rest too.
  private static func share(of base: Int64, _ amount: Int64, of open: Int64) -> Int64 {
    guard open > 0 else { return 0 }
    return Int64(Int128(base) * Int128(amount) / Int128(open))
  }
}
