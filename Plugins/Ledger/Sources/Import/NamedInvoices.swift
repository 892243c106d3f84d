import FoundationEssentials
import RemitAPI
import RemitSDK

/// The invoices that a file of credits (receipts, credit notes) says they settle, as the rows before leave them. One that came as an
/// open item of the system before is found by its number too.
struct NamedInvoices {
  private var items: [String: [BookItem]] = [:]
  /// As the credits that are to be written leave them.
  private var expected: [String: [BookItem]] = [:]

  static func lookup(_ numbers: [String]) -> Statement {
    BookItem.select(
      where: "d.kind IN ('invoice', 'opening') AND i.side = 1 AND d.number = ANY ($1)", [.texts(Array(Set(numbers).subtracting([""])))])
  }

  mutating func learn(_ rows: Rows) throws {
    items = Dictionary(grouping: try rows.map(BookItem.init(row:)), by: \.number).mapValues { named in
      let meant = named.meant
      let invoices = meant.filter { $0.kind == "invoice" }
      return (invoices.isEmpty ? meant : invoices).sorted { $0.item.line < $1.item.line }
    }
    expected = items
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
    guard let customerID = cells.isEmpty ? invoice?.ownerID : customers.id(of: cells, meant: invoice?.ownerID, &row) else { return nil }
    guard let invoice else { return customerID }
    guard invoice.isPaid(by: customerID, whosePayerIs: customers.payers[customerID]) else {
      row.refuse("invoice", "is another customer's")
      return nil
    }
    guard invoice.item.currency == currency else {
      row.refuse("invoice", "is in \(invoice.item.currency), and this is in \(currency); say the currency of rows without one (--currency)")
      return nil
    }
    return customerID
  }

  /// Takes note that a credit of so much will settle it, and notes where it is more than the invoice has open.
  ///
  /// - Returns: whether it may, on the days from which on both are open; else the row is refused.
  mutating func expect(_ amount: Money, of number: String, on day: CivilDate, _ books: BooksForFile, _ row: inout ImportRow) -> Bool {
    guard var items = expected[number] else { return true }
    var left = amount.minor
    for index in items.indices where items[index].item.openMinor > 0 && left > 0 {
      let minor = min(items[index].item.openMinor, left)
      let effectiveOn = items[index].firstDay(with: minor, from: day)
      guard effectiveOn == day || books.isOpen(effectiveOn, "invoice", &row) else { return false }
      items[index].item.openMinor -= minor
      items[index].history.take(minor, from: effectiveOn)
      left -= minor
    }
    expected[number] = items
    if left > 0 {
      row.note(
        "amount", "is \(amount.currency.text(minor: left)) \(amount.currency) more than the invoice has open; that stays a credit")
    }
    return true
  }

  mutating func settle(_ number: String, with credit: Posting.Item, of day: CivilDate, in posting: inout Posting, base: Currency) {
    guard var settled = items[number] else { return }
    var credit = credit
    _ = posting.settle(&settled, with: &credit, of: day, base: base)
    items[number] = settled
  }
}
