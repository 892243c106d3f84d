import RemitExpressions
import Testing

@Suite("Gaps, overlaps and rows that are never reached")
struct TablesCoverageTests {
  typealias Table = TestTable

  private func sentences(_ type: String, _ cells: [String], hit: HitPolicy = .unique) throws -> [String] {
    let table = try Table.one(type, cells, hit: hit)
    return table.sentences(of: table.coverage())
  }

  @Test(
    "A gap is shown by a value that no row takes",
    arguments: [
      ("int", ["< 5", "> 5"], ["no row takes x 5"]), ("int", ["<= 5", "> 5"], []), ("int", ["< 5", ">= 6"], ["no row takes x 5"]),
      ("int", ["<= 5", ">= 6"], []), ("decimal", ["<= 5", ">= 6"], ["no row takes x 5.01"]),
      ("decimal", ["< 0.000000000000000001", "> 0.000000000000000001"], ["no row takes x 0.000000000000000001"]),
      ("decimal", ["<= 0", ">= 0.000000000000000001"], []), ("money", ["<= 500 CNY", "> 500.00 CNY"], []),
      ("money", ["< 500 CNY", "> 500.00 CNY"], ["no row takes x 500 CNY"]),
      ("money", ["<= 500 CNY", "> 0 USD"], ["no row takes x 501 CNY"]),
      ("money >= 0 CNY", ["<= 500 CNY"], ["no row takes x 501 CNY"]), ("date", ["< 2026-01-05"], ["no row takes x 2026-01-05"]),
      ("date", ["<= 9999-12-31"], []), ("bool", ["true"], ["no row takes x false"]), ("bool", ["true", "false"], []),
      ("string", ["A", "B"], ["no row takes x 'other'"]), ("string", ["A", "not(A)"], []),
      ("string", ["other", "other2"], ["no row takes x 'other3'"]),
      ("string in ['A', 'B', 'C']", ["A", "C"], ["no row takes x 'B'"]), ("string in ['A', 'B']", ["A", "B"], []),
      ("string?", ["A", "!= 'A'"], []), ("int?", ["<= 5", "> 5"], ["no row takes x null"]), ("int?", ["<= 5", "> 5", "null"], []),
      ("int 0 .. 120", ["[0..60)", "[60..120]"], []), ("int 0 .. 120", ["[0..60)", "(60..120]"], ["no row takes x 60"]),
      ("timestamp", ["<= 2026-01-05T10:00:00Z", ">= 2026-01-05T10:00:00.5Z"], ["no row takes x 2026-01-05T10:00:00.000000001Z"]),
      ("duration", ["<= 1h", "> 3600s"], []), ("int", ["< -9223372036854775808, > 5", "<= 5"], []), ("int", ["-"], []),
      ("int", ["not(1, 2), not(2, 3)", "2"], []),
    ] as [(String, [String], [String])])
  func gaps(_ type: String, _ cells: [String], _ wanted: [String]) throws { #expect(try sentences(type, cells) == wanted) }

  @Test("Gaps are found over several inputs")
  func several() throws {
    let table = try DecisionTable(
      hit: .unique, given: [.init("amount", "money >= 0 CNY"), .init("grade", "string in [A, B, C]"), .init("vip", "bool")],
      gives: [.init("y", "int")],
      rows: [
        ["<= 500 CNY", "A, B", "-", "1"], ["> 500 CNY", "-", "true", "2"], ["> 500 CNY", "A", "false", "3"],
        ["<= 500 CNY", "C", "true", "4"],
      ]
    )
    #expect(
      table.sentences(of: table.coverage()) == [
        "no row takes amount 0 CNY, grade 'C', vip false", "no row takes amount 501 CNY, grade 'B', vip false",
      ])
  }

  @Test(
    "Where one row may match, two that take the same are shown",
    arguments: [
      (["<= 5", ">= 5"], ["rows 1 and 2 both take x 5"]), (["< 5", ">= 5"], []),
      (["-", "7", "not(8)"], ["rows 1 and 2 both take x 7", "rows 1 and 3 both take x 6", "rows 2 and 3 both take x 7"]),
      (["< 5, > 10", "[5..10]"], []),
    ])
  func overlaps(_ cells: [String], _ wanted: [String]) throws { #expect(try sentences("int", cells) == wanted) }

  @Test("Rows that give the same do not disturb each other where any may match")
  func same() throws {
    func overlaps(_ outputs: [String]) throws -> [Bool] {
      try Table.one("int", ["<= 5", ">= 5"], hit: .any, outputs: outputs).coverage().overlaps.map(\.isCertain)
    }
    #expect(try overlaps(["1", "1"]) == [])
    #expect(try overlaps(["1", "2"]) == [true])
    #expect(try overlaps(["1", "x"]) == [false])
  }

  @Test("A row behind others that take all of it is never reached")
  func unreachable() throws {
    #expect(try sentences("int", ["<= 5", "> 5", "7"], hit: .first) == ["row 3 is never reached: before it stands row 2"])
    #expect(try sentences("int", ["<= 5", "> 3", "[0..9]"], hit: .first) == ["row 3 is never reached: before it stands row 1, 2"])
    #expect(try sentences("int", ["<= 5", "> 6", "[0..9]"], hit: .first) == [])
    #expect(try sentences("int", ["-", "it > 5"], hit: .first) == ["row 2 is never reached: before it stands row 1"])
    #expect(try sentences("int", ["it > 5", "-"], hit: .first) == [])
    #expect(try sentences("int", ["<= 5", "> 5", "7"], hit: .collect) == [])
  }

  @Test("Cells that are expressions are not guessed at")
  func free() throws {
    let table = try Table.one("int", ["it % 2 == 0", "it > 100"], hit: .unique)
    let coverage = table.coverage()
    #expect(coverage.freeCells.map { [$0.row, $0.column] } == [[0, 0], [1, 0]])
    #expect(
      table.sentences(of: coverage) == [
        "no row takes x 0, unless the expressions of row 1, 2 hold", "rows 1 and 2 may both take x 0",
      ])
    let mixed = try DecisionTable(
      hit: .first, given: [.init("x", "int"), .init("s", "string")], gives: [.init("y", "int")],
      rows: [["<= 5", "it.startsWith('A')", "1"], ["<= 5", "B", "2"]])
    #expect(mixed.coverage().gaps.map(\.values) == [[.int(6), .string("B")]])
    #expect(mixed.coverage().gaps.map(\.unlessRows) == [[]])
  }

