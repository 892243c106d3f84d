import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  /// Sends the journal since the last export, and remembers what that was; or sends what an earlier export was again. Nothing is held while it is read: what
  /// was recorded stays as it is, and an export that another one overtook is refused at its end.
  func exportJournal(
    _ request: Remit_Ledger_V1_ExportJournalRequest, _ call: Call
  ) async throws -> Write<Remit_Ledger_V1_ExportJournalUpdate> {
    var export = request.number == 0 ? try await nextExport(call) : try await knownExport(request.number, call)
    let base = try call.baseCurrency
    if request.number == 0, export.documents == 0 {
      export.number = 0
      return .nothing(reply: .with { $0.result = export })
    }
    let digest = try FileDigest()
    func send(_ text: String) async throws {
      digest.update(text)
      try await call.send(Remit_Ledger_V1_ExportJournalUpdate.with { $0.csv = Data(text.utf8) })
    }
    export.entries = 0
    var total = MoneySum(base)
    try await send(ExportedEntry.header)
    var last: (recordedAt: Google_Protobuf_Timestamp, id: UUID)?
    while true {
      let page = try await call.queryApart([ExportedEntry.select(of: export, after: last)])[0].map { row in
        try ExportedEntry(row: &row, base: base)
      }
      guard let end = page.last else { break }
      var text = ""
      for entry in page {
        guard let line = entry.line else { continue }
        text += "\(export.number),\(line),\(export.firstEntry + export.entries)\r\n"
        export.entries += 1
        total = total + entry.base
      }
      try await send(text)
      last = (end.recordedAt, end.documentID)
    }
    export.lastEntry = export.firstEntry + export.entries - 1
    export.baseTotal = total.message
    export.sha256 = digest.end()
    let reply = Remit_Ledger_V1_ExportJournalUpdate.with { $0.result = export }
    guard request.number == 0 else { return .nothing(reply: reply) }
    return Write(
      [
        Statement("SELECT host.lock('journal_export', true)"),
        Statement(
          "SELECT host.require((\(Self.lastUntil)) = $1, 'EXPORTED_MEANWHILE: another export was made at the same time; make a new one')",
          [.timestamptz(export.after)]),
        Statement(
          insertInto: "ledger.journal_export",
          [
            "number": .int4(export.number), "after": .timestamptz(export.after), "until": .timestamptz(export.until),
            "documents": .int8(export.documents), "entries": .int8(export.entries), "recorded_at": .timestamptz(call.now),
            "recorded_by": .text(call.principal.name), "first_entry": .int8(export.firstEntry), "last_entry": .int8(export.lastEntry),
            "base_total": .text("\(total.minor)"), "sha256": .text(export.sha256),
          ]),
      ], reply: reply, resource: "journal_export/\(export.number)")
  }

  static let lastUntil = "SELECT coalesce(max(until), 'epoch') FROM ledger.journal_export"

  /// The export that is to be made now.
  private func nextExport(_ call: Call) async throws -> Remit_Ledger_V1_JournalExport {
    let base = try call.baseCurrency
    let until = Google_Protobuf_Timestamp(seconds: call.settledUntil.seconds)
    let results = try await call.queryApart([
      Statement(
        """
        SELECT (SELECT coalesce(max(number), 0) + 1 FROM ledger.journal_export), l.after, greatest($1, l.after),
               (SELECT count(*) FROM ledger.document WHERE recorded_at > l.after AND recorded_at <= $1), 0::bigint, $2, $3,
               (SELECT coalesce(max(last_entry), 0) + 1 FROM ledger.journal_export), 0::bigint, '', ''
          FROM (\(Self.lastUntil)) l (after)
        """, [.timestamptz(until), .text(call.principal.name), .timestamptz(call.now)])
    ])
    guard let export = try results[0].map({ row in try Remit_Ledger_V1_JournalExport(row: &row, base: base) }).first else {
      throw CallError(.internal, "NO_EXPORT", "the database gave no export")
    }
    return export
  }

  private func knownExport(_ number: Int32, _ call: Call) async throws -> Remit_Ledger_V1_JournalExport {
    let base = try call.baseCurrency
    let results = try await call.queryApart([
      Statement(
        "SELECT \(Remit_Ledger_V1_JournalExport.columns) FROM ledger.journal_export WHERE number = $1",
        [.int4(number)])
    ])
    guard let export = try results[0].map({ row in try Remit_Ledger_V1_JournalExport(row: &row, base: base) }).first else {
      throw CallError(.notFound, "NO_EXPORT", "there is no journal export \(number)", field: "number")
    }
    return export
  }
}

