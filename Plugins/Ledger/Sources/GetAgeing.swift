import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  static let ageingEdges: [Int32] = [1, 31, 61, 91]

  func getAgeing(_ request: Remit_Ledger_V1_GetAgeingRequest, _ call: Call) async throws -> Remit_Ledger_V1_Ageing {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    let asOf = try AsOf(request.asOf, request.hasKnownAt ? request.knownAt : nil, call)
    let edges = request.edges.isEmpty ? Self.ageingEdges : request.edges
    guard edges.count <= 24, zip(edges, edges.dropFirst()).allSatisfy(<), edges.allSatisfy({ (-36_500...36_500).contains($0) }) else {
      throw CallError.invalid([("edges", "must be at most 24 numbers of days, each larger than the one before, such as 1, 31, 61, 91")])
    }
    guard !request.byCustomer || !request.byPayer else { throw CallError.invalid([("by_payer", "and by_customer exclude each other")]) }
    let query = AgeingQuery(asOf: asOf, edges: edges, byDocumentDate: request.basis == .documentDate, byPayer: request.byPayer)
    let rows = try await call.rows(query.statement(request.byCustomer || request.byPayer ? page : nil), AgeingRow.init(row:))
    let (customers, nextToken) = page.cut(rows.filter { $0.number != nil }.chunked { $0.number ?? "" }) { [$0[0].number ?? ""] }
    return try .with {
      $0.asOf = "\(asOf.date)"
      $0.edges = edges
      $0.totals = try AgeingRow.lines(rows.filter { $0.number == nil }, buckets: edges.count + 1)
      $0.customers = try customers.flatMap { try AgeingRow.lines($0, buckets: edges.count + 1) }
      $0.nextPageToken = nextToken
    }
  }
}

/// The total, and what it is made of, in one statement: so they agree, whatever is posted meanwhile. Today's total comes from the deltas, which
/// are few; a past day's, and customers', from the movements. A test holds them equal.
private struct AgeingQuery {
  let asOf: AsOf
  let edges: [Int32]
  let byDocumentDate: Bool
  let byPayer: Bool

  /// - Parameter page: of customers or payers, each with at least one row, also where nothing is open; nil: the total only.
  func statement(_ page: Page?) -> Statement {
    var parameters: [Parameter] = [.date(asOf.date), .int4s(edges)]
    let condition = asOf.condition(&parameters)
    let movements =
      byDocumentDate
      ? "ledger.movement m JOIN ledger.item i USING (tenant_id, item_id) JOIN ledger.document d USING (tenant_id, document_id)"
      : "ledger.movement m"
    let cell = """
      m.currency, m.side, width_bucket($1 - \(byDocumentDate ? "d.issued_on" : "m.due_on"), $2) AS bucket,
      sum(m.amount_minor)::text AS amount_minor
      """
    let total = """
      SELECT NULL::uuid AS customer_id, NULL::text AS number, '' AS name, \(cell)
        FROM \(asOf.isNow && !byDocumentDate ? "ledger.ageing_delta m" : "\(movements) WHERE \(condition)")
       GROUP BY m.currency, m.side, bucket HAVING sum(m.amount_minor) <> 0
      """
    guard let page else { return Statement("\(total) ORDER BY currency, side, bucket", parameters) }
    let customers = asOf.customers(&parameters)
    parameters += [.text(page.after?[0] ?? ""), .int8(Int64(page.size + 1))]
    // Whoever has a payer, or was merged into another, is in the line of that one.
    let pointer = byPayer ? "payer_id" : "merged_into"
    return Statement(
      """
      WITH page AS (
        SELECT customer_id, number, name FROM \(customers) c
         WHERE number > $\(parameters.count - 1) AND \(pointer) IS NULL ORDER BY number LIMIT $\(parameters.count)),
      member AS (
        SELECT p.customer_id, p.customer_id AS line_id FROM page p
        UNION ALL SELECT c.customer_id, p.customer_id FROM page p JOIN \(customers) c ON c.\(pointer) = p.customer_id),
      cell AS MATERIALIZED (
        SELECT f.line_id AS customer_id, \(cell)
          FROM member f JOIN \(movements) ON m.customer_id = f.customer_id WHERE \(condition)
         GROUP BY 1, m.currency, m.side, bucket HAVING sum(m.amount_minor) <> 0)
      \(total)
      UNION ALL
      SELECT p.customer_id, p.number, p.name, coalesce(c.currency, ''), coalesce(c.side, 1::smallint), coalesce(c.bucket, 0),
             coalesce(c.amount_minor, '0')
        FROM page p LEFT JOIN cell c USING (customer_id)
       ORDER BY number, currency, side, bucket
      """, parameters)
  }
}

/// What is open in one currency, on one side, in one bucket: of a customer, or in total.
private struct AgeingRow {
  /// nil in a total, with the number.
  let customerID: UUID?
  let number: String?
  let name: String
  /// Empty: nothing is open of the customer.
  let currency: String
  let side: Int16
  let bucket: Int
  let minor: Int128

  init(row: inout CellReader) throws {
    customerID = try row.uuidIfPresent()
    number = try row.textIfPresent()
    name = try row.text()
    currency = try row.text()
    side = try row.int2()
    bucket = Int(try row.int4())
    minor = try row.sum()
  }

  /// A line for each currency. `rows` are in the order of currencies.
  static func lines(_ rows: [AgeingRow], buckets: Int) throws -> [Remit_Ledger_V1_AgeingLine] {
    try rows.filter { !$0.currency.isEmpty }.chunked(by: \.currency).map { rows in
      guard let currency = Currency(rows[0].currency) else {
        throw CallError(.internal, "CURRENCY", "the books hold the unknown currency \(rows[0].currency)")
      }
      let owed = (0..<buckets).map { bucket in
        MoneySum(currency, of: rows.filter { $0.side == 1 && $0.bucket == bucket }.map(\.minor))
      }
      let credits = MoneySum(currency, of: rows.filter { $0.side == -1 }.map(\.minor))
      return .with {
        $0.customerID = rows[0].customerID?.uuidString.lowercased() ?? ""
        $0.customerNumber = rows[0].number ?? ""
        $0.customerName = rows[0].name
        $0.currency = currency.code
        $0.buckets = owed.map(\.message)
        $0.credits = credits.message
        $0.balance = owed.reduce(credits, +).message
      }
    }
  }
}
