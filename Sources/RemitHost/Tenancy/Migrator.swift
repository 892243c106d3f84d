import RemitAPI
import RemitDigest
import RemitPostgres

/// Brings a database up to date: roles, schemas and migrations of the host and of its plugins. Forward only, each in a transaction of its
/// own, under a lock, so that two at once do it once.
public struct Migrator {
  /// A number that other programs do not lock.
  private static let lock = 7_461_001

  private let session: Session

  /// - Parameter url: of an administrator (a superuser) in the database.
  public init(url: String) throws { session = try Session(url: url) }

  /// Applies what is missing; gives the names of what was applied: "ledger/0001_customer".
  public func migrate(_ plugins: LoadedPlugins) throws -> [String] {
    try session.query("SELECT pg_advisory_lock($1)", [String(Self.lock)])
    defer { _ = try? session.query("SELECT pg_advisory_unlock($1)", [String(Self.lock)]) }
    try session.transaction { try session.execute(HostSQL.bootstrap) }
    var applied = try apply(HostSQL.migrations, of: "host", run: session.execute)
    for plugin in plugins.plugins {
      try session.transaction { try session.execute(Self.schema(of: plugin.name)) }
      applied += try apply(plugin.manifest.migrations, of: plugin.name) { sql in try self.define(sql, for: plugin.name) }
    }
    try session.transaction { try PublishedViews.grant(plugins, in: session) }
    try Provisioning.run(plugins, in: session)
    return applied
  }

  /// What a module's migration says, as its owner, one statement at a time; refused where a company or a module would be open to another after it.
  private func define(_ sql: String, for module: String) throws {
    for statement in SQLScript.statements(of: sql) {
      try SQLGuard.checkMigration(statement)
      try session.query(statement)
    }
    try session.execute("RESET ROLE")
    try session.execute(Self.openToHost(module))
    if let (rule, offender) = try CatalogRule.firstBroken(in: session) {
      throw MigrationError("after it \(offender) breaks the rule: \(rule.name)")
    }
  }

  /// - Parameter run: runs a migration's text as the owner role.
  private func apply(
    _ migrations: [Remit_Plugin_V1_Migration], of module: String, run: (String) throws -> Void
  ) throws -> [String] {
    let rows = try session.query("SELECT number, sha256 FROM host.migration WHERE module = $1", [module])
    let done = Dictionary(rows.map { ($0[0] ?? "", $0[1] ?? "") }, uniquingKeysWith: { first, _ in first })
    var applied: [String] = []
    for migration in migrations {
      let name = "\(module)/\(migration.name)"
      if let sha256 = done[String(migration.number)] {
        guard sha256 == migration.sha256 else {
          throw MigrationError("\(name) was applied with another text; a migration is never changed, write a new one")
        }
        continue
      }
      do {
        try session.transaction {
          try session.execute("SET LOCAL ROLE remit_\(module)_owner; SET LOCAL search_path = pg_catalog")
          try run(migration.sql)
          try session.execute("RESET ROLE")
          try session.query(
            "INSERT INTO host.migration (module, number, name, sha256) VALUES ($1, $2, $3, $4)",
            [module, String(migration.number), migration.name, migration.sha256])
        }
      } catch {
        throw MigrationError("\(name) failed and was rolled back: \(error)")
      }
      applied.append(name)
    }
    return applied
  }

  /// The module's schema and roles. Its name was checked with the manifest.
  private static func schema(of module: String) -> String {
    """
    DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'remit_\(module)_owner') THEN CREATE ROLE remit_\(module)_owner NOLOGIN; END IF;
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'remit_\(module)') THEN CREATE ROLE remit_\(module) NOLOGIN; END IF;
    END $$;
    GRANT remit_\(module) TO remitd;
    CREATE SCHEMA IF NOT EXISTS \(module) AUTHORIZATION remit_\(module)_owner;
    GRANT USAGE ON SCHEMA \(module) TO remit_\(module);
    GRANT USAGE ON SCHEMA host TO remit_\(module), remit_\(module)_owner;
    GRANT EXECUTE ON FUNCTION host.tenant_table TO remit_\(module)_owner;
    GRANT EXECUTE ON FUNCTION host.require, host.lock TO remit_\(module);
    """
  }

  /// The host exports, imports and deletes whole companies, so it may do so with the rows of every table, one company's at a time: row-level
  /// security holds for it as well. It does so in any order of the tables, so foreign keys can wait for the end of the transaction.
  private static func openToHost(_ module: String) -> String {
    """
    GRANT USAGE ON SCHEMA \(module) TO remit_host;
    GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA \(module) TO remit_host;
    DO $$
    DECLARE k record;
    BEGIN
      FOR k IN SELECT conrelid::regclass AS t, conname FROM pg_constraint
                WHERE contype = 'f' AND NOT condeferrable AND connamespace = '\(module)'::regnamespace LOOP
        EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I DEFERRABLE', k.t, k.conname);
      END LOOP;
    END $$;
    """
  }

  /// Refuses a database that lacks a migration, or in which a module could leave its tenant.
  static func check(_ pool: Pool, _ plugins: LoadedPlugins) async throws {
    let wanted = [("host", HostSQL.migrations)] + plugins.plugins.map { ($0.name, $0.manifest.migrations) }
    let rows: [Rows]
    do {
      rows = try await pool.run([
        Statement("SELECT module, number, sha256 FROM host.migration"),
        Statement(
          """
          SELECT count(*) FROM pg_proc p WHERE p.proname IN ('set_config', 'pg_advisory_lock', 'lo_create', 'query_to_xml', 'pg_notify')
             AND has_function_privilege('public', p.oid, 'EXECUTE')
          """),
      ])
    } catch {
      // No such table, no such schema, no right to it.
      let isUnprepared = ["42P01", "3F000", "42501"].contains(error.sqlState)
      throw MigrationError(isUnprepared ? "the database has not been prepared; run remitd migrate" : "\(error)")
    }
    let applied = Set(
      try Remit_Plugin_V1_Rows(rows[0]).map { row in "\(try row.text()) \(try row.int4()) \(try row.text())" })
    for (module, migrations) in wanted {
      for migration in migrations where !applied.contains("\(module) \(migration.number) \(migration.sha256)") {
        throw MigrationError("the database lacks \(module)/\(migration.name); run remitd migrate")
      }
    }
    if let problem = try await PublishedViews.missingGrant(plugins, pool) { throw MigrationError(problem) }
    guard try Remit_Plugin_V1_Rows(rows[1]).map({ row in try row.int8() }) == [0] else {
      throw MigrationError("modules could leave their tenant: functions such as set_config are not revoked; run remitd migrate")
    }
  }
}

public struct MigrationError: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

extension HostSQL {
  static var bootstrap: String { files.first { $0.name == "bootstrap" }?.sql ?? "" }

  static var migrations: [Remit_Plugin_V1_Migration] {
    files.filter { $0.name != "bootstrap" }.enumerated().map { index, file in
      var migration = Remit_Plugin_V1_Migration()
      migration.number = UInt32(index + 1)
      migration.name = file.name
      migration.sql = file.sql
      return migration
    }
  }
}

extension Remit_Plugin_V1_Migration {
  var sha256: String { Digest.hexadecimal(Digest.sha256(Array(sql.utf8))) }
}
