import RemitAPI
import RemitPostgres

/// Gives every company the rows that a module wants each to have, such as its accounts.
enum Provisioning {
  /// Changes nothing where it was run before.
  static func run(_ plugins: LoadedPlugins, in session: Session) throws {
    for tenant in try session.query("SELECT tenant_id FROM host.tenant WHERE tenant_id <> 0 ORDER BY tenant_id").compactMap(\.first) {
      for plugin in plugins.plugins where !plugin.manifest.provisioning.isEmpty {
        do {
          try session.transaction {
            try session.query("SELECT set_config('remit.tenant', $1, true), set_config('search_path', 'pg_catalog', true)", [tenant])
            try session.execute("SET LOCAL ROLE remit_\(plugin.name)")
            for statement in plugin.manifest.provisioning { try session.query(statement) }
          }
        } catch {
          throw MigrationError("the provisioning of \(plugin.name) failed and was rolled back: \(error)")
        }
      }
    }
  }

  /// The same for one company that is being made, in the transaction that makes it. They begin and end as the host.
  static func statements(for tenant: Int32, _ plugins: [Plugin]) -> [Remit_Plugin_V1_Statement] {
    plugins.filter { !$0.manifest.provisioning.isEmpty }.flatMap { plugin in
      [
        Remit_Plugin_V1_Statement(
          "SELECT set_config('remit.tenant', $1, true), set_config('role', $2, true)",
          [.text(String(tenant)), .text("remit_\(plugin.name)")])
      ] + plugin.manifest.provisioning.map { Remit_Plugin_V1_Statement($0) } + [Remit_Plugin_V1_Statement("SET LOCAL ROLE remit_host")]
    }
  }
}
