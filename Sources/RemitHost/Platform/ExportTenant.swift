import FoundationEssentials
import RemitAPI
import RemitDigest
import SwiftProtobuf

extension Platform {
  /// Events that have no place yet are given theirs.
  private static let placed = [
    "host.event_tail": """
    (SELECT tenant_id, last + (SELECT count(*) FROM host.outbox o WHERE o.tenant_id = e.tenant_id) AS last FROM host.event_tail e)
    """,
    "host.event": """
    (SELECT tenant_id, sequence, type, aggregate, payload, hops, recorded_at, request_id FROM host.event
      UNION ALL
     SELECT o.tenant_id, e.last + row_number() OVER (PARTITION BY o.tenant_id ORDER BY o.id), o.type, o.aggregate, o.payload, o.hops, o.recorded_at,
            o.request_id FROM host.outbox o JOIN host.event_tail e USING (tenant_id))
    """,
  ]

  func exportTenant(_ request: Remit_Platform_V1_ExportTenantRequest, _ call: HostCall) async throws
    -> HostWrite<Remit_Platform_V1_ArchivePart>
  {
    let (id, tenant) = try await call.existingTenant(request.slug)
    let digest = try IncrementalSHA256()
    func send(_ text: String) async throws {
      let bytes = Array(text.utf8)
      digest.update(bytes)
      try await call.send(Remit_Platform_V1_ArchivePart.with { $0.data = .init(bytes) })
    }
    try await send(try TenantArchive.line(TenantArchive.Header(tenant, migrations: try await call.migrations())))
    var counts: [String: Int] = [:]
    for table in TenantTable.unguarded + (try await call.tenantTables()) {
      // Row-level security shows the rows of the one company; where there is none the condition does.
      _ = try await call.query([
        .actFor(id),
        SQL(
          """
          DECLARE rows NO SCROLL CURSOR FOR
           SELECT '{"table":"\(table.name.replacing("'", with: "''"))","row":' || (to_jsonb(t) - 'tenant_id')::text || '}' || E'\\n'
             FROM \(Self.placed[table.name] ?? table.name) t WHERE tenant_id = \(id)
          """),
      ])
      while true {
        let rows = try await call.query([SQL("FETCH 2000 FROM rows")])[0]
        guard rows.count > 0 else { break }
        counts[table.name, default: 0] += Int(rows.count)
        try await send(try rows.map { row in try row.text() }.joined())
      }
      _ = try await call.query([SQL("CLOSE rows")])
    }
    let end = try TenantArchive.line(TenantArchive.End(rows: counts, sha256: Digest.hexadecimal(digest.value())))
    let last = Remit_Platform_V1_ArchivePart.with { $0.data = .init(Array(end.utf8)) }
    // The audit trail keeps that it was exported, not what.
    return HostWrite(statements: [], reply: last, kept: .init(), resource: "tenant/\(tenant.slug)", about: id)
  }
}
