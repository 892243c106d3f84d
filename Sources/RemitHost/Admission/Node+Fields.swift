import RemitExpressions

extension Node {
  /// The fields of `it` that an expression asks for, by their names.
  var fieldsOfIt: Set<String> {
    var found: Set<String> = []
    collect(&found)
    return found
  }

  private func collect(_ found: inout Set<String>) {
    switch kind {
    case .constant, .variable, .local, .failure: break
    case .field(let choice), .has(let choice):
      if case .variable("it", _) = choice.operand.kind { found.insert(choice.name) }
      choice.operand.collect(&found)
    case .call(_, _, let parts), .and(let parts), .or(let parts): for part in parts { part.collect(&found) }
    case .conditional(let test, let yes, let no): for part in [test, yes, no] { part.collect(&found) }
    case .list(let elements): for element in elements { element.value.collect(&found) }
    case .map(let entries):
      for entry in entries {
        entry.key.collect(&found)
        entry.value.collect(&found)
      }
    case .record(_, let fields): for field in fields { field.value.collect(&found) }
    case .comprehension(let comprehension):
      for part in [comprehension.range, comprehension.filter, comprehension.body].compactMap({ $0 }) { part.collect(&found) }
    case .bind(_, _, let value, let body), .optionalMap(let value, _, _, let body, _):
      value.collect(&found)
      body.collect(&found)
    }
  }
}
