import RemitExpressions
import Testing

@Suite("What cells of a decision table ask and what is wrong with them")
struct TablesCellTests {
  typealias Table = TestTable

  @Test(
    "Whole numbers",
    arguments: [
      ("", 7, true), ("-", 7, true), ("  - ", 7, true), ("7", 7, true), ("+7", 7, true), ("8", 7, false), ("-7", -7, true),
      ("<= 7", 7, true),
      ("<7", 7, false), ("> -8", -7, true), (">=7", 7, true), ("== 7", 7, true), ("!= 7", 7, false), ("5 .. 7", 7, true),
      ("5..7", 8, false), ("[5..7]", 5, true), ("(5..7]", 5, false), ("[5..7)", 7, false), ("]5..7[", 5, false),
      ("]5..7[", 6, true), ("[5..7[", 7, false), ("]5 .. 7]", 7, true), ("7 .. 7", 7, true), ("in [1, 7]", 7, true),
      ("in [1,2]", 7, false), ("in [5..7)", 6, true), ("in 5 .. 7", 6, true), ("1, 2, 7", 7, true), ("< 1, > 6", 7, true),
      ("[1..2], [5..8)", 7, true), ("]1..2[, ]5..8[", 7, true), ("]1..2[, ]5..8[", 3, false), ("not(7)", 7, false),
      ("not(1, 2)", 7, true), ("not(< 5, > 6)", 6, true), ("not( [5..8) )", 7, false), ("not(1), 1", 1, true), ("<= 3 + 4", 7, true),
      ("10 - 3", 7, true), ("it % 2 == 1", 7, true), ("it > 5 && x < 7", 7, false), ("!(it > 5)", 7, false), ("< x + 1", 7, true),
      ("in [x]", 7, true), ("9223372036854775807", Int64.max, true), ("-9223372036854775808", Int64.min, true),
      ("(it > 5)", 7, true), ("[1, 7].exists(e, e == it)", 7, true), ("true", 7, true), ("it in [1, 7] // why", 7, true),
    ] as [(String, Int64, Bool)])
  func ints(_ cell: String, _ value: Int64, _ takes: Bool) throws {
    #expect(try Table.takes("int", cell, .int(value)) == takes)
  }

  @Test(
    "Texts",
    arguments: [
      ("A", "A", true), ("'A'", "A", true), ("\"A\"", "A", true), ("A, B", "B", true), ("'A', 'B'", "B", true), ("'A', B", "C", false),
      ("in ['A', 'B']", "B", true), ("not('A')", "A", false), ("not(A, B)", "C", true), ("!= 'A'", "B", true), ("== A", "A", true),
      ("'a,b'", "a,b", true), ("'a..b'", "a..b", true), ("'-'", "-", true), ("''", "", true), ("'it''s'", "it's", false),
      ("'it\\'s'", "it's", true), ("\"it's\"", "it's", true), ("客户", "客户", true), ("客户, 供应商", "供应商", true),
      ("late-payer", "late-payer", true),
      ("30", "30", true), ("nothing", "nothing", true), ("notable", "notable", true), ("inward", "inward", true),
      ("it.startsWith('A')", "AB", true), ("< 'B'", "A", true), ("'A' + 'B'", "AB", true), ("size(it) > 2", "ABC", true),
      ("é", "e\u{301}", false), ("e\u{301}", "e\u{301}", true), ("'[', ']'", "]", true), ("'(\"'", "(\"", true),
    ])
  func texts(_ cell: String, _ value: String, _ takes: Bool) throws {
    if cell == "'it''s'" {
      #expect(!Table.errors("string", cell).isEmpty)
    } else {
      #expect(try Table.takes("string", cell, .string(value)) == takes)
    }
  }

