/// What can be told of a decision table without values: combinations that no row takes, rows that get in each other's way, rows
/// that are never reached.
///
/// Inputs are taken to be independent of each other: where one is computed from another, an example may be one that never comes.
/// Tests of moneys are looked at in the currencies that their column names.
public struct TableCoverage: Sendable {
  /// A combination of inputs that no row takes.
  public struct Gap: Sendable {
    /// A value for every input, in their order.
    public let values: [Value]
    /// Rows that take it if their expressions hold, from 0; empty where no row does.
    public let unlessRows: [Int]
  }

  /// Two rows that both take a combination of inputs, where the hit policy lets one, or such as give the same.
  public struct Overlap: Sendable {
    /// From 0.
    public let first: Int
    /// From 0.
    public let second: Int
    /// A value for every input, in their order.
    public let values: [Value]
    /// false where it takes that expressions hold, or give different outputs.
    public let isCertain: Bool
  }

  /// A row that is never reached, as rows before it take all that it would.
  public struct Unreachable: Sendable {
    /// From 0.
    public let row: Int
    /// The rows before it that do, from 0.
    public let behind: [Int]
  }

  /// A cell that is an expression, of which it is not known what it takes.
  public struct FreeCell: Sendable, Hashable {
    /// From 0.
    public let row: Int
    /// From 0.
    public let column: Int
  }

  /// The first twenty at most.
  public internal(set) var gaps: [Gap] = []
  /// For the hit policies `unique` and `any`; the first twenty at most.
  public internal(set) var overlaps: [Overlap] = []
  /// For the hit policy `first`.
  public internal(set) var unreachable: [Unreachable] = []
  public internal(set) var freeCells: [FreeCell] = []
  /// What was not looked at to the end: a sentence for each, empty where all was.
  public internal(set) var unfinished: [String] = []
  /// Whether there are more gaps or overlaps than are told.
  public internal(set) var hasMore = false

  /// Whether every combination is known to be taken, by one row where only one may, and every row can be reached.
  public var isClean: Bool { gaps.isEmpty && overlaps.isEmpty && unreachable.isEmpty && unfinished.isEmpty }

  static let findingMax = 20
}

extension DecisionTable {
  /// Looks for gaps, overlaps and rows that are never reached.
  ///
  /// - Parameter boxesMax: how many parts of the inputs' combinations are looked at, for gaps and for rows that are never reached
  ///   each, with two thousand comparisons for each; where that is not enough, `unfinished` says so.
  public func coverage(boxesMax: Int = 20_000) -> TableCoverage {
    var coverage = TableCoverage()
    for (index, row) in rows.enumerated() {
      for test in row.tests {
        if case .expression = test.kind { coverage.freeCells.append(.init(row: index, column: test.column)) }
      }
    }
    let effort = Effort(boxes: boxesMax)
    guard let space = TableSpace(self, steps: effort.steps) else {
      coverage.unfinished.append("the cells name too many values to be compared")
      return coverage
    }
    findGaps(in: space, effort, &coverage)
    if hit == .unique || hit == .any { findOverlaps(in: space, effort, &coverage) }
    if hit == .first { findUnreachable(in: space, effort, &coverage) }
    return coverage
  }

  /// A sentence for each finding, with rows counted from 1.
  public func sentences(of coverage: TableCoverage) -> [String] {
    let list = { (rows: [Int]) in rows.prefix(10).map { "\($0 + 1)" }.joined(separator: ", ") }
    var sentences = coverage.gaps.map { gap in
      let unless = gap.unlessRows.isEmpty ? "" : ", unless the expressions of row \(list(gap.unlessRows)) hold"
      return "no row takes \(example(gap.values))\(unless)"
    }
    sentences += coverage.overlaps.map { overlap in
      let verb = overlap.isCertain ? "both take" : "may both take"
      return "rows \(overlap.first + 1) and \(overlap.second + 1) \(verb) \(example(overlap.values))"
    }
    sentences += coverage.unreachable.map { "row \($0.row + 1) is never reached: before it stands row \(list($0.behind))" }
    if coverage.hasMore { sentences.append("there are more of these") }
    return sentences + coverage.unfinished
  }

  private func example(_ values: [Value]) -> String {
    zip(given, values).map { "\($0.name) \(TableLiteral.text(of: $1))" }.joined(separator: ", ")
  }

  // MARK: Findings

  /// What each kind of finding may take.
  private struct Effort {
    let boxes: Int
    /// Of a value with a test, or of 64 rows with others.
    var steps: Int { min(max(0, boxes), 1_000_000) * 2000 }
  }

  private func findGaps(in space: TableSpace, _ effort: Effort, _ coverage: inout TableCoverage) {
    // First what no row takes whatever its expressions give, then what depends on them.
    var search = CoverageSearch(space, boxesMax: effort.boxes, steps: effort.steps)
    search.run(rows: space.all, within: nil)
    var found = search.found
    if !coverage.freeCells.isEmpty, found.isEmpty, !search.gaveUp {
      search.run(rows: space.plain, within: nil)
      found = search.found
    }
    coverage.gaps = found.map { classes in
      TableCoverage.Gap(values: space.values(classes), unlessRows: space.rows(at: classes).subtracting(space.plain).elements)
    }
    if search.hasMore { coverage.hasMore = true }
    if search.gaveUp { coverage.unfinished.append("gaps were looked for in a part of the combinations only") }
  }

  private func findOverlaps(in space: TableSpace, _ effort: Effort, _ coverage: inout TableCoverage) {
    var stepsLeft = effort.steps
    for second in rows.indices {
      for first in 0..<second {
        guard stepsLeft > 0 else {
          coverage.unfinished.append("overlaps were looked for up to row \(second) only")
          return
        }
        guard let classes = space.common(first, second, &stepsLeft) else { continue }
        guard let differ = outputsDiffer(first, second) else { continue }
        guard coverage.overlaps.count < TableCoverage.findingMax else {
          coverage.hasMore = true
          return
        }
        let isCertain = differ && space.plain.contains(first) && space.plain.contains(second)
        coverage.overlaps.append(.init(first: first, second: second, values: space.values(classes), isCertain: isCertain))
      }
    }
  }

  /// Whether it is certain; nil where the two rows may match at once.
  private func outputsDiffer(_ first: Int, _ second: Int) -> Bool? {
    guard hit == .any else { return true }
    var isUnknown = false
    for (left, right) in zip(rows[first].gives, rows[second].gives) {
      if case .constant(let left) = left, case .constant(let right) = right {
        if left != right { return true }
      } else {
        isUnknown = true
      }
    }
    return isUnknown ? false : nil
  }

  private func findUnreachable(in space: TableSpace, _ effort: Effort, _ coverage: inout TableCoverage) {
    var search = CoverageSearch(space, boxesMax: effort.boxes, steps: effort.steps, foundMax: 1)
    var stepsLeft = effort.steps
    for row in rows.indices {
      var before = TableRows(count: rows.count)
      for other in 0..<row where stepsLeft > 0 && space.plain.contains(other) && space.common(other, row, &stepsLeft) != nil {
        before.insert(other)
      }
      if before.isEmpty { continue }
      search.run(rows: before, within: row)
      guard !search.gaveUp, stepsLeft > 0 else {
        coverage.unfinished.append("rows that are never reached were looked for up to row \(row) only")
        return
      }
      if search.found.isEmpty { coverage.unreachable.append(.init(row: row, behind: before.elements)) }
    }
  }
}
