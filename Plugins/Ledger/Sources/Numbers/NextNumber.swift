import FoundationEssentials
import RemitAPI
import RemitSDK

extension Ledger {
  /// The patterns by which documents are numbered whose kind the company gives no series: with five digits. Invoices and notes bear numbers that laws
  /// have rules for, and get none that the company has not chosen.
  private static let usualPatterns = [
    "receipt": "RC-{year}-{number}", "refund": "RF-{year}-{number}", "write_off": "WO-{year}-{number}", "adjustment": "AD-{year}-{number}",
    "opening": "OP-{year}-{number}", "reversal": "RV-{year}-{number}",
  ]

  /// The next number of the company's series for a kind of document, or of the usual one; nil where there is none.
  func nextNumber(_ kind: String, of day: CivilDate, _ call: Call) async throws -> String? {
    try await Self.nextNumbers(kind, year: day.yearMonthDay.year, count: 1, call)?.first
  }

  /// Takes the next numbers of a series, in a round trip of its own; nil where there is none.
  ///
  /// The counter is locked from here to the end of the transaction, so this comes after all other locks and right before what is written. A
  /// transaction that fails gives the numbers back.
  static func nextNumbers(_ kind: String, year: Int, count: Int, _ call: Call) async throws -> [String]? {
    var numbers: [String] = []
    while numbers.count < count {
      let found = try await call.query([takeNumbers(kind, year: Int32(year), count: Int64(count - numbers.count))])[0].map { row in
        (number: try row.text(), isTaken: try row.bool())
      }
      if found.isEmpty { return nil }
      numbers += found.filter { !$0.isTaken }.map(\.number)
    }
    return numbers
  }

  /// Materialised, as under row-level security an index is not used for what is computed with functions that may leak; and with LIMIT where EXISTS
  /// would do, as that may be planned as a hash of all documents.
  private static func takeNumbers(_ kind: String, year: Int32, count: Int64) -> Statement {
    Statement(
      """
      WITH series AS (
        SELECT kind, pattern, digits FROM ledger.number_series WHERE kind = $1
        UNION ALL SELECT $1, $4, 5::smallint WHERE $4 <> '' AND NOT EXISTS (SELECT FROM ledger.number_series WHERE kind = $1)),
      taken AS (
        INSERT INTO ledger.number_counter AS c (kind, year, last)
        SELECT s.kind, CASE WHEN s.pattern LIKE '%{year}%' THEN $2 ELSE 0 END, $3 FROM series s
        ON CONFLICT (tenant_id, kind, year) DO UPDATE SET last = c.last + $3 RETURNING kind, last),
      next AS MATERIALIZED (
        SELECT k AS last, replace(replace(s.pattern, '{year}', $2::text), '{number}',
                                  lpad(k::text, greatest(s.digits, length(k::text)), '0')) AS number
          FROM taken t JOIN series s USING (kind), generate_series(t.last - $3 + 1, t.last) k)
      SELECT n.number, (SELECT 1 FROM ledger.document d WHERE d.kind = ANY ($5) AND d.number = n.number LIMIT 1) IS NOT NULL
        FROM next n ORDER BY n.last
      """, [.text(kind), .int4(year), .int8(count), .text(usualPatterns[kind] ?? ""), .texts([kind] + KnownDocuments.otherKinds(of: kind))])
  }
}
