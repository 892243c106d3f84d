import RemitExpressions

// What an evaluation of an expression, a decision and a compilation take. Prints "<what> <ns>" a line: of each the best of several rounds.
// Tests/Bench/expressions.py prints the same of cel-cpp.

let item = RecordType(
  "Item", fields: [.init("amount", .int), .init("kind", .string), .init("days", .int), .init("city", .string)])

final class Item: RecordValue {
  let recordType = item
  let values: [Value]
  init(_ values: [Value]) { self.values = values }
  func value(at index: Int) -> Value { values[index] }
  func hasValue(at index: Int) -> Bool { true }
}

let text = "it.amount > 100 && it.kind in ['A', 'B'] && it.days < 30 && it.city.startsWith('S')"
let environment = Environment(variables: [.init("it", .record("Item"))], records: [item])
let values: [Value] = [.record(Item([.int(500), .string("B"), .int(12), .string("Suzhou")]))]

func measure(_ what: String, _ count: Int, _ body: () throws -> Bool) rethrows {
  var best = Double.infinity
  for _ in 0..<7 {
    let begun = ContinuousClock.now
    for _ in 0..<count { guard try body() else { fatalError(what) } }
    best = min(best, (ContinuousClock.now - begun) / .nanoseconds(1) / Double(count))
  }
  print("\(what) \(Int(best))")
}

let predicate = try Expression(text, in: environment, expecting: .bool)
try measure("predicate", 200_000) { try predicate.holds(values) }
try measure("compile", 2_000) { try Expression(text, in: environment, expecting: .bool).cost > 0 }

let table = try DecisionTable(
  hit: .first, given: [.init("amount", "decimal"), .init("grade", "string")], gives: [.init("path", "string"), .init("hours", "int")],
  rows: [
    ["<= 500", "in ['A', 'B']", "auto", "0"], ["-", "'D'", "legal", "0"], ["<= 50000", "-", "manager", "8"], ["-", "-", "board", "16"],
  ])
let given: [Value] = [.decimal(DecimalValue(Int64(60_000))), .string("C")]
try measure("table", 100_000) { try table.decide(given).row == 3 }