  @Test(
    "Amounts, days, times and spans as they are written",
    arguments: [
      ("money", "<= 500.00 CNY", "500", true), ("money", "<= CNY 500", "500.01", false), ("money", "[1 CNY..5 CNY)", "5", false),
      ("money", "-500 CNY", "-500.00", true), ("money", "CNY -500", "-500", true), ("money", "> money('1', 'CNY') * 2", "2", false),
      ("money", "in [1 CNY, 2.50 CNY]", "2.5", true), ("money", "it.currency == 'CNY'", "1", true), ("money", "1 CNY, > 7 CNY", "8", true),
      ("decimal", "<= 12.50", "12.5", true), ("decimal", "[0.1..0.3)", "0.2", true), ("decimal", "1..2", "1.5", true),
      ("decimal", "0.10", "0.1", true), ("decimal", "> -1.5", "-1.50", false),
      ("decimal", "99999999999999999999999999999999999999", "1", false),
      ("date", ">= 2026-01-05", "2026-01-05", true), ("date", "2026-01-01 .. 2026-01-31", "2026-02-01", false),
      ("date", "< date('2026-01-05') + days(30)", "2026-02-03", true), ("date", "in [2026-01-05]", "2026-01-05", true),
      ("date", "it.month() == 1", "2026-01-05", true), ("date", "not(2026-01-05)", "2026-01-05", false),
      ("timestamp", "< 2026-01-05T10:00:00Z", "2026-01-05T09:59:59.999Z", true),
      ("timestamp", "2026-01-05T10:00:00+08:00", "2026-01-05T02:00:00Z", true), ("duration", "<= 1h30m", "90m", true),
      ("duration", "[1s..2s)", "1999ms", true), ("duration", "> 5400s", "1h30m", false),
    ])
  func typed(_ type: String, _ cell: String, _ text: String, _ takes: Bool) throws {
    let value: Value =
      switch type {
      case "money": Table.money(text)
      case "decimal": Table.decimal(text)
      case "date": Table.date(text)
      case "timestamp": Table.time(text)
      default: Table.duration(text)
      }
    #expect(try Table.takes(type, cell, value) == takes)
  }

  @Test("Truths")
  func bools() throws {
    #expect(try Table.takes("bool", "true", .bool(true)))
    #expect(try Table.takes("bool", "== false", .bool(false)))
    #expect(try Table.takes("bool", "not(true)", .bool(true)) == false)
    #expect(try Table.takes("bool", "!it", .bool(false)))
    #expect(try Table.takes("bool", "1 == 1", .bool(false)))
  }

  @Test("Numbers of other types are taken by their value")
  func numbers() throws {
    #expect(try Table.takes("decimal", "<= 5.5", .int(5)))
    #expect(try Table.takes("decimal", "5.0", .uint(5)))
    #expect(try Table.takes("int", "> 5", .uint(.max)))
    #expect(try Table.takes("int", "5", .uint(5)))
  }

