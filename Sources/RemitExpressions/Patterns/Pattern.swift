/// A regular expression that is looked for in time linear in the text, whatever the pattern: all ways at once, as
/// Thompson's automaton goes them, and no back references.
final class Pattern: Sendable {
  enum Step: Sendable {
    case take(Int)
    case fork(Int, Int)
    case jump(Int)
    case assert(PatternAssertion)
    case found
  }

  private let steps: [Step]
  private let sets: [ScalarSet]
  /// Whether it can be found at the text's start only.
  private let isAnchored: Bool

  private static let stepMax = 10_000

  /// - Throws: a sentence about what is wrong with the pattern, or that it is too large.
  init(_ text: String) throws(EvaluationError) {
    let syntax = try PatternParser.parse(text)
    var builder = Builder()
    try builder.add(syntax)
    builder.steps.append(.found)
    (steps, sets) = (builder.steps, builder.sets)
    if case .assert(.textStart) = steps[0] { isAnchored = true } else { isAnchored = false }
  }

  private struct Builder {
    var steps: [Step] = []
    var sets: [ScalarSet] = []

    private mutating func append(_ step: Step) throws(EvaluationError) -> Int {
      guard steps.count < Pattern.stepMax else {
        throw PatternParser.problem("takes more than \(Pattern.stepMax) steps, written out")
      }
      steps.append(step)
      return steps.count - 1
    }

    mutating func add(_ syntax: PatternSyntax) throws(EvaluationError) {
      switch syntax {
      case .empty: break
      case .set(let set):
        sets.append(set)
        _ = try append(.take(sets.count - 1))
      case .assertion(let assertion): _ = try append(.assert(assertion))
      case .sequence(let parts): for part in parts { try add(part) }
      case .alternatives(let alternatives): try add(alternatives)
      case .repetition(let part, let min, let max): try add(part, min, max)
      }
    }

    private mutating func add(_ alternatives: [PatternSyntax]) throws(EvaluationError) {
      var jumps: [Int] = []
      for (index, alternative) in alternatives.enumerated() {
        guard index < alternatives.count - 1 else {
          try add(alternative)
          break
        }
        let fork = try append(.jump(0))
        try add(alternative)
        jumps.append(try append(.jump(0)))
        steps[fork] = .fork(fork + 1, steps.count)
      }
      for jump in jumps { steps[jump] = .jump(steps.count) }
    }

    private mutating func add(_ part: PatternSyntax, _ min: Int, _ max: Int?) throws(EvaluationError) {
      for _ in 0..<min { try add(part) }
      guard let max else {
        let fork = try append(.jump(0))
        try add(part)
        _ = try append(.jump(fork))
        steps[fork] = .fork(fork + 1, steps.count)
        return
      }
      var forks: [Int] = []
      for _ in min..<max {
        forks.append(try append(.jump(0)))
        try add(part)
      }
      for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
    }
  }

  func isFound(in text: String, _ meter: inout Meter) throws(EvaluationError) -> Bool {
    var run = Run(stepCount: steps.count)
    var previous: Unicode.Scalar?
    var scalars = text.unicodeScalars.makeIterator()
    var next = scalars.next()
    var isStart = true
    while true {
      if isStart || !isAnchored { run.starts.append(0) }
      isStart = false
      if follow(&run, previous, next) { return true }
      try meter.charge(1 + run.active.count / 8)
      guard let scalar = next else { return false }
      if run.active.isEmpty, isAnchored { return false }
      for position in run.active {
        if case .take(let set) = steps[position], sets[set].contains(scalar) { run.starts.append(position + 1) }
      }
      previous = scalar
      next = scalars.next()
    }
  }

  /// Where the automaton is: in all of `active` at once.
  private struct Run {
    var starts: [Int] = []
    var active: [Int] = []
    /// The turn in which a step was last reached.
    var reached: [Int]
    var turn = 0

    init(stepCount: Int) {
      reached = [Int](repeating: 0, count: stepCount)
      starts.reserveCapacity(stepCount)
      active.reserveCapacity(stepCount)
    }
  }

  /// Goes from all starts as far as that takes no code point; true where that is the end of the pattern.
  private func follow(_ run: inout Run, _ previous: Unicode.Scalar?, _ next: Unicode.Scalar?) -> Bool {
    run.turn += 1
    run.active.removeAll(keepingCapacity: true)
    while let position = run.starts.popLast() {
      guard run.reached[position] != run.turn else { continue }
      run.reached[position] = run.turn
      switch steps[position] {
      case .found: return true
      case .take: run.active.append(position)
      case .jump(let target): run.starts.append(target)
      case .fork(let first, let second):
        run.starts.append(second)
        run.starts.append(first)
      case .assert(let assertion):
        if Self.holds(assertion, previous, next) { run.starts.append(position + 1) }
      }
    }
    return false
  }

  private static func holds(
    _ assertion: PatternAssertion, _ previous: Unicode.Scalar?, _ next: Unicode.Scalar?
  ) -> Bool {
    switch assertion {
    case .textStart: previous == nil
    case .textEnd: next == nil
    case .lineStart: previous == nil || previous == "\n"
    case .lineEnd: next == nil || next == "\n"
    case .wordBoundary: isWordPart(previous) != isWordPart(next)
    case .noWordBoundary: isWordPart(previous) == isWordPart(next)
    }
  }

  private static func isWordPart(_ scalar: Unicode.Scalar?) -> Bool {
    scalar.map(ScalarSet.wordParts.contains) ?? false
  }
}
