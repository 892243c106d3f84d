/// What a decision table gives for some values, and why.
public struct Decision: Sendable {
  /// What became of a row.
  public enum Outcome: Sendable, Hashable {
    case matched
    /// The first cell that did not hold: the column, from 0.
    case failed(column: Int)
    /// It was not looked at, as a row before it had decided.
    case notAsked
  }

  /// Those that matched, from 0; empty where none did.
  public let rows: [Int]
  /// The row of which the outputs are, from 0; nil where none matched, and where those of all are gathered.
  public let row: Int?
  /// In the order of the table's `gives`; empty where no row matched.
  public let outputs: [Value]
  /// Of each of the table's rows.
  public let outcomes: [Outcome]
  let names: [String]

  /// The output of that name; nil where no row matched, or the table has none of that name.
  public subscript(_ name: String) -> Value? {
    guard let index = names.firstIndex(of: name), index < outputs.count else { return nil }
    return outputs[index]
  }
}

extension EvaluationError.Code {
  /// More rows of a decision table match than its hit policy lets, or they give different outputs.
  public static let ambiguous = Self(rawValue: "AMBIGUOUS")
}
