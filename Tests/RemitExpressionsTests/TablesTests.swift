import RemitExpressions
import Testing

@Suite("What a decision table gives")
struct TablesTests {
  typealias Table = TestTable

  @Test("The first row that matches decides")
  func first() throws {
    let table = try Table.route()
    func path(_ amount: String, _ grade: String) throws -> [Value] {
      try table.decide([Table.money(amount), .string(grade)]).outputs
    }
    #expect(try path("500.00", "A") == [.string("auto"), .int(0)])
    #expect(try path("500.01", "A") == [.string("manager"), .int(8)])
    #expect(try path("1", "D") == [.string("legal"), .int(0)])
    #expect(try path("50000.01", "C") == [.string("board"), .int(16)])
    #expect(table.outputTypes == [.string, .int])
  }

  @Test("A decision says of each row what became of it")
  func explanation() throws {
    let table = try Table.route()
    let decision = try table.decide([Table.money("700"), .string("B")])
    #expect(decision.rows == [2] && decision.row == 2 && decision["hours"] == .int(8) && decision["day"] == nil)
    #expect(decision.outcomes == [.failed(column: 0), .failed(column: 1), .matched, .notAsked])
    #expect(
      table.explanation(of: decision) == [
        "row 1 does not match: amount is not <= CNY 500", "row 2 does not match: grade is not == 'D'", "row 3 matches",
        "row 4 was not looked at",
      ])
  }

  @Test("Where no row matches the decision is empty")
  func none() throws {
    for hit in HitPolicy.allCases where hit != .priority {
      let decision = try Table.one("int", ["> 5", "> 7"], hit: hit).decide([.int(1)])
      #expect(decision.rows.isEmpty && decision.outputs.isEmpty && decision.row == nil && decision["y"] == nil)
      #expect(decision.outcomes == [.failed(column: 0), .failed(column: 0)])
    }
  }

  @Test("Where one row may match, two are an error that names them")
  func unique() throws {
    let table = try Table.one("int", ["<= 5", "[3..9]", "> 20"], hit: .unique)
    #expect(try table.decide([.int(2)]).rows == [0])
    let error = Table.failure { () throws(EvaluationError) in try table.decide([.int(4)]) }
    #expect(error?.code == .ambiguous)
    #expect(error?.message == "rows 1 and 2 match, where one may")
  }

  @Test("Rows that give the same may match together, others not")
  func any() throws {
    let table = try Table.one("int", ["< 10", "> 5", "> 7"], hit: .any, gives: "decimal", outputs: ["1.5", "1.50", "x * decimal('0.2')"])
    #expect(try table.decide([.int(6)]).outputs == [Table.decimal("1.5")])
    #expect(try table.decide([.int(6)]).rows == [0, 1])
    let error = Table.failure { () throws(EvaluationError) in try table.decide([.int(8)]) }
    #expect(error?.code == .ambiguous)
    #expect(error?.message == "rows 1 and 3 match and give different 'y': 1.5 and 1.6")
  }

  @Test("With priority the output counts that stands first among those of its type")
  func priority() throws {
    let table = try DecisionTable(
      hit: .priority, given: [.init("x", "int")], gives: [.init("risk", "string in ['refuse', 'hold', 'pass']"), .init("n", "int")],
      rows: [["> 0", "pass", "1"], ["> 5", "hold", "2"], ["> 7", "x > 100 ? 'refuse' : 'hold'", "3"]])
    #expect(try table.decide([.int(1)]).outputs == [.string("pass"), .int(1)])
    #expect(try table.decide([.int(8)]).row == 1)
    #expect(try table.decide([.int(8)]).rows == [0, 1, 2])
    #expect(try table.decide([.int(101)])["risk"] == .string("refuse"))
  }

  @Test("Outputs are gathered as a list, a sum, the least, the greatest and a number")
  func collect() throws {
    func gather(_ hit: HitPolicy, _ type: String, _ outputs: [String]) throws -> Value? {
      try Table.one("int", ["> 0", "> 1", "> 2", "> 99"], hit: hit, gives: type, outputs: outputs).decide([.int(3)])["y"]
    }
    #expect(try gather(.collect, "int", ["5", "3", "x", "1"]) == .list([.int(5), .int(3), .int(3)]))
    #expect(try gather(.collectSum, "money", ["5 CNY", "3.50 CNY", "1 CNY", "1 CNY"]) == Table.money("9.50"))
    #expect(try gather(.collectSum, "duration", ["1h", "30m", "1s", "1s"]) == Table.duration("1h30m1s"))
    #expect(try gather(.collectMin, "date", ["2026-01-05", "2025-01-05", "2026-01-01", "2020-01-01"]) == Table.date("2025-01-05"))
    #expect(try gather(.collectMax, "decimal", ["5", "5.1", "x", "9"].map { $0 == "x" ? "decimal(x)" : $0 }) == Table.decimal("5.1"))
    #expect(try gather(.collectCount, "string", ["a", "b", "c", "d"]) == .int(3))
    #expect(try Table.one("int", ["-"], hit: .collect).outputTypes == [.list(.int)])
    #expect(try Table.one("int", ["-"], hit: .collectCount, gives: "string").outputTypes == [.int])
  }

  @Test("A sum that is too large or of two currencies is an error that names the column")
  func badSums() throws {
    let large = try Table.one("int", ["-", "-"], hit: .collectSum, outputs: ["9223372036854775807", "1"])
    #expect(Table.failure { () throws(EvaluationError) in try large.decide([.int(1)]) }?.code == .overflow)
    let mixed = try Table.one("int", ["-", "-"], hit: .collectSum, gives: "money", outputs: ["1 CNY", "1 USD"])
    let error = Table.failure { () throws(EvaluationError) in try mixed.decide([.int(1)]) }
    #expect(error?.code == .currencyMismatch)
    #expect(error?.message == "y: CNY and USD are different currencies")
  }

  @Test("Cells may be expressions over `it`, the other inputs and what surrounds the table")
  func expressions() throws {
    let environment = Environment(
      variables: [.init("limit", .money), .init("amount", .money), .init("order", .record("test.v1.Item")), .init("it", .string)],
      records: [TestItem.type])
    let table = try DecisionTable(
      hit: .first, given: [.init("amount", "money"), .init("age", "int", is: "order.days + size(it)")],
      gives: [.init("path", "string"), .init("fee", "money")],
      rows: [
        ["it > limit && age < 50", "-", "too_much", "it_fee"].map { $0 == "it_fee" ? "amount - limit" : $0 },
        ["<= limit * 2", "> 40 + 5", "late", "money(age, 'CNY')"],
        ["-", "it % 2 == 0", "even", "0 CNY"],
      ], environment: environment)
    func decide(_ amount: String, _ days: Int64) throws -> [Value] {
      let item = TestItem([.string(""), .null, .null, .null, .int(days), .null])
      return try table.decide([Table.money("100"), Table.money(amount), .record(item), .string("ab")]).outputs
    }
    #expect(try decide("120", 10) == [.string("too_much"), Table.money("20")])
    #expect(try decide("120", 60) == [.string("late"), Table.money("62")])
    #expect(try decide("500", 60) == [.string("even"), Table.money("0")])
    #expect(try decide("500", 61) == [])
  }

  @Test("Functions of the embedder stand in cells too")
  func functions() throws {
    let twice = Function("twice", [.int], .int) { arguments throws(EvaluationError) in
      if case .int(let value) = arguments[0] { .int(value * 2) } else { .null }
    }
    let environment = Environment(variables: [.init("x", .int)], functions: [twice])
    let table = try DecisionTable(
      hit: .first, given: [.init("x", "int"), .init("z", "int", is: "twice(x)")], gives: [.init("y", "int")],
      rows: [["twice(it) == 10", "10", "twice(z)"]], environment: environment)
    #expect(try table.decide([.int(5)]).outputs == [.int(20)])
  }

  @Test("A cell that fails counts only where the other cells of its row hold")
  func absorption() throws {
    let table = try DecisionTable(
      hit: .first, given: [.init("x", "int"), .init("s", "string")], gives: [.init("y", "int")],
      rows: [["10 / it > 1", "a", "1"], ["-", "-", "10 / x"]])
    let error = Table.failure { () throws(EvaluationError) in try table.decide([.int(0), .string("a")]) }
    #expect(error?.code == .divisionByZero)
    #expect(error?.message == "row 1, x: division by zero")
    #expect(error?.place?.column == 4)
    let other = Table.failure { () throws(EvaluationError) in try table.decide([.int(0), .string("b")]) }
    #expect(other?.message == "row 2, y: division by zero")
    #expect(try table.decide([.int(4), .string("b")]).outputs == [.int(2)])
  }

  @Test("Moneys of another currency are not compared, unless a cell for the currency keeps them away")
  func currencies() throws {
    let table = try Table.one("money", ["<= 500 CNY", "-"])
    let error = Table.failure { () throws(EvaluationError) in try table.decide([Table.money("5", "USD")]) }
    #expect(error?.code == .currencyMismatch)
    #expect(error?.message == "row 1, x: USD and CNY are different currencies")
    let guarded = try DecisionTable(
      hit: .unique, given: [.init("x", "money"), .init("currency", "string", is: "x.currency")], gives: [.init("y", "int")],
      rows: [["<= 500 CNY", "CNY", "1"], ["<= 70 USD", "USD", "2"]])
    #expect(try guarded.decide([Table.money("60", "USD")]).outputs == [.int(2)])
    #expect(try guarded.decide([Table.money("60", "CNY")]).outputs == [.int(1)])
    #expect(try guarded.decide([Table.money("60", "EUR")]).outputs == [])
    #expect(try Table.takes("money", "500 CNY", Table.money("500", "USD")) == false)
    #expect(try Table.takes("money", "0 CNY, 0 USD", Table.money("0.00", "USD")))
  }

  @Test("Values of another type, too few and too many are errors")
  func types() throws {
    let table = try Table.one("money", ["-"])
    for value in [Value.null, .int(5), .string("5 CNY"), .double(.nan), .list([])] {
      let error = Table.failure { () throws(EvaluationError) in try table.decide([value]) }
      #expect(error?.code == .invalidArgument)
    }
    let error = Table.failure { () throws(EvaluationError) in try table.decide([.null]) }
    #expect(error?.message == "the value given for 'x' is null, where money is declared")
    #expect(Table.failure { () throws(EvaluationError) in try table.decide([]) }?.code == .invalidArgument)
    #expect(Table.failure { () throws(EvaluationError) in try table.decide([.null, .null]) }?.code == .invalidArgument)
  }

  @Test("What an input and an output may be is held to")
  func domains() throws {
    let table = try DecisionTable(
      hit: .first, given: [.init("x", "int 0 .. 120")], gives: [.init("y", "string in ['a', 'b']")],
      rows: [["< 50", "a"], ["-", "x > 100 ? 'c' : 'b'"]])
    #expect(try table.decide([.int(120 - 20)]).outputs == [.string("b")])
    let error = Table.failure { () throws(EvaluationError) in try table.decide([.int(121)]) }
    #expect(error?.message == "'x' is 121, where int 0 .. 120 is declared")
    let other = Table.failure { () throws(EvaluationError) in try table.decide([.int(110)]) }
    #expect(other?.message == "row 2, y: 'y' is 'c', where string in ['a', 'b'] is declared")
  }

  @Test("What may be missing is null, for which there is a cell")
  func nulls() throws {
    let table = try Table.one("string?", ["null", "not('A')", "'A'"])
    #expect(try table.decide([.null]).row == 0)
    #expect(try table.decide([.string("B")]).row == 1)
    #expect(try table.decide([.string("A")]).row == 2)
    #expect(try Table.takes("int?", "> 5", .null) == false)
    #expect(try Table.takes("int?", "!= null", .null) == false)
    #expect(try Table.takes("int?", "!= null", .int(5)))
    #expect(try Table.takes("int?", "-", .null))
    let output = try Table.one("int", ["> 5", "> 1", "-"], gives: "int?", outputs: ["-", "null", "7"])
    #expect(try output.decide([.int(6)])["y"]?.type == .null)
    #expect(try output.decide([.int(2)])["y"]?.type == .null)
    #expect(try output.decide([.int(0)])["y"] == .int(7))
  }

  @Test("A whole number in a column of decimals counts as it is declared, and comes out as a decimal")
  func wholeNumbers() throws {
    for declared in [ValueType.int, .dyn] {
      let environment = Environment(variables: [.init("x", declared)])
      let table = try DecisionTable(
        hit: .first, given: [.init("x", "decimal"), .init("z", "decimal", is: "x")], gives: [.init("y", "decimal")],
        rows: [["it / 2 == 2", "<= 5.0", "dyn(x)"]], environment: environment)
      let output = try table.decide([.int(5)]).outputs.first
      #expect(output?.type == .decimal && output == .int(5))
    }
  }

  @Test("All cells together share one budget")
  func budget() throws {
    let environment = Environment(variables: [.init("list", .list(.int), sizeMax: 100), .init("x", .int)])
    let cell = "list.all(e, e < 1000)"
    let table = try DecisionTable(
      hit: .collectCount, given: [.init("x", "int")], gives: [.init("y", "int")],
      rows: (0..<50).map { [cell, "\($0)"] }, environment: environment)
    let values: [Value] = [.list((0..<100).map { .int($0) }), .int(1)]
    #expect(try table.decide(values)["y"] == .int(50))
    #expect(try table.decide(values, budget: 50_000)["y"] == .int(50))
    #expect(Table.failure { () throws(EvaluationError) in try table.decide(values, budget: 5_000) }?.code == .overBudget)
    #expect(Table.failure { () throws(EvaluationError) in try table.decide(values, budget: 0) }?.code == .overBudget)
    #expect(Table.failure { () throws(EvaluationError) in try table.decide(values, budget: .min) }?.code == .overBudget)
  }

  @Test("Lists and what is known only later are tested by expressions")
  func open() throws {
    let table = try DecisionTable(
      hit: .first, given: [.init("tags", "list(string)"), .init("any", "dyn")], gives: [.init("route", "list(string)")],
      rows: [["'vip' in it", "-", "['auto']"], ["-", "it == 7", "tags + ['board']"], ["-", "-", "[]"]])
    #expect(try table.decide([.list([.string("vip")]), .null]).outputs == [.list([.string("auto")])])
    #expect(try table.decide([.list([.string("a")]), .int(7)]).outputs == [.list([.string("a"), .string("board")])])
    #expect(try table.decide([.list([]), .null]).outputs == [.list([])])
  }
}
