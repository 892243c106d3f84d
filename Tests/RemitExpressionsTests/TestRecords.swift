import RemitExpressions

/// A record of the tests: an open item.
final class TestItem: RecordValue {
  static let type = RecordType(
    "test.v1.Item",
    fields: [
      .init("number", .string), .init("amount", .money), .init("open", .decimal), .init("due_on", .date),
      .init("days", .int), .init("note", .nullable(.string)),
    ]
  ) { fields throws(EvaluationError) in
    let item = TestItem()
    var values = item.values
    for (index, value) in fields { values[index] = value }
    return .record(TestItem(values))
  }

  let values: [Value]
  var recordType: RecordType { Self.type }

  init(_ values: [Value] = [.string(""), .null, .null, .null, .int(0), .null]) { self.values = values }

  func value(at index: Int) -> Value { values[index] }
  func hasValue(at index: Int) -> Bool { if case .null = values[index] { false } else { true } }
}

/// What the tests' expressions may name.
enum TestEnvironment {
  static let calendar = BusinessCalendar(
    holidays: [day("2026-01-01"), day("2026-05-01")], workingDays: [day("2026-01-04")])

  static let environment = Environment(
    variables: [
      .init("it", .record("test.v1.Item")), .init("x", .int), .init("s", .string),
      .init("list", .list(.int), sizeMax: 10),
      .init("calendar", .calendar), .init("now", .timestamp), .init("any", .dyn),
    ], records: [TestItem.type], container: "test.v1")

  static let values: [Value] = [
    .record(
      TestItem([
        .string("INV-1"), .money(money("12.50", "EUR")), .decimal(decimal("10.25")), .date(day("2026-01-31")), .int(45),
        .null,
      ])),
    .int(5), .string("häuser"), .list([.int(1), .int(2), .int(3)]), .opaque(calendar),
    TimestampValue("2026-01-05T23:30:00Z").map { .timestamp($0) } ?? .null, .int(7),
  ]

  static func day(_ text: String) -> DateValue { DateValue(text) ?? DateValue(dayNumber: 0) ?? fallback }
  private static let fallback = DateValue(year: 1, month: 1, day: 1)!

  static func decimal(_ text: String) -> DecimalValue { DecimalValue(text) ?? DecimalValue(0 as Int64) }
  static func money(_ amount: String, _ currency: String) -> MoneyValue {
    MoneyValue(decimal(amount), currency: currency)!
  }

  /// As text, so that a test reads as what a person would see.
  static func result(_ text: String) throws -> String {
    let expression = try Expression("string(\(text))", in: environment)
    guard case .string(let result) = try expression.evaluate(values) else { return "no string" }
    return result
  }

  static func holds(_ text: String) throws -> Bool {
    try Expression(text, in: environment, expecting: .bool).holds(values)
  }

  static func errors(_ text: String, expecting type: ValueType? = nil) -> [String] {
    do throws(ExpressionErrors) {
      _ = try Expression(text, in: environment, expecting: type)
      return []
    } catch {
      return error.items.map(\.description)
    }
  }

  /// The code of the error with which it ends when evaluated.
  static func failure(_ text: String, budget: Int = Expression.budget) throws -> EvaluationError.Code? {
    let expression = try Expression(text, in: environment)
    do throws(EvaluationError) {
      _ = try expression.evaluate(values, budget: budget)
      return nil
    } catch {
      return error.code
    }
  }
}