  @Test(
    "What can be nothing but a wrong literal or interval is told with how it is written",
    arguments: [
      ("int", "5.5", "row 1, x, 1:1: '5.5' is no int; an int is written like 30"),
      ("int", "<= 9223372036854775808", "row 1, x, 1:4: '9223372036854775808' is no int of 64 bits; an int is written like 30"),
      ("int", "<= 10,500", "row 1, x, 1:6: a comma between digits; numbers are written without, other tests follow ', '"),
      ("int", "007", "row 1, x, 1:1: '007' is no int of 64 bits; an int is written like 30"),
      ("int", "10 .. 5", "row 1, x, 1:1: nothing is in the interval: 10 is more than 5"),
      ("int", "(5..5]", "row 1, x, 1:2: nothing is in the interval"),
      ("int", "(5..6)", "row 1, x: no value of the column meets it"),
      ("int", "> 9223372036854775807", "row 1, x: no value of the column meets it"),
      ("int", "[5..", "row 1, x, 1:3: the brackets of the interval do not match; it is written like [10..20)"),
      ("int", "1 / 0", "row 1, x, 1:1: division by zero"),
      ("int", "5..", "row 1, x, 1:4: an end of the interval is missing"),
      ("int", "..", "row 1, x, 1:1: an end of the interval is missing"),
      ("int", "[..]", "row 1, x, 1:2: an end of the interval is missing"),
      ("int", "[1..x)", "row 1, x, 1:1: an interval stands between values; an int is written like 30"),
      ("int", "1, , 2", "row 1, x, 1:4: a test is missing; '-' alone stands for anything"),
      ("int", "<=", "row 1, x, 1:3: after '<=' a value is missing"),
      ("int", "null", "row 1, x, 1:1: it is never null; what may be null has the type 'int?'"),
      ("int", "not(it > 5)", "row 1, x, 1:1: not(…) takes plain tests; of an expression the contrary is !(…)"),
      ("string", "a..b", "row 1, x, 1:2: a string has no intervals"),
      ("string", "x", "row 1, x, 1:1: 'x' may be the text or the value of that name; the text is written 'x' in quotes, the value (x)"),
      ("date", "2026-02-30", "row 1, x, 1:1: '2026-02-30' is no date; a date is written like 2026-01-05"),
      ("date", ">= 5.1.2026", "row 1, x, 1:4: '5.1.2026' is no date; a date is written like 2026-01-05"),
      ("date", "date('2026-02-30')", "row 1, x, 1:1: '2026-02-30' is no day of the calendar such as '2026-01-05'"),
      ("money", "<= 500", "row 1, x, 1:4: '500' is no money; a money is written like 500.00 CNY"),
      ("money", "<= 500 cny", "row 1, x, 1:4: '500 cny' is no money; a money is written like 500.00 CNY"),
      ("money", "[1 CNY..5 USD]", "row 1, x, 1:2: CNY and USD are different currencies"),
      ("decimal", "1e5", "row 1, x, 1:1: '1e5' is no decimal; a decimal is written like 12.50"),
      ("duration", "3 days", "row 1, x, 1:3: 'days' where an operator or the end is expected; an expression writes duration('1h30m')"),
      ("bool", "not(true, false)", "row 1, x: no value of the column meets it"),
      ("string in [A, B]", "C", "row 1, x: 'C' is none of what it may be; there are 'A', 'B'"),
      ("string in [north, south]", "nort", "row 1, x: 'nort' is none of what it may be; did you mean 'north'?"),
      ("string in [A, B]", "not(A, B)", "row 1, x: no value of the column meets it; its type is string in [A, B]"),
      ("int 0 .. 120", "> 120", "row 1, x: no value of the column meets it; its type is int 0 .. 120"),
    ])
  func wrong(_ type: String, _ cell: String, _ message: String) {
    let errors = Table.errors(type, cell)
    #expect(errors.first == message && errors.count == 1)
  }

  @Test(
    "Expressions that are wrong are told with the place in the cell",
    arguments: [
      ("int", "it > y", "row 1, x, 1:6: undeclared name 'y'"), ("int", "<= y", "row 1, x, 1:4: undeclared name 'y'"),
      ("int", "  > x +\n  limt", "row 1, x, 2:3: undeclared name 'limt'; did you mean 'list'?"),
      ("int", "x + 1", "row 1, x, 1:1: the expression gives int, where bool is expected"),
      (
        "string", "late payer",
        "row 1, x, 1:6: 'payer' where an operator or the end is expected; a text of more than a word stands in quotes"
      ),
      ("string", "'abc", "row 1, x, 1:1: the string has no end"),
      (
        "money", "<= 500 CNY && true",
        "row 1, x, 1:8: 'CNY' where an operator or the end is expected; an expression writes money('500.00', 'CNY')"
      ),
      (
        "date", "'2026-01-05'",
        "row 1, x, 1:1: the expression gives string, where bool is expected; an expression writes date('2026-01-05')"
      ),
      ("list(string)", "'a'", "row 1, x, 1:1: the expression gives string, where bool is expected"),
    ])
  func expressions(_ type: String, _ cell: String, _ message: String) { #expect(Table.errors(type, cell) == [message]) }

  @Test("All that is wrong is told at once")
  func all() {
    let errors = Table.errors { () throws(TableErrors) in
      try DecisionTable(
        hit: .first, given: [.init("amount", "money"), .init("grade", "string in ['A', 'B']")], gives: [.init("hours", "int")],
        rows: [["<= 500", "'C'", "x"], ["-", "-"], ["-", "A", ""], ["amont > 1", "-", "1.5"]])
    }
    #expect(
      errors == [
        "row 1, amount, 1:4: '500' is no money; a money is written like 500.00 CNY",
        "row 1, grade: 'C' is none of what it may be; there are 'A', 'B'", "row 1, hours, 1:1: undeclared name 'x'",
        "row 2: 2 cells, where there are 3 columns", "row 3, hours: what it gives is missing; an int is written like 30",
        "row 4, amount, 1:1: undeclared name 'amont'; did you mean 'amount'?",
        "row 4, hours, 1:1: '1.5' is no int; an int is written like 30",
      ])
  }

