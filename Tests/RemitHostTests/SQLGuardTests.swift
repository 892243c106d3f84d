import RemitAPI
import Testing

@testable import RemitHost

@Suite("A plugin's SQL")
struct SQLGuardTests {
  @Test(
    "Statements that read or write rows pass",
    arguments: [
      "SELECT 1", " \n\t(select 1)", "-- why\nINSERT INTO a VALUES (1)", "/* a /* nested */ b */ UPDATE a SET b = 1",
      "WITH x AS (SELECT 1) SELECT",
      "delete from a", "MERGE INTO a", "VALUES (1)", "--\rSELECT 1",
    ])
  func allowed(_ sql: String) throws { try SQLGuard.check(sql) }

  @Test(
    "Everything else is refused",
    arguments: [
      "", " ", ";SELECT 1", "SET ROLE remitd", "RESET ROLE", "DO $$ BEGIN END $$", "COMMIT", "BEGIN", "COPY a TO STDOUT", "LOCK TABLE a",
      "PREPARE x AS SELECT 1", "EXPLAIN SELECT 1", "/* SELECT", "/* /* */ SELECT 1", "\u{A0}SELECT 1", "SELECTED", "-- SELECT 1",
      "LISTEN x",
      "TABLE a", "\u{FEFF}SELECT 1", "CALL p()",
    ])
  func refused(_ sql: String) {
    let error = #expect(throws: CallError.self) { try SQLGuard.check(sql) }
    #expect(error?.reason == "STATEMENT_REFUSED")
  }

  @Test(
    "A migration may also define tables and rights",
    arguments: ["CREATE TABLE a ()", "alter table a", "DROP INDEX a", "COMMENT ON", "GRANT x"])
  func migration(_ sql: String) throws {
    try SQLGuard.checkMigration(sql)
    #expect(throws: CallError.self) { try SQLGuard.check(sql) }
  }

  @Test(
    "A migration may not change who it runs as",
    arguments: ["RESET ROLE", "set role remit_host", "DO $$ $$", "COMMIT", "COPY a FROM STDIN"])
  func refusedMigration(_ sql: String) {
    #expect(throws: CallError.self) { try SQLGuard.checkMigration(sql) }
  }

  @Test(
    "A script is cut at the semicolons between its statements alone",
    arguments: [
      ("SELECT 1; SELECT 2;\n", ["SELECT 1", " SELECT 2"]),
      ("SELECT ';'';'; SELECT \";\"", ["SELECT ';'';'", " SELECT \";\""]),
      ("SELECT E'\\';'; RESET ROLE", ["SELECT E'\\';'", " RESET ROLE"]),
      ("SELECT '\\'; RESET ROLE", ["SELECT '\\'", " RESET ROLE"]),
      ("-- a; b\nSELECT 1 /* ; /* ; */ ; */; -- the end;", ["-- a; b\nSELECT 1 /* ; /* ; */ ; */"]),
      ("SELECT $$;$$, $a$;$$;$a$; SELECT $1; SELECT 2", ["SELECT $$;$$, $a$;$$;$a$", " SELECT $1", " SELECT 2"]),
      (" ;; \n-- nothing\n;", []), ("SELECT 'open; SELECT 2", ["SELECT 'open; SELECT 2"]),
    ])
  func script(_ text: String, _ statements: [String]) {
    #expect(SQLScript.statements(of: text) == statements)
  }
}
