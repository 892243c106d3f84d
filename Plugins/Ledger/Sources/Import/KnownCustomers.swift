import FoundationEssentials
import RemitAPI
import RemitSDK

/// The customers that a file names; in place of a merged one, that which it was merged into.
struct KnownCustomers {
  /// Stands for a customer that is not looked up yet.
  static let unknown = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

  private var ids: [String: UUID] = [:]

  func lookup(_ numbers: [String]) -> Statement {
    Statement(
      "SELECT number, coalesce(merged_into, customer_id) FROM ledger.customer WHERE number = ANY ($1)", [.texts(Array(Set(numbers)))])
  }

  mutating func learn(_ rows: Rows) throws {
    for (number, id) in try rows.map({ row in (try row.text(), try row.uuid()) }) { ids[number] = id }
  }

  /// nil: there is none, and the row says so.
  func id(of number: String, _ row: inout ImportRow) -> UUID? {
    let id = ids[number]
    if id == nil { row.refuse("customer", "is no customer's number; import the customer first") }
    return id
  }
}
