import RemitExpressions
import Testing

@Suite("What is wrong with an expression")
struct ErrorTests {
  typealias Env = TestEnvironment

  @Test("An unknown name is told with its place and the nearest name")
  func unknownName() {
    #expect(
      Env.errors("x > 1 &&\n  calender == calendar") == [
        "2:3: undeclared name 'calender' (in 'test.v1'); did you mean 'calendar'?"
      ])
  }

  @Test("Places count code points, not bytes")
  func places() throws {
    #expect(Env.errors("'häuser 🏠' == y") == ["1:15: undeclared name 'y' (in 'test.v1')"])
    let error = #expect(throws: EvaluationError.self) {
      try Expression("'🏠' == '' || 1 / (x - 5) == 1", in: Env.environment).evaluate(Env.values)
    }
    #expect(error?.place?.column == 16)
  }

  @Test("All that is wrong is told at once")
  func all() {
    #expect(
      Env.errors("it.numbr == '' && it.dues_on > it.due_on && foo(1)") == [
        "1:4: test.v1.Item has no field 'numbr'; did you mean 'number'?",
        "1:22: test.v1.Item has no field 'dues_on'; did you mean 'due_on'?",
        "1:45: undeclared function 'foo'",
      ])
  }

  @Test("A double beside a decimal is refused, with what to write instead")
  func doubles() {
    #expect(
      Env.errors("it.open > 1.5") == [
        "1:9: no such overload: decimal > double; an exact number is written decimal('1.5'), a double is not exact"
      ])
    #expect(!Env.errors("it.open == 1.5").isEmpty)
    #expect(!Env.errors("it.open + 1.5 > 1").isEmpty)
  }

  @Test("A money is compared with moneys only")
  func moneys() {
    #expect(
      Env.errors("it.amount > it.open") == [
        "1:11: no such overload: money > decimal; there is money > money"
      ])
    #expect(!Env.errors("it.amount > 1").isEmpty)
    #expect(!Env.errors("it.amount == 1").isEmpty)
    #expect(!Env.errors("it.amount + 1 == it.amount").isEmpty)
  }

  @Test("The type that is wanted is told where another comes")
  func expecting() {
    #expect(Env.errors("it.days", expecting: .bool) == ["1:1: the expression gives int, where bool is expected"])
    #expect(Env.errors("it.days", expecting: .int).isEmpty)
    #expect(Env.errors("[].map(e, e)", expecting: .list(.string)).isEmpty)
  }

  @Test(
    "Literals that are no values are told before anything is evaluated",
    arguments: [
      "date('2026-02-30')", "decimal('1,5')", "money('1', 'euro')", "s.matches('(')",
    ])
  func literals(_ text: String) { #expect(Env.errors(text).count == 1) }

  @Test(
    "What CEL's grammar has not is told with what it has",
    arguments: [
      ("x = 1", "1:3: unexpected \"=\"; equality is written '=='"),
      ("x == 1 & s == ''", "1:8: unexpected \"&\"; 'and' is written '&&'"),
      ("x == 1 and s == ''", "1:8: 'and' where an operator or the end is expected"),
      ("", "1:1: the end where a value is expected"),
      ("[1, 2", "1:6: the end where ',' or ']' is expected"),
      ("if x", "1:1: 'if' is a reserved word, where a value is expected"),
      ("'abc", "1:1: the string has no end"),
    ])
  func syntax(_ text: String, _ message: String) { #expect(Env.errors(text) == [message]) }

  @Test("Methods and functions that are taken for one another are told apart")
  func methods() {
    #expect(
      Env.errors("startsWith(s, 'h')") == [
        "1:1: undeclared function 'startsWith'; 'startsWith' is a method: 'value.startsWith(…)'"
      ])
    #expect(
      Env.errors("x.decimal() > 1") == [
        "1:3: undeclared method 'decimal'; 'decimal' is a function: 'decimal(…)'"
      ])
    #expect(Env.errors("s.startWith('h')") == ["1:3: undeclared method 'startWith'; did you mean 'startsWith'?"])
    #expect(Env.errors("it.due_on.year > 1").first?.contains("'year' is a method: 'year()'") == true)
  }

  @Test("A map's key is of the four types that CEL has for keys")
  func keys() {
    #expect(Env.errors("{1.5: 'a'} == {}") == ["1:2: a map's key is a bool, int, uint or string, not double"])
    #expect(Env.errors("{it.due_on: 1} == {}").count == 1)
  }

  @Test("Types do not grow by doubling", .timeLimit(.minutes(1)))
  func types() {
    let names = (0..<60).map { "v\($0)" }
    let bindings = zip(names.dropFirst(), names).map { "cel.bind(\($0), {\($1): \($1)}, " }.joined()
    let text = "cel.bind(v0, {1: 1}, \(bindings)v59 == v59" + String(repeating: ")", count: 60)
    #expect(!Env.errors(text).isEmpty)
  }

  @Test("What is nested too deeply or too long is refused")
  func bounds() {
    #expect(Env.errors(String(repeating: "(", count: 100_000)).count == 1)
    #expect(Env.errors(String(repeating: "[", count: 251) + String(repeating: "]", count: 251)).count == 1)
    #expect(Env.errors(String(repeating: "-", count: 50_000) + "x").count == 1)
    #expect(Env.errors("x" + String(repeating: "+ x", count: 300)).count == 1)
    #expect(Env.errors(String(repeating: " ", count: 100_001)).count == 1)
    #expect(Env.errors("x == 1" + String(repeating: " && x == 1", count: 5000)).isEmpty)
  }
}
