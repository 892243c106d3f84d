/// Rows of tests and of what follows from them, as DMN 1.5 has decision tables, with cells that may be expressions.
///
/// ```swift
/// let table = try DecisionTable(
///   hit: .first,
///   given: [.init("amount", "money"), .init("grade", "string")],
///   gives: [.init("path", "string"), .init("hours", "int")],
///   rows: [
///     ["<= 500.00 CNY", "in ['A', 'B']", "auto", "0"],
///     ["-", "'D'", "legal", "0"],
///     ["<= 50000.00 CNY", "-", "manager", "8"],
///     ["-", "-", "board", "16"],
///   ])
/// let decision = try table.decide([.money(amount), .string(grade)])
/// ```
///
/// A cell of `given` is "-" or nothing for anything; a literal as the column's type is written (30, 12.50, 500.00 CNY, 2026-01-05,
/// 2026-01-05T10:00:00Z, 1h30m, true, a word or 'quoted text'); a comparison with one (`<=`, `<`, `>=`, `>`, `==`, `!=`); an
/// interval (`10 .. 20` with both ends, `[10..20)` without the upper); `in [...]`; several of these with commas between; `not(...)`
/// of these; or else a CEL expression that gives a bool, in which `it` is the column's value and the other inputs have their names.
/// A cell of `gives` is a literal, or a CEL expression over the inputs. What follows `==`, `<` and so on may be an expression too.
///
/// Moneys of different currencies are equal to none and cannot be compared: that is an error of the decision, unless another
/// cell of the row does not hold. The same is so of all errors of cells, as it is with CEL's `&&`.
public final class DecisionTable: Sendable {
  /// An input or an output.
  public struct Column: Sendable, Hashable {
    /// As expressions name it.
    public let name: String
    /// "string", "bool", "int", "decimal", "money", "date", "timestamp", "duration", "list(string)", "dyn".
    ///
    /// With "?" after it null is allowed. Then may follow what it may be, as in a cell: "string in ['A', 'B']", "int 0 .. 120",
    /// "money >= 0 CNY". For the hit policy `priority` the order in a list of texts or values is that of priority.
    public let type: String
    /// For an input: the expression that computes it from the environment's variables; nil for the variable of its name.
    public let computation: String?

    /// - Parameter computation: an expression over the environment's variables; for inputs only.
    public init(_ name: String, _ type: String, is computation: String? = nil) {
      self.name = name
      self.type = type
      self.computation = computation
    }
  }

  /// What is given where more than one row matches.
  public let hit: HitPolicy
  /// The inputs, in the order of the cells.
  public let given: [Column]
  /// The outputs, in the order of the cells after those of the inputs.
  public let gives: [Column]
  /// As they were written: of each row the cells for `given`, then those for `gives`.
  public let cells: [[String]]
  /// Of which the variables' values are given to decide.
  public let environment: Environment
  /// The types of a decision's outputs: of a list where the hit policy gathers one.
  public var outputTypes: [ValueType] { outputs.map { hit.result(of: $0.type) } }

  /// At most so many rows.
  public static let rowMax = 1000
  /// At most so many columns, inputs and outputs together.
  public static let columnMax = 30
  /// A cell has at most so many bytes of UTF-8.
  public static let cellSizeMax = 10_000
  /// All cells together have at most so many bytes of UTF-8.
  public static let sizeMax = 1 << 20

  let inputs: [Input]
  let outputs: [TableType]
  let outputNames: [String]
  let rows: [Row]
  /// Whether a cell or an input is an expression, for which the values have to be laid out.
  let hasExpressions: Bool
  /// Whether no input is computed and each is the variable of its own place.
  let isDirect: Bool

  /// What is known of an input.
  struct Input: Sendable {
    let type: TableType
    let source: Source
    enum Source: Sendable {
      case variable(slot: Int)
      case computed(Expression)
    }
  }

  struct Row: Sendable {
    /// Those that ask something, in the order of the columns.
    let tests: [Test]
    let gives: [Output]
  }

  /// What a cell asks.
  struct Test: Sendable {
    let column: Int
    let kind: Kind
    enum Kind: Sendable {
      case plain(TableTest)
      /// Gives a bool.
      case expression(Expression)
    }
  }

  enum Output: Sendable {
    case constant(Value)
    case expression(Expression)
  }

  /// Compiles all cells.
  ///
  /// - Parameters:
  ///   - given: the inputs; at least one.
  ///   - gives: the outputs; at least one.
  ///   - rows: of each the cells for `given`, then those for `gives`; at least one row.
  ///   - environment: what cells and computed inputs may name; nil for the inputs that are not computed, in their order.
  /// - Throws: all that is wrong with it.
  public init(
    hit: HitPolicy, given: [Column], gives: [Column], rows: [[String]], environment: Environment? = nil
  ) throws(TableErrors) {
    var builder = TableBuilder(hit: hit, given: given, gives: gives, environment: environment)
    builder.build(rows)
    guard builder.problems.isEmpty else { throw builder.problems.errors }
    self.hit = hit
    self.given = given
    self.gives = gives
    cells = rows
    self.environment = builder.environment
    inputs = builder.inputs
    outputs = builder.outputs
    outputNames = gives.map(\.name)
    self.rows = builder.rows
    hasExpressions = builder.hasExpressions
    isDirect = builder.inputs.enumerated().allSatisfy { index, input in
      if case .variable(index) = input.source { true } else { false }
    }
  }
}
