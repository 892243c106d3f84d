import RemitAPI

/// Lets through only statements that read or write rows: whatever else could leave the tenant or the transaction
/// (SET, RESET, DO, COMMIT, COPY, LOCK, PREPARE, EXPLAIN, ...).
enum SQLGuard {
  private static let allowed: Set<String> = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES"]

  static func check(_ sql: String) throws(CallError) {
    guard let word = firstWord(of: sql), allowed.contains(word) else {
      throw CallError(
        .permissionDenied, "STATEMENT_REFUSED",
        "a plugin's statement begins with SELECT, INSERT, UPDATE, DELETE, MERGE, WITH or VALUES, not with: \(sql.prefix(40))")
    }
  }

  private static let allowedInMigrations = allowed.union(["CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE"])

  /// The same for a statement of a migration, which may define tables too. It is run as the module's owner, and must not become somebody else.
  static func checkMigration(_ sql: String) throws(CallError) {
    guard let word = firstWord(of: sql), allowedInMigrations.contains(word) else {
      throw CallError(.permissionDenied, "STATEMENT_REFUSED", "a migration defines tables, and cannot have: \(sql.prefix(40))")
    }
  }

  /// The first word in capitals, after ASCII blanks, comments and opening parentheses; nil where there is none.
  static func firstWord(of sql: String) -> String? {
    var rest = Array(sql.utf8)[...]
    while let byte = rest.first {
      if [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, UInt8(ascii: "(")].contains(byte) {
        rest = rest.dropFirst()
      } else if rest.starts(with: "--".utf8) {
        rest = rest.drop { $0 != 0x0A && $0 != 0x0D }
      } else if rest.starts(with: "/*".utf8) {
        guard let after = skipComment(rest) else { return nil }
        rest = after
      } else {
        break
      }
    }
    let word = rest.prefix { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 & 0xDF }
    return word.isEmpty ? nil : String(decoding: word.map { $0 & 0xDF }, as: UTF8.self)
  }

  /// What follows the comment at the start; comments nest. nil where it does not end.
  static func skipComment(_ sql: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var depth = 0
    var rest = sql
    while !rest.isEmpty {
      if rest.starts(with: "/*".utf8) {
        depth += 1
        rest = rest.dropFirst(2)
      } else if rest.starts(with: "*/".utf8) {
        depth -= 1
        rest = rest.dropFirst(2)
        if depth == 0 { return rest }
      } else {
        rest = rest.dropFirst()
      }
    }
    return nil
  }
}
