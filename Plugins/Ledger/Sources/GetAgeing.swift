import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  static let ageingEdges: [Int32] = [1, 31, 61, 91]

  func getAgeing(_ request: Remit_Ledger_V1_GetAgeingRequest, _ call: Call) async throws -> Remit_Ledger_V1_Ageing {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    let asOf = try AsOf(request.asOf, call)
    let edges = request.edges.isEmpty ? Self.ageingEdges : request.edges
    guard edges.count <= 24, zip(edges, edges.dropFirst()).allSatisfy(<), edges.allSatisfy({ (-36_500...36_500).contains($0) }) else {
      throw CallError.invalid([("edges", "must be at most 24 numbers of days, each larger than the one before, such as 1, 31, 61, 91")])
    }
    var statements = [Self.totals(asOf, edges)]
    if request.byCustomer { statements.append(Self.byCustomer(asOf, edges, page)) }
    let results = try await call.query(statements)
    let totals = try results[0].map { row in try AgeingCell(row: &row) }
    let (customers, nextToken) = page.cut(try results.dropFirst().first?.map(CustomerRow.init(row:)).grouped() ?? []) { [$0[0].number] }
    return try .with {
      $0.asOf = "\(asOf.date)"
      $0.edges = edges
      $0.totals = try AgeingCell.lines(totals, buckets: edges.count + 1)
      $0.customers = try customers.flatMap { rows in
        var lines = try AgeingCell.lines(rows.compactMap(\.cell), buckets: edges.count + 1)
        for index in lines.indices {
          lines[index].customerID = rows[0].id.uuidString.lowercased()
          lines[index].customerNumber = rows[0].number
          lines[index].customerName = rows[0].name
        }
        return lines
      }
      $0.nextPageToken = nextToken
    }
  }

  /// Today's from the deltas, which are few; a past day's from the movements. A test holds them equal.
  static func totals(_ asOf: AsOf, _ edges: [Int32]) -> Statement {
    let source = asOf.isNow ? "ledger.ageing_delta" : "ledger.movement WHERE effective_on <= $1"
    return Statement(
      """
      SELECT currency, side, width_bucket($1 - due_on, $2), sum(amount_minor)::bigint
        FROM \(source) GROUP BY 1, 2, 3 HAVING sum(amount_minor) <> 0 ORDER BY 1, 2, 3
      """, [.date(asOf.date), .int4s(edges)])
  }

  /// A row for each customer of the page, also where nothing is open: its currency is then empty.
  static func byCustomer(_ asOf: AsOf, _ edges: [Int32], _ page: Page) -> Statement {
    Statement(
      """
      WITH page AS (SELECT customer_id, number, name FROM ledger.customer WHERE number > $3 ORDER BY number LIMIT $4),
      cell AS (
        SELECT customer_id, currency, side, width_bucket($1 - due_on, $2) AS bucket, sum(amount_minor)::bigint AS amount_minor
          FROM ledger.movement WHERE effective_on <= $1 AND customer_id IN (SELECT customer_id FROM page)
         GROUP BY 1, 2, 3, 4 HAVING sum(amount_minor) <> 0)
      SELECT p.customer_id, p.number, p.name, coalesce(c.currency, ''), coalesce(c.side, 1::smallint), coalesce(c.bucket, 0),
             coalesce(c.amount_minor, 0)
        FROM page p LEFT JOIN cell c USING (customer_id) ORDER BY p.number, c.currency, c.side, c.bucket
      """, [.date(asOf.date), .int4s(edges), .text(page.after?[0] ?? ""), .int8(Int64(page.size + 1))])
  }
}

/// What is open in one currency, on one side, in one bucket.
private struct AgeingCell {
  let currency: String
  let side: Int16
  let bucket: Int
  let minor: Int64

  init(row: inout CellReader) throws {
    currency = try row.text()
    side = try row.int2()
    bucket = Int(try row.int4())
    minor = try row.int8()
  }

  /// A line for each currency. `cells` are in the order of currencies.
  static func lines(_ cells: [AgeingCell], buckets: Int) throws -> [Remit_Ledger_V1_AgeingLine] {
    try cells.chunked(by: \.currency).map { cells in
      guard let currency = Currency(cells[0].currency) else {
        throw CallError(.internal, "CURRENCY", "the books hold the unknown currency \(cells[0].currency)")
      }
      var owed = [Int64](repeating: 0, count: buckets)
      for cell in cells where cell.side == 1 { owed[cell.bucket] += cell.minor }
      let credits = cells.reduce(0) { $1.side == -1 ? $0 + $1.minor : $0 }
      return .with {
        $0.currency = currency.code
        $0.buckets = owed.map { Money(minor: $0, currency: currency).message }
        $0.credits = Money(minor: credits, currency: currency).message
        $0.balance = Money(minor: owed.reduce(credits, +), currency: currency).message
      }
    }
  }
}

private struct CustomerRow {
  let id: UUID
  let number: String
  let name: String
  /// nil: nothing is open.
  let cell: AgeingCell?

  init(row: inout CellReader) throws {
    id = try row.uuid()
    number = try row.text()
    name = try row.text()
    let cell = try AgeingCell(row: &row)
    self.cell = cell.currency.isEmpty ? nil : cell
  }
}

extension [CustomerRow] {
  fileprivate func grouped() -> [[CustomerRow]] { chunked(by: \.number) }
}

extension Array {
  /// Runs of neighbours with the same key.
  fileprivate func chunked(by key: (Element) -> String) -> [[Element]] {
    reduce(into: []) { chunks, element in
      if let last = chunks.last?.last, key(last) == key(element) {
        chunks[chunks.count - 1].append(element)
      } else {
        chunks.append([element])
      }
    }
  }
}
