import RemitExpressions
import Testing

@Suite("Tests that stand beside a decision table")
struct TablesCaseTests {
  typealias Table = TestTable

  @Test("Cases that come out otherwise are told with what was wanted")
  func failures() throws {
    let table = try Table.route()
    let failures = table.run([
      TableCase(
        "small and bad", given: ["amount": .string("CNY 500"), "grade": .string("D")],
        want: ["path": .string("legal"), "hours": .double(0)]),
      TableCase(
        "small", given: ["amount": Table.money("5"), "grade": .string("A")], want: ["path": .string("manager"), "hours": .int(8)]),
      TableCase("no amount", given: ["grade": .string("A")], want: ["hours": .int(8)]),
      TableCase("misspelt", given: ["amont": .int(1)], want: ["hour": .int(8)]),
      TableCase("none", given: ["amount": .string("9 CNY"), "grade": .string("A")], want: nil),
      TableCase("dollars", given: ["amount": .string("9 USD"), "grade": .string("A")], want: [:]),
    ])
    #expect(
      failures.map(\.description) == [
        "small: path is 'auto', where 'manager' is wanted; hours is 0, where 8 is wanted",
        "no amount: it ends with an error: the value given for 'amount' is null, where money is declared",
        "misspelt: there is no input 'amont'; did you mean 'amount'?; there is no output 'hour'; did you mean 'hours'?",
        "none: row 1 matches, where none is wanted",
        "dollars: it ends with an error: row 1, amount: USD and CNY are different currencies",
      ])
    #expect(failures.map(\.index) == [1, 2, 3, 4, 5])
  }

  @Test("No match can be wanted")
  func none() throws {
    let table = try Table.one("date", ["> 2026-01-05"])
    #expect(table.run([TableCase("before", given: ["x": .string("2026-01-05")], want: nil)]).isEmpty)
    let failures = table.run([TableCase("before", given: ["x": .string("2026-01-05")], want: [:])])
    #expect(failures.map(\.description) == ["before: no row matches"])
  }

  @Test("Numbers of JSON stand for decimals by the digits that were written")
  func numbers() throws {
    let table = try Table.one("decimal", ["<= 0.1", "-"], gives: "decimal", outputs: ["0.1", "0.3"])
    #expect(
      table.run([
        TableCase("a", given: ["x": .double(0.1)], want: ["y": .double(0.1)]),
        TableCase("b", given: ["x": .int(1)], want: ["y": .string("0.30")]),
      ]).isEmpty)
    #expect(table.run([TableCase("c", given: ["x": .double(.nan)], want: [:])]).count == 1)
    #expect(table.run([TableCase("d", given: ["x": .double(1e300)], want: [:])]).count == 1)
  }

  @Test("An input that is computed may be given by a case instead")
  func computed() throws {
    let environment = Environment(variables: [.init("order", .record("test.v1.Item"))], records: [TestItem.type])
    let table = try DecisionTable(
      hit: .collect, given: [.init("days", "int", is: "order.days")], gives: [.init("y", "list(date)")],
      rows: [["> 30", "[date('2026-01-05')]"], ["> 60", "[]"]], environment: environment)
    let list = Value.list([.list([.string("2026-01-05")])])
    #expect(table.run([TableCase("late", given: ["days": .int(45)], want: ["y": list])]).isEmpty)
    let item = TestItem([.string(""), .null, .null, .null, .int(45), .null])
    #expect(table.run([TableCase("late", given: ["order": .record(item)], want: ["y": list])]).isEmpty)
    #expect(table.run([TableCase("late", given: [:], want: ["y": list])]).count == 1)
  }
}
