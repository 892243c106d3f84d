import RemitDocuments
import RemitExpressions

/// What is wrong with what a document says, beyond its fields.
struct ContentProblem {
  /// Of its message: "fields[2].required".
  let path: String
  /// Within the text that stands there; nil: it is about the whole.
  var place: Place?
  let wording: Wording
  var isWarning = false
}

extension ContentProblem {
  /// A mistake in an expression.
  init(_ item: ExpressionErrors.Item, at path: String) {
    let message = item.message + (item.suggestion.map { "; \($0)" } ?? "")
    self.init(path: path, place: item.place, wording: Wording(message, message))
  }
}

extension ConfigurationPlan {
  mutating func add(_ problem: ContentProblem, of entry: Entry) {
    if let place = problem.place {
      add(entry, problem.path, line: place.line, column: place.column, problem.wording)
    } else {
      add(entry, problem.path, problem.wording, isWarning: problem.isWarning)
    }
  }
}
