/// What a row says of its customer.
struct CustomerCells: Hashable {
  static let fields = ["customer", "customer_tax_id", "customer_name"]

  /// A number; or an identifier, or a name, where people write such.
  let customer: String
  let taxID: String
  let name: String

  init(customer: String, taxID: String = "", name: String = "") {
    self.customer = customer
    self.taxID = taxID
    self.name = name
  }

  init(_ row: inout ImportRow) {
    customer = row.number("customer", charactersMax: 255) ?? ""
    taxID = row.text("customer_tax_id", charactersMax: 64) ?? ""
    name = row.text("customer_name", charactersMax: 255) ?? ""
  }

  /// Refuses the row where it names nobody. One with `orInvoice` may leave that to the invoice it names.
  func require(orInvoice: Bool, _ row: inout ImportRow) {
    guard (Self.fields + (orInvoice ? ["invoice"] : [])).allSatisfy({ row.cell($0).isEmpty }) else { return }
    row.refuse(
      row.firstColumn(of: Self.fields) ?? "customer", "must be given" + (orInvoice ? " where the row names no invoice" : ""))
  }

  var isEmpty: Bool { customer.isEmpty && taxID.isEmpty && name.isEmpty }

  /// The keys by which `KnownCustomers` finds a customer that a text names.
  static func identifierKeys(_ text: String) -> [String] {
    [Identifier.Scheme.uscc, .euVAT].compactMap { scheme in (try? Identifier(text, scheme: scheme)).map { "\(scheme.rawValue) \($0.value)" }
    }
  }

  /// nil: the name has no letter and no digit.
  static func nameKey(_ name: String) -> String? {
    let key = NameKey(name).text
    return key.isEmpty ? nil : "name \(key)"
  }
}
