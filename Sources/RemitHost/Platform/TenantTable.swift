import RemitAPI
import SwiftProtobuf

extension [Remit_Platform_V1_TableCount] {
  /// Those with rows, by name.
  init(_ counts: [(name: String, rows: Int64)]) {
    self = counts.filter { $0.rows > 0 }.sorted { $0.name < $1.name }.map { count in
      .with {
        $0.table = count.name
        $0.rows = count.rows
      }
    }
  }
}

/// A table with rows of companies.
struct TenantTable: Sendable {
  /// "ledger.document", quoted where it must be.
  let name: String
  /// All that are stored, but tenant_id; quoted.
  let columns: [String]
  /// An SQL condition of rows whose numbers and times no calculation expects, as only a forged archive has them; empty where none can be.
  let outOfBounds: String

  /// Those without row-level security, which are read before the tenant is known, or over all of them.
  static let unguarded = [
    TenantTable(name: "host.role", columns: ["name", "permissions"], outOfBounds: ""),
    // Passwords stay where they are: people are invited anew.
    TenantTable(
      name: "host.person",
      columns: [
        "person_id", "login", "name", "email", "locale", "roles", "state", "version", "away_from", "away_until", "substitute", "created_at",
        "created_by", "manager",
      ],
      outOfBounds: """
        version NOT BETWEEN 1 AND 1000000000 OR created_at NOT BETWEEN '0001-01-01Z' AND '9999-12-31Z' OR
        away_from NOT BETWEEN '0001-01-01' AND '9999-12-31' OR away_until NOT BETWEEN '0001-01-01' AND '9999-12-31'
        """),
    TenantTable(
      name: "host.event_tail", columns: ["last"], outOfBounds: "last NOT BETWEEN 0 AND 10000000000000000"),
    TenantTable(
      name: "host.cursor", columns: ["subscriber", "position", "retry_at"], outOfBounds: "position NOT BETWEEN 0 AND 10000000000000000"),
    TenantTable(
      name: "host.wake", columns: ["module", "key", "due_at"], outOfBounds: "due_at NOT BETWEEN '0001-01-01Z' AND '9999-12-31Z'"),
  ]
}

extension HostCall {
  /// The tables that row-level security divides among the companies: those of the modules, and the audit trail.
  func tenantTables() async throws -> [TenantTable] {
    try await query([
      SQL(
        """
        SELECT c.oid::regclass::text, (
                 SELECT array_to_string(array_agg(quote_ident(a.attname) ORDER BY a.attnum), E'\\n') FROM pg_catalog.pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attname <> 'tenant_id'),
               coalesce((
                 SELECT string_agg(quote_ident(a.attname) || ' NOT BETWEEN ' || b.range, ' OR ') FROM pg_catalog.pg_attribute a
                   JOIN (VALUES ('int8', '-10000000000000000 AND 10000000000000000'), ('int4', '-1000000000 AND 1000000000'),
                                ('date', $$'0001-01-01' AND '9999-12-31'$$), ('timestamptz', $$'0001-01-01Z' AND '9999-12-31Z'$$)) b (type, range)
                     ON a.atttypid = ('pg_catalog.' || b.type)::regtype
                  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'tenant_id'), '')
          FROM pg_catalog.pg_class c JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid AND p.polname = 'tenant'
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
        """)
    ])[0].map { row in
      TenantTable(
        name: try row.text(), columns: try row.text().split(separator: "\n").map(String.init), outOfBounds: try row.text())
    }
  }
}
