import RemitExpressions
import Testing

@Suite("Cost and budget")
struct BudgetTests {
  typealias Env = TestEnvironment

  @Test("An evaluation ends with its budget")
  func budget() throws {
    let text = "list.map(a, list.map(b, list.map(c, a + b + c))).size() == 3"
    #expect(try Env.failure(text) == nil)
    #expect(try Env.failure(text, budget: 50) == .overBudget)
  }

  @Test("The end of the budget is not absorbed by a condition that holds")
  func absorption() throws {
    #expect(try Env.failure("list.all(a, list.all(b, a < b)) || true", budget: 5) == .overBudget)
    #expect(try Env.failure("1 / (x - 5) == 1 || true") == nil)
  }

  @Test("What grows by doubling ends with the budget, not with the memory")
  func doubling() throws {
    var text = "cel.bind(a0, s + s, "
    for index in 1..<60 { text += "cel.bind(a\(index), a\(index - 1) + a\(index - 1), " }
    text += "a59.size())" + String(repeating: ")", count: 59)
    #expect(Env.errors(text).first?.contains("may take") == true)
    var limits = Environment.Limits()
    limits.cost = .max
    let environment = Environment(variables: [.init("s", .string)], limits: limits)
    let error = #expect(throws: EvaluationError.self) {
      try Expression(text, in: environment).evaluate([.string("ab")])
    }
    #expect(error?.code == .overBudget)
  }

  @Test("An expression that may cost too much is refused before it is evaluated")
  func estimate() throws {
    var limits = Environment.Limits()
    limits.cost = 100_000
    func errors(_ size: Int?) -> String? {
      let environment = Environment(variables: [.init("l", .list(.int), sizeMax: size)], limits: limits)
      do throws(ExpressionErrors) {
        _ = try Expression("l.all(a, l.all(b, a == b))", in: environment)
        return nil
      } catch {
        return error.items.first?.message
      }
    }
    #expect(errors(10) == nil)
    #expect(errors(nil)?.contains("100000 are allowed") == true)
  }

  @Test(
    "The estimate is never below what is used",
    arguments: [
      "list.map(a, a * 2)", "list.exists(a, s.contains('u')) || s.size() == 3", "s + s + s", "sum(list) > x",
      "list.filter(a, a in list).map(b, string(b)).join(s)", "s.matches('(a|b|u)+s')", "[list, list] == [list, list]",
      "s.replace('u', s).split('s').size()", "'%s and %s'.format([s, list])", "list.transformMap(i, v, i * v)",
    ])
  func bound(_ text: String) throws {
    let sizes = Environment(
      variables: [.init("x", .int), .init("s", .string, sizeMax: 7), .init("list", .list(.int), sizeMax: 3)])
    let expression = try Expression(text, in: sizes)
    _ = try expression.evaluate([Env.values[1], Env.values[2], Env.values[3]], budget: expression.cost)
  }
}
