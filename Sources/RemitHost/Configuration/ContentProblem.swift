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
  /// Decision tables that a document's expressions ask and that are not there, where they are named first.
  func unknownRules(in entry: Entry) -> [(problem: Wording, place: DocumentPlace)] {
    let there = Set(entries.keys.filter { $0.kind == "rule" }.map(\.name))
    var found: [String: DocumentPlace] = [:]
    for (index, line) in entry.stored.text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      for match in line.matches(of: /\brules\.([a-z][a-z0-9_]*)\(/) where found[String(match.1)] == nil && !there.contains(String(match.1))
      {
        let column = line.unicodeScalars.distance(from: line.startIndex, to: match.range.lowerBound) + 1
        found[String(match.1)] = DocumentPlace(line: index + 1, column: column)
      }
    }
    return found.sorted { $0.value < $1.value }.map { name, place in
      let hint = Suggestion.name(nearestTo: name, among: there.sorted()).map { "; did you mean rules.\($0)?" } ?? ""
      return (Wording("there is no rule '\(name)', which rules.\(name) asks\(hint)", "没有规则 '\(name)'（rules.\(name)）\(hint)"), place)
    }
  }

  mutating func add(_ wording: Wording, of entry: Entry, at place: DocumentPlace) { add(entry.stored.path, wording, at: place) }

  mutating func add(_ problem: ContentProblem, of entry: Entry) {
    if let place = problem.place {
      add(entry, problem.path, line: place.line, column: place.column, problem.wording)
    } else {
      add(entry, problem.path, problem.wording, isWarning: problem.isWarning)
    }
  }
}
