import RemitAPI
import RemitPostgres
import SwiftProtobuf

extension Platform {
  func getDatabaseStatus(_: Remit_Platform_V1_GetDatabaseStatusRequest, _ call: HostCall) async throws -> Remit_Platform_V1_DatabaseStatus {
    let results = try await call.query([
      SQL(
        """
        SELECT current_setting('server_version'), current_database()::text, pg_database_size(current_database()),
               (SELECT count(*)::int FROM host.tenant WHERE tenant_id <> 0)
        """),
      SQL(
        """
        SELECT module, count(*)::int, max(name),
               (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = module AND c.relkind = 'r')
          FROM host.migration GROUP BY module ORDER BY module
        """),
    ])
    let use = pool.use
    return try .with { status in
      _ = try results[0].map { row in
        status.serverVersion = try row.text()
        status.database = try row.text()
        status.bytes = try row.int8()
        status.tenants = try row.int4()
      }
      status.modules = try results[1].map { row in
        try .with {
          $0.name = try row.text()
          $0.migrations = try row.int4()
          $0.latest = try row.text()
          $0.bytes = try row.int8()
        }
      }
      status.connections = Int32(use.size)
      status.connectionsInUse = Int32(use.inUse)
    }
  }
}
