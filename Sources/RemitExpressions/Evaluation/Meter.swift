/// Counts the steps of an evaluation against its budget.
struct Meter {
  private var left: Int
  private var nesting = 0
  private static let nestingMax = 1000

  init(budget: Int) { left = budget }

  /// - Parameter steps: 0 or more.
  @inline(__always)
  mutating func charge(_ steps: Int) throws(EvaluationError) {
    let (rest, overflows) = left.subtractingReportingOverflow(steps)
    guard rest >= 0, !overflows else {
      left = 0
      throw .overBudget
    }
    left = rest
  }

  /// Before a value's parts are looked at, which may be nested as deeply as the embedder made them.
  mutating func enter() throws(EvaluationError) {
    guard nesting < Self.nestingMax else { throw .tooDeep }
    nesting += 1
  }

  mutating func leave() { nesting -= 1 }
}
