import RemitPostgres

/// What the database must be like so that one company can never see another's rows, nor a module more than its own: a query that names offenders.
/// `remitd migrate` asks all of them before it commits a module's migration.
struct CatalogRule: Sendable {
  let name: String
  let offenders: String

  /// The first rule that is broken, and by what.
  static func firstBroken(in session: Session) throws -> (rule: CatalogRule, offender: String)? {
    for rule in all {
      if let offender = try session.query(rule.offenders).first { return (rule, offender[0] ?? "") }
    }
    return nil
  }

  /// Tables with rows of tenants. Those of the host that are read before the tenant is known are named here; no module is granted any of them.
  private static let tables = """
    SELECT c.oid, c.oid::regclass::text AS name, c.relnamespace, c.relforcerowsecurity, c.relrowsecurity
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema|public)'
       AND c.oid::regclass::text NOT IN ('host.tenant', 'host.role', 'host.api_key', 'host.job', 'host.migration', 'host.outbox',
                                            'host.event_tail', 'host.cursor', 'host.wake', 'host.webhook_secret', 'host.person',
                                            'host.credential', 'host.session')
    """

  /// $name of a column by its number.
  private static func column(_ relation: String, _ number: String) -> String {
    "(SELECT attname FROM pg_attribute WHERE attrelid = \(relation) AND attnum = \(number))"
  }

