/// One statement of a pipeline, with its parameters in Postgres' binary format.
public struct Statement: Sendable {
  public var sql: String
  /// Type OIDs of $1, $2, ...
  public var types: [UInt32]
  /// The parameters one after the other, each a big-endian Int32 length (-1 is NULL) and that many bytes.
  public var cells: [UInt8]
  /// Statements are prepared once for each scope: a plan made under one role must not serve another.
  public var scope: String
  /// Follows the text as a comment, for the server's log and pg_stat_activity. As each can have another, such a statement is not prepared.
  public var comment: String?

  public init(_ sql: String, types: [UInt32] = [], cells: [UInt8] = [], scope: String = "host") {
    self.sql = sql
    self.types = types
    self.cells = cells
    self.scope = scope
  }

  /// The position and length of each parameter in `cells`; nil is NULL. Throws where `cells` does not hold exactly one for each type.
  func parameterRanges() throws(PostgresError) -> [Range<Int>?] {
    var ranges: [Range<Int>?] = []
    ranges.reserveCapacity(types.count)
    var position = 0
    while position < cells.count {
      guard position + 4 <= cells.count else { throw malformed }
      let length = cells[position..<position + 4].reduce(Int32(0)) { $0 << 8 | Int32($1) }
      position += 4
      if length == -1 {
        ranges.append(nil)
      } else {
        guard length >= 0, Int(length) <= cells.count - position else { throw malformed }
        ranges.append(position..<position + Int(length))
        position += Int(length)
      }
    }
    guard ranges.count == types.count else { throw malformed }
    return ranges
  }

  private var malformed: PostgresError {
    PostgresError(.invalidStatement, "the parameters of a statement are malformed: \(types.count) types do not fit \(cells.count) bytes")
  }
}

/// What one statement gave: rows in the same shape as parameters.
public struct Rows: Sendable {
  /// Type OIDs of the columns.
  public var types: [UInt32] = []
  /// Number of rows in `cells`.
  public var count = 0
  /// Row after row, each cell as in `Statement.cells`.
  public var cells: [UInt8] = []
  /// Rows inserted, updated, deleted or selected.
  public var affected = 0
}
