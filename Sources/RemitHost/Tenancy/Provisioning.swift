import RemitAPI
import RemitPostgres

/// Gives every company the rows that a module wants each to have, such as its accounts.
enum Provisioning {
  /// Changes nothing where it was run before.
  static func run(_ plugins: LoadedPlugins, in session: Session) throws {
    for tenant in try session.query("SELECT tenant_id FROM host.tenant ORDER BY tenant_id").compactMap(\.first) {
      for plugin in plugins.plugins where !plugin.manifest.provisioning.isEmpty {
        do {
          try session.transaction {
            try session.query("SELECT set_config('remit.tenant', $1, true), set_config('search_path', 'pg_catalog', true)", [tenant])
            try session.execute("SET LOCAL ROLE remit_\(plugin.name)")
            try session.execute(plugin.manifest.provisioning)
          }
        } catch {
          throw MigrationError("the provisioning of \(plugin.name) failed and was rolled back: \(error)")
        }
      }
    }
  }
}
