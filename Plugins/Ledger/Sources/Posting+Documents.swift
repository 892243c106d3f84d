import FoundationEssentials
import RemitAPI
import RemitSDK

/// A document that is to be posted, whatever its kind: receivable on one side of its journal, and on the other the accounts of its shares.
struct NewDocument {
  let kind: String
  /// 1: the customer owes more, receivable is debited; -1: less, it is credited.
  let side: Int16
  let customerID: UUID
  /// nil: its id.
  let number: String?
  /// More than 0.
  let amount: Money
  /// What of the amount is on which account, by role, or "#" and a code. The last takes what rounding leaves in the base currency.
  let shares: [(account: String, minor: Int64)]
  let issuedOn: CivilDate
  let dueOn: CivilDate
  let externalID: String?
  /// One unit of its currency in the base currency; nil where it is the base currency.
  let rate: DecimalNumber?
  var reason = ""
}

extension Posting {
  /// The document with its journal, and an open item.
  @discardableResult
  mutating func add(_ new: NewDocument, base: Currency) -> Item {
    let currency = new.amount.currency
    let id = call.newID()
    let baseMinor = ExchangeRate.base(new.amount.minor, currency, in: base, new.rate)
    add(
      Document(
        id: id, kind: new.kind, number: new.number ?? id.text, customerID: new.customerID, currency: currency,
        amountMinor: new.amount.minor, baseMinor: baseMinor, issuedOn: new.issuedOn, effectiveOn: new.issuedOn,
        externalID: new.externalID, reason: new.reason))
    var baseLeft = baseMinor
    for (index, share) in new.shares.enumerated() {
      let shareBase = index == new.shares.count - 1 ? baseLeft : ExchangeRate.base(share.minor, currency, in: base, new.rate)
      baseLeft -= shareBase
      guard share.minor > 0 || shareBase > 0 else { continue }
      add(
        Entry(
          documentID: id, line: Int16(index + 1), debit: new.side == 1 ? "receivable" : share.account,
          credit: new.side == 1 ? share.account : "receivable", currency: currency, amountMinor: share.minor, baseMinor: shareBase))
    }
    let side = Int64(new.side)
    let item = Item(
      id: call.newID(), documentID: id, customerID: new.customerID, currency: currency, side: new.side,
      amountMinor: side * new.amount.minor,
      baseMinor: side * baseMinor, dueOn: new.dueOn, openMinor: side * new.amount.minor, openBaseMinor: side * baseMinor)
    open(item, effectiveOn: new.issuedOn)
    return item
  }
}

extension NewInvoice {
  /// Receivable against tax and revenue.
  var document: NewDocument {
    NewDocument(
      kind: "invoice", side: 1, customerID: customerID, number: number, amount: amount,
      shares: [("tax", taxMinor), ("revenue", amount.minor - taxMinor)], issuedOn: issuedOn, dueOn: dueOn, externalID: externalID,
      rate: rate)
  }
}

extension NewReceipt {
  /// Bank against receivable.
  var document: NewDocument {
    NewDocument(
      kind: "receipt", side: -1, customerID: customerID, number: number, amount: amount, shares: [("bank", amount.minor)],
      issuedOn: receivedOn, dueOn: receivedOn, externalID: externalID, rate: rate)
  }
}
