import FoundationEssentials
import RemitAPI
import RemitSDK

/// The receipts in the books that rows without number and id may be: those with the same customer, currency, amount and day. Each stands
/// for one row, so that of two equal rows, where the books have one, the first is known and the second is new.
struct ReceiptsInBooks {
  struct Content: Hashable {
    let customerID: UUID
    let money: Money
    let receivedOn: CivilDate
  }

  /// The last is the next.
  private var numbers: [Content: [String]] = [:]
  /// Those of them that have no id of another system.
  private var withoutID: Set<String> = []

  /// Two imports of receipts at once would not see each other's.
  static let lock = Statement("SELECT host.lock('import_receipts', true)")

  static func lookup(_ contents: Set<Content>) -> Statement {
    let contents = Array(contents)
    // A receipt is in the books on its day or later: so the index by customer and day serves.
    return Statement(
      """
      WITH wanted AS MATERIALIZED (
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::int8[], $4::date[]) w (owner, currency, amount_minor, issued_on)),
      owner AS MATERIALIZED (
        SELECT customer_id, customer_id AS owner FROM ledger.customer WHERE customer_id = ANY ($1)
        UNION ALL SELECT customer_id, merged_into FROM ledger.customer WHERE merged_into = ANY ($1))
      SELECT w.owner, w.currency, w.amount_minor, w.issued_on, d.number, d.external_id IS NULL
        FROM owner o
        JOIN ledger.document d ON d.customer_id = o.customer_id AND d.kind = 'receipt' AND d.effective_on >= $5
        JOIN wanted w ON (w.owner, w.currency, w.amount_minor, w.issued_on) = (o.owner, d.currency, d.amount_minor, d.issued_on)
       WHERE NOT EXISTS (SELECT FROM ledger.document r WHERE r.reverses = d.document_id
                            AND NOT EXISTS (SELECT FROM ledger.document back WHERE back.reverses = r.document_id))
       ORDER BY d.recorded_at DESC, d.number DESC
      """,
      [
        .uuids(contents.map(\.customerID)), .texts(contents.map(\.money.currency.code)), .int8s(contents.map(\.money.minor)),
        .dates(contents.map(\.receivedOn)), .date(contents.map(\.receivedOn).min() ?? CivilDate(days: 0)),
      ])
  }

  mutating func learn(_ rows: Rows) throws {
    let found = try rows.map { row in
      let owner = try row.uuid()
      let currency = try row.currency()
      let money = Money(minor: try row.int8(), currency: currency)
      return (
        content: Content(customerID: owner, money: money, receivedOn: try row.date()), number: try row.text(), isWithoutID: try row.bool()
      )
    }
    for (content, number, isWithoutID) in found {
      numbers[content, default: []].append(number)
      if isWithoutID { withoutID.insert(number) }
    }
  }

  /// The number of one that a row may be, which stands for no other row then; nil where none is left.
  mutating func take(_ content: Content) -> String? { numbers[content]?.popLast() }

  /// The same, of those without id only.
  mutating func takeWithoutID(_ content: Content) -> String? {
    guard let index = numbers[content]?.lastIndex(where: withoutID.contains) else { return nil }
    return numbers[content]?.remove(at: index)
  }
}
