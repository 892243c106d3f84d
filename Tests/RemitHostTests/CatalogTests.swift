import RemitPostgres
import Testing

@testable import RemitHost

/// What the database must be like so that one company can never see another's rows. Each rule is a query that names offenders, and is shown
/// to find one.
@Suite("The catalog of the database", .serialized)
struct CatalogTests {
  /// Run as an administrator in a transaction that is rolled back; the rule must name one offender.
  static let offences = [
    "Row-level security is on and forced, with the one policy": "CREATE POLICY open ON ledger.customer USING (true)",
    "tenant_id is the first column of every primary, unique and foreign key": "ALTER TABLE ledger.customer ADD UNIQUE (number)",
    "tenant_id is the first column of every index": "CREATE INDEX ON ledger.customer (lower(number))",
    "Every tenant's table has a primary key, and a tenant_id that defaults to the caller's":
      "CREATE TABLE ledger.loose (tenant_id integer NOT NULL)",
    "The referencing columns of every foreign key are indexed, but for codes (text) of what the module may not delete":
      "ALTER TABLE ledger.movement ADD FOREIGN KEY (tenant_id, cause_id) REFERENCES ledger.document",
    "Every foreign key can wait for the end of a transaction: whole companies are imported and deleted":
      "ALTER TABLE ledger.movement ADD FOREIGN KEY (tenant_id, cause_id) REFERENCES ledger.document",
    "No foreign key leaves its schema": "ALTER TABLE ledger.customer ADD FOREIGN KEY (tenant_id) REFERENCES host.tenant",
    "No statistics of tenant_id: a company that is new would be estimated at no rows":
      "ALTER TABLE ledger.customer ALTER tenant_id SET STATISTICS 100",
    "Columns have types that cross the plugin boundary": "ALTER TABLE ledger.customer ADD rating numeric",
    "No module has functions": "CREATE FUNCTION ledger.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "TRUNCATE, which ignores row-level security, is granted to nobody; nor are REFERENCES and TRIGGER":
      "GRANT TRUNCATE ON ledger.customer TO remit_ledger",
    "A module has no right to what is another's, but to read its published views": "GRANT SELECT ON ledger.customer TO PUBLIC",
    "Tables and views belong to the owner of their module, who is no superuser and cannot log in":
      "CREATE VIEW ledger.all_v1 AS SELECT * FROM ledger.customer",
    "No role of Remit is a superuser or passes by row-level security, and only remitd logs in": "ALTER ROLE remit_ledger BYPASSRLS",
    "Nothing runs by itself but the checks of constraints: no triggers, no rules, no functions that are revoked in what a table computes":
      "ALTER TABLE ledger.customer ALTER name SET DEFAULT set_config('remit.tenant', '1', true)",
  ]

  @Test("holds every rule, and each rule finds an offender", arguments: CatalogRule.all)
  func rule(_ rule: CatalogRule) throws {
    let offence = try #require(Self.offences[rule.name])
    let session = try Session(url: Self.url.get())
    #expect(try session.query(rule.offenders).map { $0[0] ?? "" } == [])
    #expect(throws: RolledBack.self) {
      try session.transaction {
        try session.execute(offence)
        #expect(try session.query(rule.offenders).count == 1, "\(rule.name) does not find: \(offence)")
        throw RolledBack()
      }
    }
  }

  /// A database of its own: what the rules do to it must not get in the way of other tests.
  private static let url = Result {
    let database = try TestDatabase.shared.get()
    let administrator = try Session(url: database.url)
    try administrator.execute("DROP DATABASE IF EXISTS catalog")
    try administrator.execute("CREATE DATABASE catalog")
    let url = database.url.replacing("postgresql:///remit?", with: "postgresql:///catalog?")
    _ = try Migrator(url: url).migrate(database.plugins)
    return url
  }

  private struct RolledBack: Error {}
}
