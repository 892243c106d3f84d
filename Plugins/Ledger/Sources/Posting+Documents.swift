import FoundationEssentials
import RemitAPI
import RemitSDK

/// What of a document's amount is on which account.
struct Share {
  /// By role, or "#" and a code.
  let account: String
  let minor: Int64
  /// Of tax: in percent, empty where it is not known.
  var taxRate: String?
}

/// A document that is to be posted, whatever its kind: receivable on one side of its journal, and on the other the accounts of its shares.
struct NewDocument {
  let kind: String
  /// 1: the customer owes more, receivable is debited; -1: less, it is credited.
  let side: Int16
  var customerID: UUID
  /// nil: its id.
  var number: String?
  /// More than 0.
  let amount: Money
  /// The last takes what rounding leaves in the base currency.
  let shares: [Share]
  let issuedOn: CivilDate
  /// The day on which it is in the books; nil: issuedOn.
  var postedOn: CivilDate?
  let parts: [InstalmentPlan.Part]
  var taxes: [TaxShare] = []
  var externalID: String?
  /// One unit of its currency in the base currency; nil where it is the base currency.
  var rate: ExchangeRate?
  var reason = ""
  /// nil: the customer's.
  var profile: String?
  /// An encoded PaymentTerms.
  var payment: [UInt8]?
  var bankText = ""
  /// What came in, in another currency; then the rate is of that.
  var paid: Money?
  var own = OwnFields.none

  var effectiveOn: CivilDate { postedOn ?? issuedOn }

  /// In the base currency, by its rate.
  func base(_ base: Currency) -> Int64 {
    let booked = paid ?? amount
    return ExchangeRate.base(booked.minor, booked.currency, in: base, rate)
  }
}

extension Posting {
  /// The document with its journal, and an open item for each part.
  ///
  /// - Returns: the last item; nil where the amount is 0.
  @discardableResult
  mutating func add(_ new: NewDocument, base: Currency) -> (id: UUID, item: Item?) {
    let currency = new.amount.currency
    let id = call.newID()
    requireDebtor(new.customerID)
    let baseMinor = new.base(base)
    add(
      Document(
        id: id, kind: new.kind, number: new.number ?? id.text, customerID: new.customerID, currency: currency,
        amountMinor: new.amount.minor, baseMinor: baseMinor, issuedOn: new.issuedOn, effectiveOn: new.effectiveOn,
        externalID: new.externalID, reason: new.reason,
        terms: PostedTerms(
          taxMinor: new.shares.reduce(0) { $1.taxRate == nil ? $0 : $0 + $1.minor }, exchangeRate: new.rate?.description ?? "",
          profile: new.profile, payment: new.payment, bankText: new.bankText, paid: new.paid, own: new.own)))
    var baseLeft = baseMinor
    for (index, share) in new.shares.enumerated() {
      let shareBase =
        index == new.shares.count - 1 ? baseLeft : min(baseLeft, ExchangeRate.base(share.minor, currency, in: base, new.rate))
      baseLeft -= shareBase
      guard share.minor > 0 || shareBase > 0 else { continue }
      add(
        Entry(
          documentID: id, line: Int16(index + 1), debit: new.side == 1 ? "receivable" : share.account,
          credit: new.side == 1 ? share.account : "receivable", currency: currency, amountMinor: share.minor, baseMinor: shareBase,
          profile: new.profile, taxRate: share.taxRate))
    }
    for (index, share) in new.taxes.enumerated() { add(TaxLine(documentID: id, line: Int16(index + 1), share: share)) }
    return (id, new.amount.minor == 0 ? nil : open(new, documentID: id, baseMinor: baseMinor))
  }

  private mutating func open(_ new: NewDocument, documentID: UUID, baseMinor: Int64) -> Item {
    let side = Int64(new.side)
    var (minorLeft, baseLeft) = (new.amount.minor, baseMinor)
    func item(_ part: InstalmentPlan.Part, _ line: Int) -> Item {
      let partBase = part.minor == minorLeft ? baseLeft : Int64(Int128(baseLeft) * Int128(part.minor) / Int128(minorLeft))
      minorLeft -= part.minor
      baseLeft -= partBase
      return Item(
        id: call.newID(), documentID: documentID, customerID: new.customerID, currency: new.amount.currency, side: new.side,
        amountMinor: side * part.minor, baseMinor: side * partBase, dueOn: part.dueOn, openMinor: side * part.minor,
        openBaseMinor: side * partBase, line: Int16(line), discountMinor: part.discountMinor, discountUntil: part.discountUntil)
    }
    var last = item(new.parts[0], 1)
    open(last, effectiveOn: new.effectiveOn)
    for (index, part) in new.parts.enumerated().dropFirst() {
      last = item(part, index + 1)
      open(last, effectiveOn: new.effectiveOn)
    }
    return last
  }
}

extension NewInvoice {
  /// Receivable against tax and revenue.
  var document: NewDocument {
    NewDocument(
      kind: "invoice", side: 1, customerID: customerID, number: number, amount: amount,
      shares: TaxShare.shares(taxes, taxMinor) + [Share(account: "revenue", minor: amount.minor - taxMinor)], issuedOn: issuedOn,
      postedOn: postedOn, parts: instalments.parts, taxes: taxes, externalID: externalID, rate: rate, profile: profile, payment: payment,
      own: own)
  }
}

extension NewReceipt {
  /// Bank against receivable.
  var document: NewDocument {
    NewDocument(
      kind: "receipt", side: -1, customerID: customerID, number: number, amount: amount,
      shares: [Share(account: "bank", minor: amount.minor)], issuedOn: receivedOn, postedOn: postedOn,
      parts: [.init(minor: amount.minor, dueOn: receivedOn)], externalID: externalID, rate: rate, profile: profile, bankText: bankText,
      paid: paid, own: own)
  }
}
