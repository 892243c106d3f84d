import FoundationEssentials
import RemitAPI
import RemitSDK

extension Ledger {
  /// Takes the next number of the company's series for a kind of document, in a round trip of its own; nil where it has no such series.
  ///
  /// The counter is locked from here to the end of the transaction, so this comes after all other locks and right before the commit. A
  /// transaction that fails gives the number back.
  func nextNumber(_ kind: String, of day: CivilDate, _ call: Call) async throws -> String? {
    let year = Int32(day.yearMonthDay.year)
    while true {
      let found = try await call.query([Self.takeNumber(kind, year: year)])[0].map { row in
        (number: try row.text(), isTaken: try row.bool())
      }
      guard let next = found.first else { return nil }
      if !next.isTaken { return next.number }
    }
  }

  private static func takeNumber(_ kind: String, year: Int32) -> Statement {
    Statement(
      """
      WITH taken AS (
        INSERT INTO ledger.number_counter AS c (kind, year, last)
        SELECT s.kind, CASE WHEN s.pattern LIKE '%{year}%' THEN $2 ELSE 0 END, 1 FROM ledger.number_series s WHERE s.kind = $1
        ON CONFLICT (tenant_id, kind, year) DO UPDATE SET last = c.last + 1 RETURNING kind, last)
      SELECT n.number, EXISTS (SELECT FROM ledger.document d WHERE d.kind = $1 AND d.number = n.number)
        FROM (SELECT replace(replace(s.pattern, '{year}', $2::text), '{number}',
                             lpad(t.last::text, greatest(s.digits, length(t.last::text)), '0')) AS number
                FROM taken t JOIN ledger.number_series s USING (kind)) n
      """, [.text(kind), .int4(year)])
  }
}
