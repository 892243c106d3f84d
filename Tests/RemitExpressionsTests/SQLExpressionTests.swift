import RemitExpressions
import Testing

/// That the SQL means the same was tried on a PostgreSQL; here it stands as it was then.
@Suite("Expressions as SQL")
struct SQLExpressionTests {
  typealias Env = TestEnvironment

  private func column(_ path: String) -> SQLColumn? {
    switch path {
    case "it.number": SQLColumn("i.number", .string)
    case "it.note": SQLColumn("i.fields->>'note'", .nullable(.string))
    case "it.days": SQLColumn("i.days", .int)
    case "it.open": SQLColumn("i.open", .decimal)
    case "it.due_on": SQLColumn("i.due_on", .date)
    case "it.amount": SQLColumn("i.amount", .money, currency: "i.currency")
    case "now": SQLColumn("i.at", .timestamp)
    case "any": SQLColumn("i.paid", .bool)
    case "calendar": SQLColumn("i.calendar", .calendar)
    default: nil
    }
  }

  private func translated(_ text: String, given: [String: Value] = [:], first: Int = 1) throws -> SQLExpression {
    try SQLExpression(Expression(text, in: Env.environment), columns: column, given: given, firstParameter: first)
  }

  private func refusal(_ text: String, given: [String: Value] = [:]) throws -> String? {
    let expression = try Expression(text, in: Env.environment)
    do throws(ExpressionErrors) {
      _ = try SQLExpression(expression, columns: column, given: given)
      return nil
    } catch {
      return error.description
    }
  }