  @Test("What is wrong with columns is told before cells are looked at")
  func columns() {
    let environment = Environment(variables: [.init("amount", .money), .init("grade", .string)])
    let errors = Table.errors { () throws(TableErrors) in
      try DecisionTable(
        hit: .collectSum,
        given: [
          .init("amout", "money"), .init("grade", "int"), .init("it", "text", is: "grade"), .init("a b", "bool", is: "amount > 1"),
          .init("n", "int 9 .. 1", is: "1"), .init("m", "int", is: "grade"), .init("m", "string(", is: "grade"),
        ], gives: [.init("path", "string"), .init("hours", "int", is: "1"), .init("x", "string in")], rows: [["nonsense"]],
        environment: environment)
    }
    #expect(
      errors == [
        "name of it: 'it' is what a cell calls its own column's value",
        "name of a b: a name has letters, digits and '_', and begins with a letter; it is no word of the language",
        "name of m: there is a column 'm' already", "name of amout: there is no variable 'amout'; did you mean 'amount'?",
        "type of grade: the variable 'grade' is string, not int", "type of it, 1:1: there is no type 'text'; did you mean 'string'?",
        "is of a b, 1:8: no such overload: money > int; there is money > money",
        "type of n, 1:5: nothing is in the interval: 9 is more than 1", "is of m: the expression gives string, where int is expected",
        "type of m, 1:7: after the type stands what it may be, as in a cell; for one: 'int 0 .. 120'",
        "type of path: 'collect_sum' gathers no column of type string", "is of hours: an output is told by the rows, not computed",
        "type of x, 1:7: 'in' is ",
      ].dropLast() + errors.suffix(1))
    let unranked = Table.errors { () throws(TableErrors) in try Table.one("int", ["-"], hit: .priority) }
    #expect(unranked.first?.contains("'priority' needs the values of the first output in their order") == true)
  }

  @Test("A table has bounds")
  func bounds() {
    func errors(_ given: Int, _ rows: [[String]]) -> [String] {
      Table.errors { () throws(TableErrors) in
        try DecisionTable(hit: .first, given: (0..<given).map { .init("x\($0)", "int") }, gives: [.init("y", "int")], rows: rows)
      }
    }
    #expect(errors(1, []) == ["a table has at least one row"])
    #expect(errors(0, [["1"]]) == ["a table has at least one input"])
    #expect(errors(30, [["1"]]) == ["a table has at most 30 columns, not 31"])
    #expect(errors(1, [[String]](repeating: ["-", "1"], count: 1001)) == ["a table has at most 1000 rows, not 1001"])
    #expect(errors(1, [[String](repeating: "-", count: 10_000)]) == ["row 1: 10000 cells, where there are 2 columns"])
    #expect(errors(1, [[String(repeating: " ", count: 10_001), "1"]]) == ["row 1, x0: a cell has at most 10000 bytes, not 10001"])
    let long = String(repeating: " ", count: 9000)
    #expect(errors(1, [[String]](repeating: [long, "1"], count: 200)).first?.hasPrefix("a table has at most 1048576 bytes") == true)
    #expect(errors(1, [[String]](repeating: ["y", "1"], count: 1000)).count == 100)
    #expect(errors(29, [[String]](repeating: [String](repeating: "-", count: 29) + ["1"], count: 1000)) == [])
  }
}
