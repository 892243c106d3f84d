import RemitExpressions
import Testing

@Suite("Nothing traps in tables")
struct TablesFuzzTests {
  private static let types = [
    "int", "decimal", "money", "date", "timestamp", "duration", "string", "bool", "list(int)", "dyn", "int?", "string?", "int 0 .. 9",
    "string in ['a', 'b']", "money >= 0 CNY", "decimal?", "list(list(money))",
  ]

  private static let parts = [
    "-", "<", "<=", ">", ">=", "==", "!=", "in", "not(", "(", ")", "[", "]", "..", ",", " ", "it", "x", "a", "'a'", "\"b", "'", "\\",
    "null", "true",
    "5", "-7", "0", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "99999999999999999999999999999999999999",
    "0.000000000000000001",
    "5.5", "1 CNY", "EUR -5", "CNY", "99999999999999999999999999999999999999 CNY", "2026-01-05", "0001-01-01", "9999-12-31", "2026-13-45",
    "2026-01-05T10:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "1h", "9223372036s", "-2562047h", "ns", "é", "🏠",
    "\u{301}", "&&", "+",
    "?", ":", ".", "{", "}", "nan", "1e308", "\n", "\t", "//", "decimal('1')", "dyn(1)", "1/0",
  ]

  private static let values: [Value] = [
    .null, .bool(true), .int(.max), .int(.min), .int(5), .uint(.max), .double(.nan), .double(.infinity), .string("a"), .string(""),
    .list([]),
    TestTable.decimal("0.000000000000000001"), TestTable.decimal("-99999999999999999999999999999999999999"), TestTable.money("5"),
    TestTable.money("99999999999999999999999999999999999999", "EUR"), TestTable.date("9999-12-31"), TestTable.date("0001-01-01"),
    TestTable.time("9999-12-31T23:59:59.999999999Z"), .duration(DurationValue(nanoseconds: .min)),
    .duration(DurationValue(nanoseconds: .max)),
    .map(.empty), .type(.int), .optional(nil),
  ]

  private func cell(_ random: inout SeededRandom) -> String {
    let count = Int.random(in: 0...5, using: &random)
    return (0..<count).map { _ in Self.parts.randomElement(using: &random) ?? "" }
      .joined(separator: Bool.random(using: &random) ? " " : "")
  }

  @Test("Tables of random cells")
  func soup() {
    var random = SeededRandom(seed: 4)
    var made = 0
    let likely = [
      "i": ["<= 5", "not(5)", "[1..7)", "> 9"], "d": ["> 0.5", "-1 .. 7"], "m": ["1 CNY", "> 3 CNY"], "s": ["a", "not('b')"],
      "b": ["true", "!it"],
    ]
    let outputs = ["int?", "string?", "dyn", "decimal?", "money?", "date?"]
    for _ in 0..<1000 {
      let types = (0..<Int.random(in: 1...3, using: &random)).map { _ in Self.types.randomElement(using: &random) ?? "int" }
      let hit = HitPolicy.allCases.randomElement(using: &random) ?? .first
      let output = hit == .priority ? "string? in ['a', 'b']" : outputs.randomElement(using: &random) ?? "int"
      let rows = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        types.map { type in
          let some = likely[String(type.prefix(1))]?.randomElement(using: &random) ?? "-"
          return [some, some, some, "-", "it == x0", cell(&random)].randomElement(using: &random) ?? "-"
        }
          + [["-", "5", "'a'", "x0"].randomElement(using: &random) ?? "-"]
      }
      let given = types.enumerated().map { DecisionTable.Column("x\($0)", $1) }
      guard let table = try? DecisionTable(hit: hit, given: given, gives: [.init("y", output)], rows: rows) else { continue }
      made += 1
      _ = table.sentences(of: table.coverage(boxesMax: 50))
      for _ in 0..<20 {
        let values = types.map { _ in Self.values.randomElement(using: &random) ?? .null }
        if let decision = try? table.decide(values, budget: 10_000) { _ = table.explanation(of: decision) }
      }
    }
    #expect(made > 50)
  }

  @Test("Single cells of random parts, asked about all values")
  func cells() {
    var random = SeededRandom(seed: 5)
    for round in 0..<2000 {
      let type = Self.types[round % Self.types.count]
      guard let table = try? TestTable.one(type, [cell(&random)]) else { continue }
      _ = table.sentences(of: table.coverage())
      for value in Self.values { _ = try? table.decide([value], budget: 1000) }
    }
  }

  @Test("Types of random parts")
  func types() {
    var random = SeededRandom(seed: 6)
    for _ in 0..<1000 {
      let type = (Self.types.randomElement(using: &random) ?? "") + cell(&random)
      guard let table = try? TestTable.one(type, ["-"], gives: type, outputs: ["x"]) else { continue }
      _ = table.coverage()
      for value in Self.values { _ = try? table.decide([value]) }
    }
  }

  @Test("Cells that are made to take long", .timeLimit(.minutes(1)))
  func long() {
    for part in ["[", "(", "not(", "'a',", "1, ", "..", "[1..", "<", "]", "not(1), ", "'", "1,2", "{", "-"] {
      let cell = String(repeating: part, count: 9_900 / part.utf8.count)
      for type in ["int", "string", "string in ['a']", "list(int)", "int " + cell] {
        guard let table = try? TestTable.one(type, [cell, "-"]) else { continue }
        _ = table.coverage()
        _ = try? table.decide([.int(7)])
      }
    }
    let texts = (0..<100).map { row in (0..<900).map { "'\(row)-\($0)'" }.joined(separator: ", ") }
    #expect((try? TestTable.one("string", texts))?.coverage().unfinished.isEmpty == false)
    #expect((try? TestTable.one("string", Array(texts.prefix(2))))?.coverage().gaps.count == 1)
    #expect((try? TestTable.one("list(" + String(repeating: "list(", count: 2000), ["-"])) == nil)
  }
}
