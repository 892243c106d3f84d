import RemitAPI
import RemitPostgres

extension CallError {
  /// What a plugin, and through it the caller, is told of a database error. Details that are nobody's business outside stay in `metadata`
  /// for the plugin, and in the log.
  ///
  /// - Parameter statements: which statements of the pipeline were the module's own.
  init(_ error: PostgresError, statements: Range<Int>) {
    switch (error.code, error.sqlState) {
    case (.unreachable, _), (.closed, _), (.connectionLost, _):
      self.init(.unavailable, "DATABASE_UNAVAILABLE", "the database cannot be reached; try again")
      retryAfterMs = 1000
    case (.invalidStatement, _):
      self.init(.internal, "INVALID_STATEMENT", error.message)
    case (_, "23505"):
      self.init(.alreadyExists, "ALREADY_EXISTS", "there is such a record already")
    case (_, "23503"), (_, "23514"):
      self.init(.failedPrecondition, "CONSTRAINT", "the database refuses this: \(error.constraint)")
    case (_, "RM001"):
      // "REASON", or "REASON: and a sentence".
      let parts = error.message.split(separator: ": ", maxSplits: 1)
      let reason = parts.first.map(String.init) ?? "REFUSED"
      self.init(.failedPrecondition, reason, parts.count == 2 ? String(parts[1]) : "the record is not as the request expects: \(reason)")
    case (_, "22003"):
      self.init(.failedPrecondition, "SUM_TOO_LARGE", "a sum becomes larger than Remit can hold")
    case (_, "22007"), (_, "22008"), (_, "22021"), (_, "22P02"), (_, "54000"):
      self.init(.invalidArgument, "VALUE_REFUSED", "the database takes no such value: \(error.message)")
    case (_, "40001"), (_, "40P01"):
      self.init(.aborted, "CONFLICT", "another change came first; try again")
    case (_, "57014"):
      self.init(.deadlineExceeded, "DEADLINE_EXCEEDED", "the database took longer than the deadline of the call")
    case (_, "53100"), (_, "53200"), (_, "53300"), (_, "53400"):
      self.init(.unavailable, "DATABASE_OVERLOADED", "the database has no room; try again")
      retryAfterMs = 5000
    default:
      self.init(
        error.isStalePlan ? .aborted : .internal, error.isStalePlan ? "SCHEMA_CHANGED" : "DATABASE",
        "a statement failed in the database")
    }
    if !error.sqlState.isEmpty { metadata["sqlstate"] = error.sqlState }
    if !error.constraint.isEmpty { metadata["constraint"] = error.constraint }
    if let index = error.statement, statements.contains(index) { metadata["statement"] = String(index - statements.lowerBound) }
    metadata["database"] = error.description
  }
}
