/// What a decision table gives where several of its rows match: the hit policies of DMN 1.5, section 8.2.8.
///
/// The raw value is how it is written in a document.
public enum HitPolicy: String, Sendable, CaseIterable {
  /// At most one row matches; two are an error.
  case unique
  /// The first row that matches.
  case first
  /// Rows that match give the same; different ones are an error.
  case any
  /// Of the rows that match the one whose values stand first in what the columns may give.
  case priority
  /// A list for each column, in the order of the rows.
  case collect
  /// The sum of what the rows that match give.
  case collectSum = "collect_sum"
  /// The least of it.
  case collectMin = "collect_min"
  /// The greatest of it.
  case collectMax = "collect_max"
  /// How many rows match, in each column.
  case collectCount = "collect_count"

  /// The type of a column's result, where its cells have this one.
  func result(of type: ValueType) -> ValueType {
    switch self {
    case .unique, .first, .any, .priority, .collectSum, .collectMin, .collectMax: type
    case .collect: .list(type)
    case .collectCount: .int
    }
  }

  /// Whether a column of the type can be gathered so.
  func takes(_ type: TableType) -> Bool {
    switch self {
    case .unique, .first, .any, .priority, .collect, .collectCount: true
    case .collectSum: !type.isNullable && [.int, .decimal, .money, .duration].contains(type.kind)
    case .collectMin, .collectMax: !type.isNullable && type.kind.isOrdered
    }
  }
}
