public import RemitAPI
import Synchronization

extension Statement {
  private static let texts = Mutex<[[String]: String]>([:])

  /// INSERTs, UPDATEs and DELETEs as one statement, which costs the database less than several. They see what was there before all of them, run in any
  /// order, and each row is changed by at most one of them. For few rows: it is planned once, whatever comes.
  ///
  /// - Parameter statements: at least two, without WITH of their own.
  public static func together(_ statements: [Statement]) -> Statement {
    let parts = statements.map(\.sql)
    var whole = Statement()
    whole.sql = texts.withLock { texts in
      if let text = texts[parts] { return text }
      let text = text(of: statements)
      texts[parts] = text
      return text
    }
    for statement in statements {
      whole.types += statement.types
      whole.cells += statement.cells
    }
    return whole
  }

  private static func text(of statements: [Statement]) -> String {
    var before = 0
    let numbered = statements.map { statement in
      defer { before += statement.types.count }
      return statement.sql.replacing(/\$([0-9]+)/) { "$\(before + (Int($0.output.1) ?? 0))" }
    }
    let first = numbered.dropLast().enumerated().map { "w\($0.offset) AS (\n\($0.element)\n)" }.joined(separator: ",\n")
    return "WITH \(first)\n\(numbered.last ?? "")"
  }
}
