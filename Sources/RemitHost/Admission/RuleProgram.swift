import RemitAPI
import RemitDocuments
import RemitExpressions
import SwiftProtobuf

/// A company's decision table, checked and compiled, as a function that forms' expressions ask.
final class RuleProgram: Sendable {
  let name: String
  private let table: DecisionTable
  /// What it gives, a field for each output; of no row all are null.
  let record: RecordType
  let function: Function

  private init(_ name: String, _ table: DecisionTable) {
    self.name = name
    self.table = table
    let record = RecordType(
      "rules.\(name)", fields: zip(table.gives, table.outputTypes).map { RecordType.Field($0.name, .nullable($1.unwrapped)) })
    self.record = record
    function = Function(
      "rules.\(name)", table.environment.variables.map(\.type), .record("rules.\(name)"), cost: 10 + table.cells.count
    ) { arguments throws(EvaluationError) in
      .record(PlainRecord(record, try table.decide(arguments).outputs))
    }
  }

  /// - Parameter given: values by their columns, as a test of the table has them.
  /// - Returns: the rows that hold, from 0, and what the table gives.
  func decide(_ given: Google_Protobuf_Struct) throws(EvaluationError) -> (rows: [Int], gives: Google_Protobuf_Struct) {
    let decision = try table.decide(given: given.fields.mapValues(\.expressionValue))
    let values = zip(table.gives.map(\.name), decision.outputs).map { ($0, Google_Protobuf_Value(of: $1)) }
    return (decision.rows, Google_Protobuf_Struct(fields: Dictionary(values, uniquingKeysWith: { first, _ in first })))
  }

  /// - Returns: with problems that are only warnings the program too.
  static func compile(_ rule: Remit_Document_V1_Rule) -> (program: RuleProgram?, problems: [ContentProblem]) {
    var problems: [ContentProblem] = []
    if rule.name.contains("-") {
      problems.append(
        ContentProblem(path: "name", wording: Wording("expressions cannot say a name with -; use _", "表达式中不能使用含 - 的名称，请用 _")))
    }
    for (index, row) in rule.rows.enumerated() {
      for (part, cells, columns) in [("when", row.when, rule.given), ("then", row.then, rule.gives)] where cells.count != columns.count {
        problems.append(
          ContentProblem(
            path: "rows[\(index)].\(part)",
            wording: Wording("there are \(columns.count) columns, and here \(cells.count)", "应有 \(columns.count) 列，此处为 \(cells.count) 列")))
      }
    }
    guard problems.isEmpty else { return (nil, problems) }
    do throws(TableErrors) {
      let table = try DecisionTable(
        hit: rule.hit.policy, given: rule.given.map { .init($0.name, $0.type) }, gives: rule.gives.map { .init($0.name, $0.type) },
        rows: rule.rows.map { $0.when + $0.then })
      problems = rule.failures(of: table) + findings(table)
      return (problems.contains { !$0.isWarning } ? nil : RuleProgram(rule.name, table), problems)
    } catch {
      return (nil, error.items.map { problem($0, inputs: rule.given.count) })
    }
  }

  private static func problem(_ item: TableErrors.Item, inputs: Int) -> ContentProblem {
    let path: String
    if let column = item.column {
      let (part, index) = column < inputs ? ("given", column) : ("gives", column - inputs)
      path =
        item.row.map { "rows[\($0)].\(part == "given" ? "when" : "then")[\(index)]" }
        ?? "\(part)[\(index)].\(item.part == .type ? "type" : "name")"
    } else {
      path = item.row.map { "rows[\($0)]" } ?? ""
    }
    let message = item.message + (item.suggestion.map { "; \($0)" } ?? "")
    return ContentProblem(path: path, place: item.place, wording: Wording(message, message))
  }

  /// What may be meant otherwise: values that no row fits, rows that two fit, rows that are never reached.
  private static func findings(_ table: DecisionTable) -> [ContentProblem] {
    table.sentences(of: table.coverage()).map { ContentProblem(path: "rows", wording: Wording($0, $0), isWarning: true) }
  }
}

extension Remit_Document_V1_Rule {
  /// Tests beside the table that come out otherwise.
  fileprivate func failures(of table: DecisionTable) -> [ContentProblem] {
    let cases = tests.map { test in
      TableCase(
        test.name, given: test.given.fields.mapValues(\.expressionValue),
        want: test.hasWant ? test.want.fields.mapValues(\.expressionValue) : nil)
    }
    return table.run(cases).map { failure in
      let differences = failure.differences.joined(separator: "; ")
      return ContentProblem(
        path: "tests[\(failure.index)]",
        wording: Wording("the test \(failure.name) fails: \(differences)", "测试 \(failure.name) 未通过：\(differences)"))
    }
  }
}

extension Remit_Document_V1_HitPolicy {
  fileprivate var policy: HitPolicy {
    switch self {
    case .first: .first
    case .any: .any
    case .priority: .priority
    case .collect: .collect
    case .collectSum: .collectSum
    case .collectMin: .collectMin
    case .collectMax: .collectMax
    case .collectCount: .collectCount
    case .unique, .unspecified, .UNRECOGNIZED: .unique
    }
  }
}
