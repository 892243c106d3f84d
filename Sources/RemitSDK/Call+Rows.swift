public import RemitAPI

/// One statement that reads, for where there is but one: several go in one `query`.
extension Call {
  /// - Parameter read: takes all columns, in their order.
  public func rows<Value>(_ statement: Statement, _ read: (inout CellReader) throws -> Value) async throws -> [Value] {
    try await query([statement])[0].map(read)
  }

  /// nil where there is no row.
  public func first<Value>(_ statement: Statement, _ read: (inout CellReader) throws -> Value) async throws -> Value? {
    try await rows(statement, read).first
  }

  /// Whether there is a row.
  public func exists(_ statement: Statement) async throws -> Bool { try await query([statement])[0].count > 0 }
}
