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
}
