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
}
