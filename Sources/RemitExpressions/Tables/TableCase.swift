/// A test that stands beside a decision table: what it gives for some values.
public struct TableCase: Sendable {
  public let name: String
  /// Of variables, and of inputs that are then not computed. A text, a whole number or a double stands for what a column's type is
  /// written like: "500.00 CNY", 5, "2026-01-05". What is left out is null.
  public let given: [String: Value]
  /// By the names of outputs, in the same way; those that are left out are not looked at. nil where no row is to match.
  public let want: [String: Value]?

  public init(_ name: String, given: [String: Value], want: [String: Value]?) {
    self.name = name
    self.given = given
    self.want = want
  }

  /// A case that came out otherwise.
  public struct Failure: Sendable, Hashable, CustomStringConvertible {
    /// The case's place in the list, from 0.
    public let index: Int
    /// The case's name.
    public let name: String
    /// A sentence without a full stop for each difference; never empty.
    public let differences: [String]

    /// "small and bad: hours is 8, where 0 is wanted"
    public var description: String { "\(name): \(differences.joined(separator: "; "))" }
  }
}

extension DecisionTable {
  /// What it gives for values by their names, as a case has them.
  public func decide(given: [String: Value], budget: Int = Expression.budget) throws(EvaluationError) -> Decision {
    let (values, computed) = values(given)
    return try decide(values, computed: computed, budget: budget)
  }

  /// Those of the cases that come out otherwise, in their order.
  ///
  /// - Parameter budget: of each case.
  public func run(_ cases: [TableCase], budget: Int = Expression.budget) -> [TableCase.Failure] {
    cases.enumerated().compactMap { index, one in
      let differences = differences(one, budget)
      return differences.isEmpty ? nil : TableCase.Failure(index: index, name: one.name, differences: differences)
    }
  }

  private func differences(_ one: TableCase, _ budget: Int) -> [String] {
    var differences: [String] = []
    let names = environment.variables.map(\.name) + given.map(\.name)
    for name in one.given.keys.sorted() where !names.contains(name) {
      differences.append(unknown("no input", name, among: names))
    }
    for name in (one.want ?? [:]).keys.sorted() where !outputNames.contains(name) {
      differences.append(unknown("no output", name, among: outputNames))
    }
    guard differences.isEmpty else { return differences }
    let decision: Decision
    do throws(EvaluationError) {
      decision = try decide(given: one.given, budget: budget)
    } catch {
      return ["it ends with an error: \(error.message)"]
    }
    guard let want = one.want else {
      return decision.rows.isEmpty ? [] : ["row \((decision.rows.first ?? 0) + 1) matches, where none is wanted"]
    }
    guard !decision.rows.isEmpty else { return ["no row matches"] }
    for (index, name) in outputNames.enumerated() {
      guard let wanted = want[name], index < decision.outputs.count else { continue }
      let read = reading(wanted, ofOutput: index)
      let found = decision.outputs[index]
      if found != read {
        differences.append("\(name) is \(TableLiteral.text(of: found)), where \(TableLiteral.text(of: read)) is wanted")
      }
    }
    return differences
  }

  private func unknown(_ what: String, _ name: String, among names: [String]) -> String {
    "there is \(what) '\(name)'\(Suggestion.nearest(to: name, among: names).map { "; \($0)" } ?? "")"
  }

  /// Of the variables, and of the inputs that are not to be computed.
  private func values(_ given: [String: Value]) -> (variables: [Value], computed: [Int: Value]) {
    var values = environment.variables.map { given[$0.name] ?? .null }
    var computed: [Int: Value] = [:]
    for (index, input) in inputs.enumerated() {
      switch input.source {
      case .variable(let slot): values[slot] = input.type.reading(values[slot])
      case .computed:
        let name = self.given[index].name
        if environment.slots[name] == nil, let value = given[name] { computed[index] = input.type.reading(value) }
      }
    }
    return (values, computed)
  }

  private func reading(_ value: Value, ofOutput index: Int) -> Value {
    switch hit {
    case .collectCount: return value
    case .collect:
      guard case .list(let values) = value else { return value }
      return .list(values.map(outputs[index].reading))
    default: return outputs[index].reading(value)
    }
  }
}

extension TableType {
  /// The value of the type that a text or a number stands for; any other as it is.
  func reading(_ value: Value) -> Value {
    switch (kind, value) {
    case (.string, _), (.bool, _): return value
    case (.open, .list(let values)):
      guard case .list(let element) = base, let type = try? TableType(element.description) else { return value }
      return .list(values.map(type.reading))
    case (.int, .double(let number)), (.decimal, .double(let number)):
      if let whole = Int64(exactly: number) { return kind == .int ? .int(whole) : .decimal(DecimalValue(whole)) }
      // Of a number of JSON the shortest digits are those that were written.
      return kind == .int ? value : DecimalValue("\(number)").map { .decimal($0) } ?? value
    case (.decimal, .int(let number)): return .decimal(DecimalValue(number))
    case (_, .string(let text)):
      if case .value(let read) = TableLiteral.read(text, at: 0, as: self, names: []) { return read }
      return value
    default: return value
    }
  }
}
