import RemitAPI
import RemitPostgres

/// What modules let each other read, by SQL: views whose columns stand in their protos, granted to the roles of modules whose manifests name them, and to no other.
enum PublishedViews {
  /// Throws where a view is not as its message says.
  static func grant(_ plugins: LoadedPlugins, in session: Session) throws {
    for plugin in plugins.plugins {
      for view in plugin.manifest.views { try check(view, of: plugin, in: session) }
    }
    // What a manifest names no more is taken back.
    for row in try session.query(
      """
      SELECT c.oid::regclass::text, n.nspname, g.grantee::regrole::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) g
       WHERE c.relkind = 'v' AND g.grantee::regrole::text ~ '^remit_' AND g.grantee <> c.relowner
         AND g.grantee::regrole::text NOT IN ('remit_' || n.nspname, 'remit_host')
      """)
    {
      guard let view = row[0], let role = row[2] else { continue }
      try session.execute("REVOKE ALL ON \(view) FROM \(role)")
    }
    for plugin in plugins.plugins {
      for view in plugin.manifest.reads {
        // Names were checked with the manifests.
        let schema = view.prefix { $0 != "." }
        try session.execute("GRANT USAGE ON SCHEMA \(schema) TO remit_\(plugin.name); GRANT SELECT ON \(view) TO remit_\(plugin.name)")
      }
    }
    try session.execute("GRANT USAGE ON SCHEMA host TO remit_host; GRANT SELECT ON host.person_v1 TO remit_host")
    // Companies' forms look things up in them.
    for view in plugins.plugins.flatMap(\.manifest.views) {
      let schema = view.name.prefix { $0 != "." }
      try session.execute("GRANT USAGE ON SCHEMA \(schema) TO remit_host; GRANT SELECT ON \(view.name) TO remit_host")
    }
    if let (rule, offender) = try CatalogRule.firstBroken(in: session) {
      throw MigrationError("\(offender) breaks the rule: \(rule.name)")
    }
  }

  private static func check(_ view: Remit_Plugin_V1_View, of plugin: Plugin, in session: Session) throws {
    let columns = try plugin.manifest.columns(of: view)
    let found = try session.query(
      """
      SELECT a.attname, format_type(a.atttypid, NULL), c.relkind FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
       WHERE c.oid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'tenant_id' ORDER BY a.attnum
      """, [view.name])
    guard !found.isEmpty, found.allSatisfy({ $0[2] == "v" }) else {
      throw MigrationError("\(plugin.name) publishes \(view.name), and its migrations make no such view")
    }
    guard found.count == columns.count, zip(found, columns).allSatisfy({ $0[0] == $1.name && $1.types.contains($0[1] ?? "") }) else {
      let has = found.map { "\($0[0] ?? "") \($0[1] ?? "")" }.joined(separator: ", ")
      throw MigrationError("the columns of \(view.name) are not the fields of \(view.message): they are \(has)")
    }
  }

  /// What a module reads and is not granted; nil: nothing.
  static func missingGrant(_ plugins: LoadedPlugins, _ pool: Pool) async throws -> String? {
    let wanted = plugins.plugins.flatMap { plugin in plugin.manifest.reads.map { (role: "remit_\(plugin.name)", view: $0) } }
    guard !wanted.isEmpty else { return nil }
    return try await pool.host(
      """
      SELECT u.role || ' may not read ' || u.view FROM unnest($1::text[], $2::text[]) u (role, view)
       WHERE NOT coalesce((
             SELECT has_table_privilege(u.role, c.oid, 'SELECT') FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE (n.nspname, c.relname) = (split_part(u.view, '.', 1), split_part(u.view, '.', 2))), false) LIMIT 1
      """, [.texts(wanted.map(\.role)), .texts(wanted.map(\.view))]
    ).map { row in "\(try row.text()); run remitd migrate" }.first
  }
}