  @Test("The route of credit notes has no gap and no row that is never reached")
  func route() throws {
    let coverage = try Table.route().coverage()
    #expect(coverage.isClean && coverage.freeCells.isEmpty && !coverage.hasMore)
    #expect(try !Table.route(hit: .unique).coverage().overlaps.isEmpty)
  }

  @Test("Every gap is a combination that no row takes, every overlap one that both rows take; and none is missed")
  func property() throws {
    var random = SeededRandom(seed: 7)
    let cells = ["-", "1", "2", "< 2", ">= 2", "[1..3)", "(1..4]", "not(2)", "0, 3", "> 3", "<= 0"]
    for round in 0..<200 {
      let rows = (0..<Int.random(in: 1...6, using: &random)).map { row in
        (0..<3).map { _ in cells.randomElement(using: &random) ?? "-" } + ["\(row)"]
      }
      let given = ["a", "b", "c"].map { DecisionTable.Column($0, "int") }
      let hit: HitPolicy = round % 2 == 0 ? .unique : .first
      let table = try DecisionTable(hit: hit, given: given, gives: [.init("y", "int")], rows: rows)
      let all = try DecisionTable(hit: .collect, given: given, gives: [.init("y", "int")], rows: rows)
      let coverage = table.coverage()
      for gap in coverage.gaps { #expect(try all.decide(gap.values).rows.isEmpty) }
      for overlap in coverage.overlaps {
        let matching = try all.decide(overlap.values).rows
        #expect(matching.contains(overlap.first) && matching.contains(overlap.second))
      }
      var (hasGap, pairs, firsts) = (false, Set<[Int]>(), Set<Int>())
      for a in -1...5 as ClosedRange<Int64> {
        for b in -1...5 as ClosedRange<Int64> {
          for c in -1...5 as ClosedRange<Int64> {
            let matching = try all.decide([.int(a), .int(b), .int(c)]).rows
            if let first = matching.first { firsts.insert(first) } else { hasGap = true }
            for first in matching { for second in matching where first < second { pairs.insert([first, second]) } }
          }
        }
      }
      #expect(coverage.unfinished.isEmpty && coverage.gaps.isEmpty != hasGap)
      if hit == .unique { #expect(Set(coverage.overlaps.map { [$0.first, $0.second] }) == pairs) }
      if hit == .first { #expect(Set(coverage.unreachable.map(\.row)) == Set(rows.indices).subtracting(firsts)) }
    }
  }

  @Test("What would take too long is given up, and that is said", .timeLimit(.minutes(1)))
  func bound() throws {
    var random = SeededRandom(seed: 9)
    let given = (0..<20).map { DecisionTable.Column("x\($0)", "int") }
    let rows = (0..<100).map { row in
      given.map { _ in
        let low = Int.random(in: 0...1000, using: &random)
        return Bool.random(using: &random) ? "not(\(low))" : "[\(low - 2000)..\(low + 2000)]"
      } + ["\(row)"]
    }
    let table = try DecisionTable(hit: .first, given: given, gives: [.init("y", "int")], rows: rows)
    let coverage = table.coverage(boxesMax: 500)
    #expect(!coverage.unfinished.isEmpty && !coverage.isClean)
    #expect(table.coverage(boxesMax: 0).unfinished == ["the cells name too many values to be compared"])
    #expect(!table.coverage(boxesMax: .min).unfinished.isEmpty)
    #expect(try Table.route().coverage(boxesMax: .max).isClean)
  }

  @Test("Large tables are looked at in bounded time", .timeLimit(.minutes(1)))
  func large() throws {
    let rows = (0..<400).map { ["[\($0 * 10)..\($0 * 10 + 10))", "[\($0 * 7 % 1000)..\($0 * 7 % 1000 + 500)]", "\($0)"] }
    let table = try DecisionTable(hit: .unique, given: [.init("a", "int"), .init("b", "int")], gives: [.init("y", "int")], rows: rows)
    let coverage = table.coverage()
    #expect(coverage.gaps.count == 20 && coverage.hasMore && coverage.overlaps.isEmpty)
  }
}