  @Test(
    "A filter leaves null out by itself, so that an index may be used",
    arguments: [
      ("it.number == 'a'", "((i.number) = ($1)::text)", ["a"]),
      ("it.days == 3 && it.open > 10 || any", "((((i.days) = ($1)::bigint) AND ((i.open) > ($2)::bigint)) OR (i.paid))", ["3", "10"]),
      ("it.number in ['a', 'b\"c\\\\']", "((i.number) = ANY (($1)::text[]))", [#"{"a","b\"c\\"}"#]),
      ("it.days in [1, 2]", "((i.days) = ANY (($1)::bigint[]))", [#"{"1","2"}"#]),
      ("it.open in [1, 2]", "((i.open) = ANY (($1)::numeric[]))", [#"{"1","2"}"#]),
      ("it.days in [decimal('1.0')]", "((i.days) = ANY (($1)::numeric[]))", [#"{"1.0"}"#]),
    ])
  func filters(_ text: String, _ sql: String, _ parameters: [String]) throws {
    let found = try translated(text)
    #expect(found.sql == sql && found.parameters == parameters)
  }

  @Test(
    "null equals null and nothing else, and what fails stays failed",
    arguments: [
      ("it.note == null", "((i.fields->>'note') IS NULL)"),
      ("it.note != null", "(NOT ((i.fields->>'note') IS NULL))"),
      ("has(it.note)", "((i.fields->>'note') IS NOT NULL)"),
      ("it.number == it.note", "((i.number) IS NOT DISTINCT FROM (i.fields->>'note'))"),
      ("it.number != 'a'", "((i.number) IS DISTINCT FROM ($1)::text)"),
      ("!(it.number == 'a')", "(NOT ((i.number) IS NOT DISTINCT FROM ($1)::text))"),
      ("!(it.number in ['a'])", "(NOT CASE WHEN ((i.number) IS NULL) THEN false ELSE ((i.number) = ANY (($1)::text[])) END)"),
      ("it.note in ['a', null]", "CASE WHEN ((i.fields->>'note') IS NULL) THEN true ELSE ((i.fields->>'note') = ANY (($1)::text[])) END"),
      ("!(it.days + 1 == 2)", "(NOT (((i.days)::numeric + ($1)::bigint::numeric) = ($2)::bigint))"),
      (
        "it.days != it.days + 1",
        "(NOT CASE WHEN ((i.days) IS NULL) OR NULLIF(((i.days)::numeric + ($1)::bigint::numeric) IS NULL, true) "
          + "THEN ((i.days) IS NULL) AND NULLIF(((i.days)::numeric + ($1)::bigint::numeric) IS NULL, true) "
          + "ELSE (i.days) = ((i.days)::numeric + ($1)::bigint::numeric) END)"
      ),
      ("any ? it.days : 5", "CASE (i.paid) WHEN true THEN (i.days) WHEN false THEN ($1)::bigint END"),
      (
        "(any ? it.note : 'a') == null",
        "CASE (i.paid) WHEN true THEN ((i.fields->>'note') IS NULL) WHEN false THEN false END"
      ),
    ])
  func nulls(_ text: String, _ sql: String) throws { #expect(try translated(text).sql == sql) }

  @Test(
    "Texts are compared by code points",
    arguments: [
      ("it.number < 'a'", "((i.number) < ($1)::text COLLATE \"C\")"), ("size(it.number)", "char_length((i.number))"),
      ("it.number.contains('%')", "(strpos((i.number), ($1)::text) > 0)"),
      ("it.number.startsWith('_')", "starts_with((i.number), ($1)::text)"),
      ("it.number.endsWith(it.note)", "(right((i.number), char_length((i.fields->>'note'))) = (i.fields->>'note'))"),
      ("it.number.lowerAscii()", "lower((i.number) COLLATE \"C\")"), ("it.number.upperAscii()", "upper((i.number) COLLATE \"C\")"),
    ])
  func texts(_ text: String, _ sql: String) throws { #expect(try translated(text).sql == sql) }

  @Test(
    "Amounts are computed exactly, moneys within a currency",
    arguments: [
      ("-it.days * it.open", "((- (i.days)::numeric)::numeric * (i.open))"),
      ("it.amount.amount - 1", "((i.amount) - ($1)::bigint::numeric)"),
      ("it.amount.currency", "CASE WHEN (i.amount) IS NOT NULL THEN (i.currency) END"),
      ("it.amount < money('5', 'EUR')", "CASE WHEN (i.currency) = ($2)::text THEN ((i.amount) < ($1)::numeric) END"),
      ("it.amount + money('5', 'EUR')", "CASE WHEN (i.currency) = ($2)::text THEN ((i.amount) + ($1)::numeric) END"),
      ("2 * it.amount", "(($1)::bigint::numeric * (i.amount))"),
      (
        "it.amount == money('5', 'EUR')",
        "CASE WHEN ((i.amount) IS NULL) OR false THEN ((i.amount) IS NULL) AND false "
          + "ELSE CASE (i.amount) = ($1)::numeric WHEN true THEN (i.currency) = ($2)::text WHEN false THEN false END END"
      ),
    ])
  func amounts(_ text: String, _ sql: String) throws { #expect(try translated(text).sql == sql) }

  @Test(
    "Days are moved within the years that there are",
    arguments: [
      (
        "it.due_on + days(30)", "CASE WHEN (i.due_on) BETWEEN ($2)::date AND ($3)::date THEN ((i.due_on) + ($1)::int) END",
        ["30", "0001-01-01", "9999-12-01"]
      ),
      (
        "it.due_on - months(1)",
        "CASE WHEN (i.due_on) BETWEEN ($2)::date AND ($3)::date THEN ((i.due_on) + ($1)::interval)::date END",
        ["-1 months", "0001-02-01", "9999-12-31"]
      ),
      ("days(9223372036854775807) + it.due_on", "NULL::date", ["4000000"]),
      ("it.due_on - date('2026-01-05')", "((i.due_on) - ($1)::date)", ["2026-01-05"]),
      ("it.due_on.year()", "EXTRACT(YEAR FROM (i.due_on))", []),
    ])
  func days(_ text: String, _ sql: String, _ parameters: [String]) throws {
    let found = try translated(text)
    #expect(found.sql == sql && found.parameters == parameters)
  }

  @Test("What has no column is evaluated before, with the values that are given")
  func known() throws {
    let found = try translated(
      "it.days > x * 2 && it.number in list.map(e, string(e)) && s == 'a'",
      given: ["x": .int(4), "s": .string("a"), "list": .list([.int(1)])], first: 7)
    #expect(found.sql == "(((i.days) > ($7)::bigint) AND ((i.number) = ANY (($8)::text[])) AND ($9)::boolean)")
    #expect(found.parameters == ["8", #"{"1"}"#, "true"])
    #expect(try translated("1 + 1").parameters == ["2"])
    #expect(try translated("it.note == s", given: ["s": .null]).sql == "((i.fields->>'note') IS NULL)")
    #expect(try refusal("it.days > x / 0", given: ["x": .int(4)]) == "1:13: division by zero")
    #expect(try refusal("it.days > x", given: [:]) == "1:11: 'x' cannot be asked of the database")
  }

  @Test("A text is never part of the SQL, and a mark with an accent is escaped as any other")
  func injection() throws {
    let texts = ["'; DROP TABLE items; --", "\"\u{301}", "\\\u{301}"]
    let found = try translated(
      "it.number in dyn(list) || it.number == s", given: ["list": .list(texts.map { .string($0) }), "s": .string(texts[0])])
    #expect(found.sql == "(((i.number) = ANY (($1)::text[])) OR ((i.number) = ($2)::text))")
    let escaped = [texts[0], "\\\"\u{301}", "\\\\\u{301}"].map { "\"" + $0 + "\"" }.joined(separator: ",")
    #expect(found.parameters.compactMap(\.self).map { Array($0.utf8) } == ["{\(escaped)}", texts[0]].map { Array($0.utf8) })
  }

  @Test(
    "What cannot be said in SQL is refused with its place",
    arguments: [
      ("it.days > 1 && it.number.matches('a')", "1:26: 'matches' cannot be asked of the database"),
      ("it.days / 2 > 1", "1:9: 'int / int' cannot be asked of the database"),
      ("it.number + 'a' == 'b'", "1:11: 'string + string' cannot be asked of the database"),
      ("it.due_on + days(it.days) > it.due_on", "1:13: 'days' cannot be asked of the database"),
      ("it.amount in [money('1', 'EUR')]", "1:11: 'money in list(dyn)' cannot be asked of the database"),
      ("it.number in [it.note]", "1:14: a list of columns cannot be asked of the database"),
      ("[1].exists(e, e == it.days)", "1:5: 'exists' cannot be asked of the database"),
      ("cel.bind(v, it.days, v > 1)", "1:5: a name for a column cannot be asked of the database"),
      ("it == it", "1:1: 'it' cannot be asked of the database"),
      ("it.?note.hasValue()", "1:5: 'note' cannot be asked of the database"),
      ("isBusinessDay(it.due_on, calendar)", "1:26: 'calendar' cannot be asked of the database"),
      ("it.number == '\\u0000'", "1:14: a string with U+0000 cannot be asked of the database"),
      ("now < timestamp('2026-01-05T00:00:00.0000001Z')", "1:7: a timestamp finer than a microsecond cannot be asked of the database"),
      ("duration('1h')", "1:1: a duration cannot be asked of the database"),
    ])
  func refused(_ text: String, _ error: String) throws { #expect(try refusal(text) == error) }

  @Test("What would be too large for the database is refused")
  func bounds() throws {
    let many = (0..<3400).map { "it.days == \($0)" }.joined(separator: " || ")
    #expect(try refusal(many)?.hasSuffix("an expression of more than 10000 parts cannot be asked of the database") == true)
    let product = Array(repeating: "it.open", count: 102).joined(separator: " * ")
    #expect(try refusal(product)?.hasSuffix("more than 100 multiplications cannot be asked of the database") == true)
    // Each level has the one below twice.
    let doubled = (0..<30).reduce("any") { text, _ in "((\(text) ? it.days : it.days + 1) == it.days)" }
    #expect(try refusal(doubled)?.hasSuffix("so large an expression cannot be asked of the database") == true)
    let deep = String(repeating: "!(", count: 100) + "any" + String(repeating: ")", count: 100)
    #expect(try translated(deep).sql.count == 6 * 100 + 8)
  }
}
