import FoundationEssentials
import RemitAPI
import RemitSDK

/// The invoices that a file of credits (receipts, credit notes) says they settle, as the rows before leave them. One that came as an
/// open item of the system before is found by its number too.
struct NamedInvoices {
  private var items: [String: [BookItem]] = [:]
  /// What the credits that are to be written leave open, by number.
  private var openMinor: [String: Int64] = [:]

  static func lookup(_ numbers: [String]) -> Statement {
    BookItem.select(
      where: "d.kind IN ('invoice', 'opening') AND i.side = 1 AND d.number = ANY ($1)", [.texts(Array(Set(numbers).subtracting([""])))])
  }

  mutating func learn(_ rows: Rows) throws {
    items = Dictionary(grouping: try rows.map(BookItem.init(row:)), by: \.number).mapValues { named in
      let invoices = named.filter { $0.kind == "invoice" }
      return (invoices.isEmpty ? named : invoices).sorted { $0.item.line < $1.item.line }
    }
    openMinor = items.mapValues { $0.reduce(0) { $0 + $1.item.openMinor } }
  }

  /// Whose it is; nil where the row names none, or there is none.
  func owner(of number: String) -> UUID? { items[number]?.first?.ownerID }

  /// The customer of a row, who is that of the invoice where the row names no other. nil: there is none, or it may not settle the invoice
  /// that the row names in the currency, and the row says so.
  func customer(
    _ cells: CustomerCells, naming number: String, in currency: Currency, among customers: KnownCustomers, _ row: inout ImportRow
  ) -> UUID? {
    let invoice = items[number]?.first
    guard number.isEmpty || invoice != nil else {
      row.refuse("invoice", "is no invoice's number")
      return nil
    }
    guard let customerID = cells.isEmpty ? invoice?.ownerID : customers.id(of: cells, &row) else { return nil }
    guard let invoice else { return customerID }
    guard invoice.isPaid(by: customerID, whosePayerIs: customers.payers[customerID]) else {
      row.refuse("invoice", "is another customer's")
      return nil
    }
    guard invoice.item.currency == currency else {
      row.refuse("invoice", "is in \(invoice.item.currency), and this is in \(currency)")
      return nil
    }
    return customerID
  }

  /// Takes note that a credit of so much will settle it, and notes where it is more than the invoice has open.
  mutating func expect(_ amount: Money, of number: String, _ row: inout ImportRow) {
    guard let open = openMinor[number] else { return }
    let settled = min(open, amount.minor)
    openMinor[number] = open - settled
    guard settled < amount.minor else { return }
    row.note(
      "amount",
      "is \(amount.currency.text(minor: amount.minor - settled)) \(amount.currency) more than the invoice has open; that stays a credit")
  }

  mutating func settle(_ number: String, with credit: Posting.Item, of day: CivilDate, in posting: inout Posting, base: Currency) {
    guard var settled = items[number] else { return }
    var credit = credit
    _ = posting.settle(&settled, with: &credit, of: day, base: base)
    items[number] = settled
  }
}