  static let all = [
    CatalogRule(
      name: "Row-level security is on and forced, with the one policy",
      offenders: """
        SELECT t.name FROM (\(tables)) t WHERE NOT t.relrowsecurity OR NOT t.relforcerowsecurity
           OR (SELECT string_agg(p.polname || ' ' || pg_get_expr(p.polqual, p.polrelid) || ' ' || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')
                 || p.polpermissive || p.polcmd::text, ';') FROM pg_policy p WHERE p.polrelid = t.oid)
              IS DISTINCT FROM 'tenant (tenant_id = (current_setting(''remit.tenant''::text))::integer) true*'
        """),
    CatalogRule(
      name: "tenant_id is the first column of every primary, unique and foreign key",
      offenders: """
        SELECT t.name || '.' || k.conname FROM (\(tables)) t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype IN ('p', 'u', 'f')
         WHERE \(column("k.conrelid", "k.conkey[1]")) <> 'tenant_id'
            OR (k.contype = 'f' AND \(column("k.confrelid", "k.confkey[1]")) <> 'tenant_id')
        """),
    CatalogRule(
      name: "tenant_id is the first column of every index",
      offenders: """
        SELECT i.indexrelid::regclass::text FROM (\(tables)) t JOIN pg_index i ON i.indrelid = t.oid
         WHERE \(column("i.indrelid", "i.indkey[0]")) IS DISTINCT FROM 'tenant_id'
        """),
    CatalogRule(
      name: "Every tenant's table has a primary key, and a tenant_id that defaults to the caller's",
      offenders: """
        SELECT t.name FROM (\(tables)) t
         WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'p')
            OR NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
                            WHERE a.attrelid = t.oid AND a.attname = 'tenant_id' AND a.atttypid = 'int4'::regtype AND a.attnotnull
                              AND pg_get_expr(d.adbin, d.adrelid) = '(current_setting(''remit.tenant''::text))::integer')
        """),
    CatalogRule(
      name: "The referencing columns of every foreign key are indexed, but for codes (text) of what the module may not delete",
      offenders: """
        SELECT t.name || '.' || k.conname FROM (\(tables)) t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
          JOIN pg_namespace n ON n.oid = t.relnamespace
          JOIN pg_attribute a ON (a.attrelid, a.attnum) = (k.confrelid, k.confkey[cardinality(k.confkey)])
         WHERE NOT (a.atttypid = 'text'::regtype AND NOT has_table_privilege('remit_' || n.nspname, k.confrelid, 'DELETE'))
           AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid
                            AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
                            AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) ~ 'IS NOT NULL'))
        """),
    CatalogRule(
      name: "Every foreign key can wait for the end of a transaction: whole companies are imported and deleted",
      offenders: """
        SELECT t.name || '.' || k.conname FROM (\(tables)) t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f' AND NOT k.condeferrable
        """),
    CatalogRule(
      name: "No foreign key leaves its schema",
      offenders: """
        SELECT k.conname FROM (\(tables)) t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
          JOIN pg_class r ON r.oid = k.confrelid WHERE r.relnamespace <> t.relnamespace
        """),
    CatalogRule(
      name: "No statistics of tenant_id: a company that is new would be estimated at no rows",
      offenders: """
        SELECT t.name FROM (\(tables)) t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
         WHERE a.attstattarget <> 0 AND t.name NOT LIKE 'host.%'
        """),
    CatalogRule(
      name: "Columns have types that cross the plugin boundary",
      offenders: """
        SELECT t.name || '.' || a.attname FROM (\(tables)) t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE rtrim(format_type(a.atttypid, NULL), '[]') NOT IN
               ('boolean', 'smallint', 'integer', 'bigint', 'text', 'bytea', 'uuid', 'date', 'timestamp with time zone', 'jsonb')
        """),
    CatalogRule(
      name: "No module has functions",
      offenders: """
        SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname !~ '^(pg_|information_schema|host)'
        """),
    CatalogRule(
      name: "TRUNCATE, which ignores row-level security, is granted to nobody; nor are REFERENCES and TRIGGER",
      offenders: """
        SELECT t.name || ' ' || g.grantee::regrole::text || ' ' || g.privilege_type
          FROM (\(tables)) t JOIN pg_class c ON c.oid = t.oid CROSS JOIN LATERAL aclexplode(c.relacl) g
         WHERE g.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER') AND g.grantee <> c.relowner
        """),
    CatalogRule(
      name: "A module has no right to what is another's, but to read its published views",
      offenders: """
        SELECT c.oid::regclass::text || ' ' || g.grantee::regrole::text
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) g
         WHERE n.nspname !~ '^(pg_|information_schema|public)' AND g.grantee <> c.relowner
           AND g.grantee::regrole::text ~ '^remit_' AND g.grantee::regrole::text NOT IN ('remit_' || n.nspname, 'remit_host')
           AND NOT (c.relkind = 'v' AND c.relname ~ '_v[0-9]+$' AND g.privilege_type = 'SELECT')
        UNION ALL
        SELECT c.oid::regclass::text || ' PUBLIC' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) g
         WHERE n.nspname !~ '^(pg_|information_schema|public)' AND g.grantee = 0
        """),
    CatalogRule(
      name: "Tables and views belong to the owner of their module, who is no superuser and cannot log in",
      offenders: """
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner
         WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^(pg_|information_schema|public)'
           AND (r.rolname <> 'remit_' || n.nspname || '_owner' OR r.rolsuper OR r.rolbypassrls OR r.rolcanlogin)
        """),
    CatalogRule(
      name: "No role of Remit is a superuser or passes by row-level security, and only remitd logs in",
      offenders: """
        SELECT rolname FROM pg_roles WHERE (rolname ~ '^remit_' OR rolname = 'remitd')
           AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR rolcanlogin <> (rolname = 'remitd')
                OR (rolname = 'remitd' AND rolinherit))
        """),
    CatalogRule(
      name:
        "Nothing runs by itself but the checks of constraints: no triggers, no rules, no functions that are revoked in what a table computes",
      offenders: """
        SELECT t.name || '.' || g.tgname FROM (\(tables)) t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal WHERE t.name NOT LIKE 'host.%'
        UNION ALL SELECT t.name || '.' || r.rulename FROM (\(tables)) t JOIN pg_rewrite r ON r.ev_class = t.oid
        UNION ALL
        SELECT e.name FROM (
          SELECT adrelid::regclass || ' default' AS name, adbin::text AS tree FROM pg_attrdef
          UNION ALL SELECT conname, conbin::text FROM pg_constraint WHERE conbin IS NOT NULL
          UNION ALL SELECT indexrelid::regclass::text, concat(indexprs::text, indpred::text) FROM pg_index WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
          UNION ALL SELECT ev_class::regclass::text, ev_action::text FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
                      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^(pg_|information_schema)') e
         WHERE EXISTS (SELECT FROM regexp_matches(e.tree, 'funcid ([0-9]+) ', 'g') m JOIN pg_proc p ON p.oid = m[1]::oid
                        WHERE NOT has_function_privilege('public', p.oid, 'EXECUTE'))
        """),
  ]
}
