import FoundationEssentials
import RemitAPI
import RemitSDK

/// The customers that a file names, by what it may name them by; in place of a merged one, that which it was merged into.
struct KnownCustomers {
  /// Stands for a customer that is not looked up yet.
  static let unknown = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

  private struct Holder {
    let number: String
    let id: UUID
  }

  private var byNumber: [String: Holder] = [:]
  /// By small letters of the number.
  private var byCaselessNumber: [String: [Holder]] = [:]
  private var byIdentifier: [String: [Holder]] = [:]
  private var byName: [String: [Holder]] = [:]
  /// Who pays for a customer: itself, or another.
  private(set) var payers: [UUID: UUID] = [:]

  func lookup(_ cells: [CustomerCells]) -> Statement {
    let cells = Set(cells)
    let identifiers = Set(cells.flatMap { [$0.customer, $0.taxID] }).flatMap(CustomerCells.identifierKeys)
    let names = Set(cells.flatMap { [$0.customer, $0.name] }).compactMap(CustomerCells.nameKey)
    return Statement(
      """
      SELECT f.kind, f.key, c.number, t.customer_id, coalesce(t.payer_id, t.customer_id) FROM (
          SELECT 'number' AS kind, lower(number) AS key, customer_id FROM ledger.customer
           WHERE lower(number) IN (SELECT lower(given) FROM unnest($1::text[]) given)
          UNION ALL
          SELECT 'identifier', scheme || ' ' || value, customer_id
            FROM (SELECT split_part(given, ' ', 1) AS scheme, split_part(given, ' ', 2) AS value FROM unnest($2::text[]) given) g
            JOIN ledger.customer_identifier USING (scheme, value)
          UNION ALL
          SELECT 'name', 'name ' || name_key, customer_id FROM ledger.customer_name
           WHERE name_key IN (SELECT substr(given, 6) FROM unnest($3::text[]) given)) f
        JOIN ledger.customer c USING (customer_id)
        JOIN ledger.customer t ON t.customer_id = coalesce(c.merged_into, c.customer_id)
       ORDER BY c.number
      """,
      [
        .texts(Array(Set(cells.map(\.customer)))), .texts(Array(Set(identifiers))), .texts(Array(Set(names))),
      ])
  }

  mutating func learn(_ rows: Rows) throws {
    let found = try rows.map { row in
      (kind: try row.text(), key: try row.text(), number: try row.text(), id: try row.uuid(), payer: try row.uuid())
    }
    for (kind, key, number, id, payer) in found {
      let holder = Holder(number: number, id: id)
      payers[id] = payer
      switch kind {
      case "number":
        byNumber[number] = holder
        byCaselessNumber[number.lowercased(), default: []].append(holder)
      case "identifier": byIdentifier[key, default: []].append(holder)
      default: byName[key, default: []].append(holder)
      }
    }
  }

  /// - Parameter meant: who it is where the row's words are those of several, and of this one.
  /// - Returns: nil: there is none, or there are several, and the row says so.
  func id(of cells: CustomerCells, meant: UUID? = nil, _ row: inout ImportRow) -> UUID? {
    if let id = id(of: cells) ?? holders(of: cells).first(where: { $0.id == meant })?.id { return contradicts(id, cells, &row) ? nil : id }
    let (field, what) =
      !cells.customer.isEmpty
      ? ("customer", "number or name") : !cells.taxID.isEmpty ? ("customer_tax_id", "tax number") : ("customer_name", "name")
    let found = holders(of: cells)
    if found.isEmpty {
      row.refuse(field, "is no customer's \(what); import the customer first")
    } else {
      let numbers = found.prefix(3).map(\.number).joined(separator: ", ") + (found.count > 3 ? ", ..." : "")
      row.refuse(field, "is that of \(found.count) customers, \(numbers); give the customer's number")
    }
    return nil
  }

  /// Whether the tax number or the name of the row is that of others; then it is refused, as nobody knows who is meant.
  private func contradicts(_ id: UUID, _ cells: CustomerCells, _ row: inout ImportRow) -> Bool {
    for (field, what, others) in [
      ("customer_tax_id", "tax number", identified(cells.taxID)), ("customer_name", "name", named(cells.name)),
    ] where !others.isEmpty && !others.contains(where: { $0.id == id }) {
      row.refuse(field, "is the \(what) of \(others[0].number), and the row names another customer before it")
      return true
    }
    return false
  }

  /// nil as of the other, but nothing is said.
  func id(of cells: CustomerCells) -> UUID? {
    let found = holders(of: cells)
    return found.first.flatMap { first in found.allSatisfy { $0.id == first.id } ? first.id : nil }
  }

  /// Those of the number; where there is none, of the tax number; where there is none, of the name.
  private func holders(of cells: CustomerCells) -> [Holder] {
    if !cells.customer.isEmpty {
      if let holder = byNumber[cells.customer] { return [holder] }
      if let holders = byCaselessNumber[cells.customer.lowercased()] { return holders }
      let identified = self.identified(cells.customer)
      return identified.isEmpty ? named(cells.customer) : identified
    }
    if !cells.taxID.isEmpty {
      let identified = self.identified(cells.taxID)
      if !identified.isEmpty || cells.name.isEmpty { return identified }
    }
    return named(cells.name)
  }

  private func identified(_ text: String) -> [Holder] { CustomerCells.identifierKeys(text).flatMap { byIdentifier[$0] ?? [] } }
  private func named(_ text: String) -> [Holder] { CustomerCells.nameKey(text).flatMap { byName[$0] } ?? [] }
}
