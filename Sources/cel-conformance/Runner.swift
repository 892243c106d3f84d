import RemitExpressions

/// Runs one case.
enum Runner {
  enum Outcome {
    case passed
    case failed(expected: String, got: String)
    case skipped(String)
  }

  static func run(_ test: Case) -> Outcome {
    if let reason = Skips.reason(test) { return .skipped(reason) }
    do {
      return try check(test)
    } catch {
      return .failed(expected: "a case that can be read", got: "\(error)")
    }
  }

  private static func check(_ test: Case) throws -> Outcome {
    let expectation = try test.expectation()
    let variables = try test.variables()
    var (names, values) = (variables.map(\.variable), variables.compactMap(\.value))
    if test.json["container"]?.string == "google.protobuf" || test.text.contains("NULL_VALUE") {
      names.insert(WellKnownTypes.nullValue, at: 0)
      values.insert(.int(0), at: 0)
    }
    var extensions = Set(Extension.allCases)
    if test.flag("disable_macros") { extensions.subtract([.twoVariables, .bindings, .block]) }
    let environment = Environment(
      variables: names, functions: try test.functions(), records: WellKnownTypes.records, container: test.container,
      extensions: extensions, checksTypes: !test.flag("disable_check"))
    let expression: Expression
    do throws(ExpressionErrors) {
      expression = try Expression(test.text, in: environment)
    } catch {
      if case .error = expectation { return .passed }
      return .failed(expected: text(expectation), got: "refused: \(error)".replacing("\n", with: " / "))
    }
    if case .typed(_, let type) = expectation, expression.type != type {
      return .failed(expected: text(expectation), got: "the type \(expression.type)")
    }
    if test.flag("check_only") { return .passed }
    do throws(EvaluationError) {
      return compare(try expression.evaluate(values), expectation)
    } catch {
      if case .error = expectation { return .passed }
      return .failed(expected: text(expectation), got: "error: \(error)")
    }
  }

  private static func compare(_ value: Value, _ expectation: Case.Expectation) -> Outcome {
    switch expectation {
    case .value(let expected), .typed(.some(let expected), _):
      TaggedValue.same(value, expected)
        ? .passed : .failed(expected: TaggedValue.text(expected), got: TaggedValue.text(value))
    case .typed(.none, _): .passed
    case .error: .failed(expected: "an error", got: TaggedValue.text(value))
    }
  }

  private static func text(_ expectation: Case.Expectation) -> String {
    switch expectation {
    case .value(let value): TaggedValue.text(value)
    case .typed(let value, let type): "\(value.map(TaggedValue.text) ?? "anything") of type \(type)"
    case .error: "an error"
    }
  }
}
