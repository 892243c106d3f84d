/// Looks for parts of a table's space that none of some rows takes: column by column, with the rows that are left of them.
struct CoverageSearch {
  private let space: TableSpace
  private let foundMax: Int
  private var boxesLeft: Int
  private var stepsLeft: Int
  /// What was looked at already: the rows left at a column.
  private var seen: Set<State> = []
  private var within: Int?
  private var path: [Int] = []

  /// Of each part a class of each column.
  private(set) var found: [[Int]] = []
  private(set) var hasMore = false
  private(set) var gaveUp = false

  private struct State: Hashable {
    let column: Int
    let rows: TableRows
  }

  /// - Parameters:
  ///   - boxesMax: how many parts are looked at, in all runs together.
  ///   - steps: how many words of sets are compared.
  init(_ space: TableSpace, boxesMax: Int, steps: Int, foundMax: Int = TableCoverage.findingMax) {
    self.space = space
    self.foundMax = foundMax
    boxesLeft = boxesMax
    stepsLeft = steps
  }

  /// - Parameter within: a row of which only the part of the space is looked at.
  mutating func run(rows: TableRows, within: Int?) {
    (found, hasMore, path, self.within) = ([], false, [], within)
    seen.removeAll(keepingCapacity: true)
    look(rows)
  }

  private mutating func look(_ rows: TableRows) {
    guard !rows.isEmpty else {
      add()
      return
    }
    let column = path.count
    if column == space.columns.count || !rows.isDisjoint(with: space.full[column]) { return }
    guard seen.insert(State(column: column, rows: rows)).inserted else { return }
    guard boxesLeft > 0, stepsLeft > 0 else {
      gaveUp = true
      return
    }
    boxesLeft -= 1
    // Classes that leave the same rows are one.
    var next: Set<TableRows> = []
    stepsLeft -= space.columns[column].rows.count * rows.words.count
    for (number, taking) in space.columns[column].rows.enumerated() where isAllowed(number, column) {
      let left = rows.intersection(taking)
      guard next.insert(left).inserted else { continue }
      path.append(number)
      look(left)
      path.removeLast()
      if hasMore || gaveUp { return }
    }
  }

  private func isAllowed(_ number: Int, _ column: Int) -> Bool {
    within.map { space.columns[column].classes[$0].contains(number) } ?? true
  }

  private mutating func add() {
    guard found.count < foundMax else {
      hasMore = true
      return
    }
    var classes = path
    for column in path.count..<space.columns.count {
      guard let number = space.columns[column].rows.indices.first(where: { isAllowed($0, column) }) else { return }
      classes.append(number)
    }
    found.append(classes)
  }
}
