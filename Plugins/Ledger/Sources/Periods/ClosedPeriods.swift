import RemitAPI
import RemitSDK

/// The company's periods into which the caller may not post.
struct ClosedPeriods {
  /// The name of the lock that who posts shares, and who changes a period has alone: so nothing is posted into a period while it is closed.
  static let lock = "periods"

  private var periods: [(startsOn: CivilDate, endsOn: CivilDate, words: String)] = []

  /// Refuses what is to be written where one of the days is closed to the caller.
  static func check(_ days: some Sequence<CivilDate>, _ call: Call) -> [Statement] {
    [
      Statement("SELECT host.lock($1, false)", [.text(lock)]),
      Statement(
        """
        SELECT host.require(false, 'PERIOD_CLOSED: ' || d.day || ' ' || \(words))
          FROM unnest($2::date[]) d (day) JOIN ledger.period p ON d.day BETWEEN p.starts_on AND p.ends_on
         WHERE \(isClosed) LIMIT 1
        """, [.bool(mayPostSoftClosed(call)), .dates(Array(days))]),
    ]
  }

  /// For `learn`.
  static func lookup(_ call: Call) -> Statement {
    Statement(
      "SELECT p.starts_on, p.ends_on, \(words) FROM ledger.period p WHERE \(isClosed)", [.bool(mayPostSoftClosed(call))])
  }

  mutating func learn(_ rows: Rows) throws {
    periods = try rows.map { row in (try row.date(), try row.date(), try row.text()) }
  }

  /// Why the caller may not post on a day; nil where they may.
  func words(for day: CivilDate) -> String? { periods.first { $0.startsOn <= day && day <= $0.endsOn }?.words }

  /// Whether the caller may post on a day; else the row says why not.
  func isOpen(_ day: CivilDate, _ field: String, _ row: inout ImportRow) -> Bool {
    guard let words = words(for: day) else { return true }
    row.refuse(field, words)
    return false
  }

  private static func mayPostSoftClosed(_ call: Call) -> Bool { call.may("ledger.period.post_soft_closed") }

  private static let isClosed = "(p.state = 'closed' OR p.state = 'soft_closed' AND NOT $1)"
  private static let words = """
    'is in the period ' || p.starts_on || ' to ' || p.ends_on || ', which ' || p.recorded_by || ' has '
    || replace(p.state, '_', '-') || CASE p.reason WHEN '' THEN '' ELSE ': ' || p.reason END
    """
}
