import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func listJournalExports(
    _: Remit_Ledger_V1_ListJournalExportsRequest, _ call: Call
  ) async throws -> Remit_Ledger_V1_ListJournalExportsReply {
    let results = try await call.query([
      Statement(
        """
        SELECT number, after, until, documents, entries, recorded_by, recorded_at FROM ledger.journal_export ORDER BY number DESC LIMIT 1000
        """),
      Statement("SELECT count(*) FROM ledger.document WHERE recorded_at > (\(Self.lastUntil))"),
    ])
    return try .with {
      $0.exports = try results[0].map(Remit_Ledger_V1_JournalExport.init(row:))
      $0.documentsWaiting = try results[1].map { row in try row.int8() }.first ?? 0
    }
  }
}

extension Remit_Ledger_V1_JournalExport {
  /// - Parameter row: number, after, until, documents, entries, recorded_by, recorded_at.
  init(row: inout CellReader) throws {
    self.init()
    number = try row.int4()
    after = try row.timestamptz()
    until = try row.timestamptz()
    documents = try row.int8()
    entries = try row.int8()
    recordedBy = try row.text()
    recordedAt = try row.timestamptz()
  }
}