/// An entry with its document, as a line of the file; of a document without entries only the document.
private struct ExportedEntry {
  static let header = """
    export,document_id,line,kind,number,effective_on,recorded_at,recorded_by,customer,debit,credit,currency,amount,base_currency,base_amount,\
    reason,reverses,tax_rate,entry\r\n
    """

  let documentID: UUID
  let recordedAt: Google_Protobuf_Timestamp
  /// Without the number of the export, and that of the entry.
  let line: String?
  let base: MoneySum

  /// The entries of the next documents of an export.
  static func select(
    of export: Remit_Ledger_V1_JournalExport, after last: (recordedAt: Google_Protobuf_Timestamp, id: UUID)?
  ) -> Statement {
    Statement(
      """
      SELECT d.document_id, d.recorded_at, d.kind, d.number, d.effective_on, d.recorded_by, coalesce(c.number, ''), d.reason,
             coalesce(d.reverses::text, ''), coalesce(e.line, 0::smallint), coalesce(e.debit, ''), coalesce(e.credit, ''),
             coalesce(e.currency, d.currency), coalesce(e.amount_minor, 0), coalesce(e.base_minor, 0), coalesce(e.tax_rate, '')
        FROM (SELECT * FROM ledger.document
               WHERE recorded_at <= $1 AND (recorded_at, document_id) > ($2, $3) ORDER BY recorded_at, document_id LIMIT 2000) d
        LEFT JOIN ledger.entry e USING (tenant_id, document_id)
        LEFT JOIN ledger.customer c ON (c.tenant_id, c.customer_id) = (d.tenant_id, d.customer_id)
       ORDER BY d.recorded_at, d.document_id, e.line
      """,
      [
        .timestamptz(export.until), .timestamptz(last?.recordedAt ?? export.after),
        // After every id of the same instant: the export before had those.
        .uuid(last?.id ?? UUID(uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255))),
      ])
  }

  init(row: inout CellReader, base: Currency) throws {
    documentID = try row.uuid()
    recordedAt = try row.timestamptz()
    let kind = try row.text()
    let number = try row.text()
    let effectiveOn = try row.date()
    let recordedBy = try row.text()
    let customer = try row.text()
    let reason = try row.text()
    let reverses = try row.text()
    let entry = try row.int2()
    let (debit, credit, currency) = (try row.text(), try row.text(), try row.currency())
    let (amountMinor, baseMinor, taxRate) = (try row.int8(), try row.int8(), try row.text())
    self.base = MoneySum(base, minor: Int128(baseMinor))
    let cells = [
      documentID.text, "\(entry)", kind, number, "\(effectiveOn)", recordedAt.jsonText, recordedBy, customer, debit, credit, currency.code,
      currency.text(minor: amountMinor), base.code, base.text(minor: baseMinor), reason, reverses, taxRate,
    ]
    line = entry == 0 ? nil : cells.map(\.csvCell).joined(separator: ",")
  }
}

extension Google_Protobuf_Timestamp {
  /// "2026-11-24T08:00:00.123456Z"
  fileprivate var jsonText: String {
    // Every instant of Postgres that is recorded has a JSON form.
    ((try? jsonString()) ?? "").replacing("\"", with: "")
  }
}
