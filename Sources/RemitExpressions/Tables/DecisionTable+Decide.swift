extension DecisionTable {
  /// - Parameters:
  ///   - values: of the environment's variables, in their order.
  ///   - budget: how many steps it may take, all cells together.
  /// - Throws: where a value is of another type than its column, where more rows match than the hit policy lets, and what a cell
  ///   throws; the message names row and column as a person counts them.
  public func decide(_ values: [Value], budget: Int = Expression.budget) throws(EvaluationError) -> Decision {
    try decide(values, computed: [:], budget: budget)
  }

  /// A sentence for each row: why it counts, or the first cell that did not hold.
  public func explanation(of decision: Decision) -> [String] {
    decision.outcomes.prefix(cells.count).enumerated().map { index, outcome in
      switch outcome {
      case .matched: "row \(index + 1) matches"
      case .failed(let column):
        "row \(index + 1) does not match: \(given[column].name) is not \(cells[index][column].prefix(100))"
      case .notAsked: "row \(index + 1) was not looked at"
      }
    }
  }

  /// - Parameter computed: values of inputs that are not to be computed, by their columns.
  func decide(_ values: [Value], computed: [Int: Value], budget: Int) throws(EvaluationError) -> Decision {
    guard values.count == environment.variables.count else {
      throw EvaluationError(
        .invalidArgument, "\(values.count) values are given, where there are \(environment.variables.count) variables")
    }
    var meter = Meter(budget: budget)
    var scope = Scope(inputs: try inputs(values, computed, &meter))
    if hasExpressions { scope.layOut(values, self) }
    var outcomes = [Decision.Outcome](repeating: .notAsked, count: rows.count)
    var matched: [Int] = []
    for index in rows.indices {
      if let column = try firstFailure(index, &scope, &meter) {
        outcomes[index] = .failed(column: column)
        continue
      }
      outcomes[index] = .matched
      matched.append(index)
      if hit == .first { break }
    }
    let (row, outputs) = try gathered(matched, scope, &meter)
    return Decision(rows: matched, row: row, outputs: outputs, outcomes: outcomes, names: outputNames)
  }

  /// What the cells are asked about.
  private struct Scope {
    let inputs: [Value]
    /// For expressions: the variables, the computed inputs, and `it`.
    var values: [Value] = []

    init(inputs: [Value]) { self.inputs = inputs }

    mutating func layOut(_ variables: [Value], _ table: DecisionTable) {
      values.reserveCapacity(variables.count + inputs.count + 1)
      values += variables
      for (input, value) in zip(table.inputs, inputs) {
        if case .computed = input.source { values.append(value) }
      }
      values.append(.null)
    }

    mutating func setIt(_ column: Int) { values[values.count - 1] = inputs[column] }
  }

  private func inputs(
    _ values: [Value], _ computed: [Int: Value], _ meter: inout Meter
  ) throws(EvaluationError) -> [Value] {
    if isDirect {
      for index in inputs.indices { try check(values[index], index, &meter) }
      return values
    }
    var found: [Value] = []
    found.reserveCapacity(inputs.count)
    for (index, input) in inputs.enumerated() {
      let value: Value
      switch input.source {
      case .variable(let slot): value = values[slot]
      case .computed(let expression):
        do throws(EvaluationError) {
          value = if let known = computed[index] { known } else { try expression.evaluate(values, &meter) }
        } catch {
          throw error.named(given[index].name)
        }
      }
      try check(value, index, &meter)
      found.append(value)
    }
    return found
  }

  @inline(__always)
  private func check(_ value: Value, _ index: Int, _ meter: inout Meter) throws(EvaluationError) {
    guard inputs[index].type.holds(value) else {
      let type = inputs[index].type.type
      throw EvaluationError(.invalidArgument, "the value given for '\(given[index].name)' is \(value.type), where \(type) is declared")
    }
    if inputs[index].type.domain != nil { try checkDomain(value, inputs[index].type, given[index].name, &meter) }
  }

  private func checkDomain(_ value: Value, _ type: TableType, _ name: String, _ meter: inout Meter) throws(EvaluationError) {
    guard let domain = type.domain, !value.isNull else { return }
    let holds: Bool
    do throws(EvaluationError) {
      holds = try domain.holds(value, &meter)
    } catch {
      throw error.named(name)
    }
    guard holds else {
      throw EvaluationError(.invalidArgument, "'\(name)' is \(TableLiteral.text(of: value)), where \(type.text.prefix(100)) is declared")
    }
  }

  // MARK: Rows

  /// The column of the first cell that does not hold; nil where the row matches.
  ///
  /// - Throws: what a cell throws, where all others hold.
  private func firstFailure(_ row: Int, _ scope: inout Scope, _ meter: inout Meter) throws(EvaluationError) -> Int? {
    var failure: EvaluationError?
    for test in rows[row].tests {
      do throws(EvaluationError) {
        try meter.charge(1)
        let holds: Bool
        switch test.kind {
        case .plain(let plain): holds = try plain.holds(scope.inputs[test.column], &meter)
        case .expression(let expression):
          scope.setIt(test.column)
          let value = try expression.evaluate(scope.values, &meter)
          guard case .bool(let bool) = value else { throw .noOverload("a condition", [value]) }
          holds = bool
        }
        if !holds { return test.column }
      } catch {
        guard error.isAbsorbable else { throw error }
        failure = failure ?? error.named("row \(row + 1), \(given[test.column].name)")
      }
    }
    if let failure { throw failure }
    return nil
  }

  private func output(_ row: Int, _ column: Int, _ scope: Scope, _ meter: inout Meter) throws(EvaluationError) -> Value {
    let expression: Expression
    switch rows[row].gives[column] {
    case .constant(let value): return value
    case .expression(let found): expression = found
    }
    do throws(EvaluationError) {
      let value = try expression.evaluate(scope.values, &meter)
      let type = outputs[column]
      guard type.holds(value) else {
        throw EvaluationError(.invalidArgument, "the expression gives \(value.type), where \(type.type) is declared")
      }
      try checkDomain(value, type, gives[column].name, &meter)
      if type.kind == .decimal {
        if case .int(let whole) = value { return .decimal(DecimalValue(whole)) }
        if case .uint(let whole) = value { return .decimal(DecimalValue(whole)) }
      }
      return value
    } catch {
      throw error.named("row \(row + 1), \(gives[column].name)")
    }
  }

  private func outputs(_ row: Int, _ scope: Scope, _ meter: inout Meter) throws(EvaluationError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(outputs.count)
    for column in outputs.indices {
      try meter.charge(1)
      values.append(try output(row, column, scope, &meter))
    }
    return values
  }

  // MARK: Hit policies

  private func gathered(
    _ matched: [Int], _ scope: Scope, _ meter: inout Meter
  ) throws(EvaluationError) -> (row: Int?, outputs: [Value]) {
    guard let first = matched.first else { return (nil, []) }
    switch hit {
    case .first: return (first, try outputs(first, scope, &meter))
    case .unique:
      guard matched.count == 1 else {
        throw EvaluationError(.ambiguous, "rows \(Self.list(matched)) match, where one may")
      }
      return (first, try outputs(first, scope, &meter))
    case .any: return (first, try same(matched, scope, &meter))
    case .priority: return try foremost(matched, scope, &meter)
    case .collect, .collectSum, .collectMin, .collectMax:
      var columns: [Value] = []
      for column in outputs.indices { columns.append(try collected(matched, column, scope, &meter)) }
      return (nil, columns)
    case .collectCount: return (nil, outputs.map { _ in .int(Int64(matched.count)) })
    }
  }

  /// "2, 3 and 7", with rows counted from 1.
  private static func list(_ rows: [Int]) -> String {
    let numbers = rows.prefix(10).map { "\($0 + 1)" }
    let last = rows.count > 10 ? "others" : numbers.last ?? ""
    return "\((rows.count > 10 ? numbers : numbers.dropLast()).joined(separator: ", ")) and \(last)"
  }

  private func same(_ matched: [Int], _ scope: Scope, _ meter: inout Meter) throws(EvaluationError) -> [Value] {
    let wanted = try outputs(matched[0], scope, &meter)
    for row in matched.dropFirst() {
      let others = try outputs(row, scope, &meter)
      for (column, value) in others.enumerated() where try !value.equals(wanted[column], &meter) {
        throw EvaluationError(
          .ambiguous,
          "rows \(matched[0] + 1) and \(row + 1) match and give different '\(gives[column].name)': "
            + "\(TableLiteral.text(of: wanted[column])) and \(TableLiteral.text(of: value))")
      }
    }
    return wanted
  }

  /// By the first output that has an order of its values, then the next; the earlier row where all are the same.
  private func foremost(
    _ matched: [Int], _ scope: Scope, _ meter: inout Meter
  ) throws(EvaluationError) -> (row: Int?, outputs: [Value]) {
    var best: (row: Int, outputs: [Value], ranks: [Int])?
    for row in matched {
      let values = try outputs(row, scope, &meter)
      var ranks: [Int] = []
      for (column, value) in values.enumerated() {
        guard let order = outputs[column].ranking else { continue }
        try meter.charge(order.count)
        // Null, where it is allowed, comes last.
        ranks.append(order.firstIndex { $0 == value } ?? order.count)
      }
      if best.map({ ranks.lexicographicallyPrecedes($0.ranks) }) ?? true { best = (row, values, ranks) }
    }
    return (best?.row, best?.outputs ?? [])
  }

  private func collected(_ matched: [Int], _ column: Int, _ scope: Scope, _ meter: inout Meter) throws(EvaluationError) -> Value {
    var values: [Value] = []
    values.reserveCapacity(matched.count)
    for row in matched {
      try meter.charge(1)
      values.append(try output(row, column, scope, &meter))
    }
    guard hit != .collect, var result = values.first else { return .list(values) }
    do throws(EvaluationError) {
      for value in values.dropFirst() {
        switch hit {
        case .collectSum: result = try Operators.sum(result, value, &meter)
        case .collectMin: if try value.order(result, &meter) == .before { result = value }
        default: if try value.order(result, &meter) == .after { result = value }
        }
      }
    } catch {
      throw error.named(gives[column].name)
    }
    return result
  }
}

extension EvaluationError {
  /// With a name before its message, and its place where it had one.
  fileprivate func named(_ name: String) -> EvaluationError {
    let named = EvaluationError(code, "\(name): \(message)")
    return place.map { named.at($0) } ?? named
  }
}
