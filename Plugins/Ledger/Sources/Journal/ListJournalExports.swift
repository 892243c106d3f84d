import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func listJournalExports(
    _ request: Remit_Ledger_V1_ListJournalExportsRequest, _ call: Call
  ) async throws -> Remit_Ledger_V1_ListJournalExportsReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    guard let before = page.after.map({ Int32($0[0]) }) ?? Int32.max else { throw Page.badToken }
    let results = try await call.query([
      Statement(
        """
        SELECT \(Remit_Ledger_V1_JournalExport.columns) FROM ledger.journal_export WHERE number < $1 ORDER BY number DESC LIMIT $2
        """, [.int4(before), .int8(Int64(page.size + 1))]),
      Statement("SELECT count(*) FROM ledger.document WHERE recorded_at > (\(Self.lastUntil))"),
    ])
    let base = try call.baseCurrency
    let found = try results[0].map { row in try Remit_Ledger_V1_JournalExport(row: &row, base: base) }
    return try .with {
      ($0.exports, $0.nextPageToken) = page.cut(found) { ["\($0.number)"] }
      $0.documentsWaiting = try results[1].map { row in try row.int8() }.first ?? 0
    }
  }
}

extension Remit_Ledger_V1_JournalExport {
  static let columns = "number, after, until, documents, entries, recorded_by, recorded_at, first_entry, last_entry, base_total, sha256"

  /// - Parameter row: `columns`.
  init(row: inout CellReader, base: Currency) throws {
    self.init()
    number = try row.int4()
    after = try row.timestamptz()
    until = try row.timestamptz()
    documents = try row.int8()
    entries = try row.int8()
    recordedBy = try row.text()
    recordedAt = try row.timestamptz()
    firstEntry = try row.int8()
    lastEntry = try row.int8()
    if let total = Int128(try row.text()) { baseTotal = MoneySum(base, minor: total).message }
    sha256 = try row.text()
  }
}
