import RemitExpressions

/// Small tables for the tests.
enum TestTable {
  /// A table of one input `x` and one output `y`, as short as can be.
  static func one(
    _ type: String, _ cells: [String], hit: HitPolicy = .first, gives: String = "int", outputs: [String]? = nil
  ) throws(TableErrors) -> DecisionTable {
    let rows = cells.enumerated().map { [$1, outputs?[$0] ?? "\($0)"] }
    return try DecisionTable(hit: hit, given: [.init("x", type)], gives: [.init("y", gives)], rows: rows)
  }

  /// Whether a cell of a column of the type takes the value.
  static func takes(_ type: String, _ cell: String, _ value: Value) throws -> Bool {
    try !one(type, [cell]).decide([value]).rows.isEmpty
  }

  static func errors(_ make: () throws(TableErrors) -> DecisionTable) -> [String] {
    do throws(TableErrors) {
      _ = try make()
      return []
    } catch {
      return error.items.map(\.description)
    }
  }

  /// What is wrong with a cell of a column of the type.
  static func errors(_ type: String, _ cell: String) -> [String] { errors { () throws(TableErrors) in try one(type, [cell]) } }

  static func failure(_ decide: () throws(EvaluationError) -> Decision) -> EvaluationError? {
    do throws(EvaluationError) {
      _ = try decide()
      return nil
    } catch {
      return error
    }
  }

  static func money(_ amount: String, _ currency: String = "CNY") -> Value { .money(TestEnvironment.money(amount, currency)) }
  static func decimal(_ text: String) -> Value { .decimal(TestEnvironment.decimal(text)) }
  static func date(_ text: String) -> Value { .date(TestEnvironment.day(text)) }
  static func time(_ text: String) -> Value { TimestampValue(text).map { .timestamp($0) } ?? .null }
  static func duration(_ text: String) -> Value { DurationValue(text).map { .duration($0) } ?? .null }

  /// Whom a credit note goes to.
  static func route(hit: HitPolicy = .first) throws(TableErrors) -> DecisionTable {
    try DecisionTable(
      hit: hit, given: [.init("amount", "money"), .init("grade", "string")], gives: [.init("path", "string"), .init("hours", "int")],
      rows: [
        ["<= CNY 500", "in ['A', 'B']", "'auto'", "0"],
        ["-", "== 'D'", "'legal'", "0"],
        ["<= CNY 50000", "-", "'manager'", "8"],
        ["-", "-", "'board'", "16"],
      ])
  }
}
