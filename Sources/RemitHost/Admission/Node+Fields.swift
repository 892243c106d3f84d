import RemitExpressions

extension Node {
  /// The fields of `it` that an expression asks for, by their names; of the company's own also "custom.contract".
  var fieldsOfIt: Set<String> { fieldsOfIt(at: nil) }

  /// - Parameter at: the field of `request` that is `it` too.
  func fieldsOfIt(at: String?) -> Set<String> {
    var found: Set<String> = []
    collect(&found, at)
    return found
  }

  /// Whether it is `it`, or the same by the name of the request.
  private func isIt(_ at: String?) -> Bool {
    switch kind {
    case .variable("it", _): true
    case .variable("request", _): at == nil
    case .field(let choice): if case .variable("request", _) = choice.operand.kind { choice.name == at } else { false }
    default: false
    }
  }

  private func collect(_ found: inout Set<String>, _ at: String?) {
    switch kind {
    case .constant, .variable, .local, .failure: break
    case .field(let choice), .has(let choice):
      if choice.operand.isIt(at) { found.insert(choice.name) }
      if case .field(let outer) = choice.operand.kind, outer.operand.isIt(at) { found.insert("\(outer.name).\(choice.name)") }
      choice.operand.collect(&found, at)
    case .call(_, _, let parts), .and(let parts), .or(let parts): for part in parts { part.collect(&found, at) }
    case .conditional(let test, let yes, let no): for part in [test, yes, no] { part.collect(&found, at) }
    case .list(let elements): for element in elements { element.value.collect(&found, at) }
    case .map(let entries):
      for entry in entries {
        entry.key.collect(&found, at)
        entry.value.collect(&found, at)
      }
    case .record(_, let fields): for field in fields { field.value.collect(&found, at) }
    case .comprehension(let comprehension):
      for part in [comprehension.range, comprehension.filter, comprehension.body].compactMap({ $0 }) { part.collect(&found, at) }
    case .bind(_, _, let value, let body), .optionalMap(let value, _, _, let body, _):
      value.collect(&found, at)
      body.collect(&found, at)
    }
  }
}
