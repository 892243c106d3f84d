/// Names and fields.
extension Checker {
  /// A name, first in the container, then in those around it.
  func candidates(_ name: String, isAbsolute: Bool) -> [String] {
    isAbsolute || environment.prefixes.count == 1 ? [name] : environment.prefixes.map { $0 + name }
  }

  mutating func identifier(_ name: String, isAbsolute: Bool, _ offset: Int) -> Node {
    if let found = declared(name, isAbsolute: isAbsolute, offset) { return found }
    let message =
      "undeclared name '\(name)'" + (environment.container.isEmpty ? "" : " (in '\(environment.container)')")
    var suggestion: String?
    if suggests {
      let names = locals.map(\.name) + Array(environment.slots.keys) + Array(environment.typeNames.keys)
      suggestion = Suggestion.nearest(to: name, among: names)
      if suggestion == nil, environment.functions[name] != nil {
        suggestion = "'\(name)' is a function: '\(name)(…)'"
      }
    }
    return fail(Problem(offset: offset, message: message, suggestion: suggestion), .unknownName)
  }

  private mutating func declared(_ name: String, isAbsolute: Bool, _ offset: Int) -> Node? {
    if !isAbsolute, let local = locals.last(where: { $0.name == name }) {
      return node(.local(name, index: local.index), known(local.type), offset)
    }
    for candidate in candidates(name, isAbsolute: isAbsolute) {
      if let slot = environment.slots[candidate] {
        return node(.variable(candidate, slot: slot), environment.variables[slot].type, offset)
      }
      if let type = environment.typeNames[candidate] { return node(.constant(.type(type)), .type(type), offset) }
    }
    return nil
  }

  /// `a.b.c` where that is the name of a variable or a type.
  mutating func qualified(_ syntax: Syntax) -> Node? {
    guard let (name, first, isAbsolute) = qualifiedName(syntax) else { return nil }
    if !isAbsolute, locals.contains(where: { $0.name == first }) { return nil }
    return declared(name, isAbsolute: isAbsolute, syntax.offset)
  }

  /// "a.b.c" where it is made of plain names only, and of no more than any name that there is.
  func qualifiedName(_ syntax: Syntax) -> (name: String, first: String, isAbsolute: Bool)? {
    syntax.depth <= environment.partMax ? syntax.qualifiedName : nil
  }

  mutating func select(_ operand: Node, _ name: String, isOptional: Bool, _ offset: Int) -> Node {
    var held = known(operand.type)
    var isWrapped = isOptional
    if case .optional(let inner) = held {
      held = inner
      isWrapped = true
    }
    let (choice, type) = choice(operand, held, name, isOptional: isOptional, offset)
    return node(.field(choice), isWrapped ? .optional(type) : type, offset)
  }

  mutating func has(_ operand: Node, _ name: String, _ offset: Int) -> Node {
    var held = known(operand.type)
    if case .optional(let inner) = held { held = inner }
    return node(.has(choice(operand, held, name, isOptional: false, offset).choice), .bool, offset)
  }

  private mutating func choice(
    _ operand: Node, _ held: ValueType, _ name: String, isOptional: Bool, _ offset: Int
  ) -> (choice: Node.FieldChoice, type: ValueType) {
    var (type, index, recordType): (ValueType, Int?, RecordType?) = (.dyn, nil, nil)
    var isDirect = true
    if case .optional = operand.type { isDirect = false }
    switch held {
    case .map(_, let value): type = known(value)
    case .parameter: _ = substitution.assigns(.dyn, to: held)
    case .dyn: break
    case .record(let recordName), .nullable(.record(let recordName)):
      if let record = environment.records[recordName] {
        if let found = record.index(of: name) {
          type = record.fields[found].type
          if isDirect { (index, recordType) = (found, record) }
        } else if environment.checksTypes {
          problems.append(
            Problem(
              offset: offset, message: "\(recordName) has no field '\(name)'",
              suggestion: Suggestion.nearest(to: name, among: record.fields.lazy.map(\.name))))
        }
      }
    case .money where MoneyFunctions.fields[name] != nil, .nullable(.money) where MoneyFunctions.fields[name] != nil:
      type = MoneyFunctions.fields[name] ?? .dyn
    default:
      if environment.checksTypes {
        problems.append(noFields(held, name, offset))
      }
    }
    let choice = Node.FieldChoice(
      operand: operand, name: name, index: index, recordType: recordType, isOptional: isOptional)
    return (choice, type)
  }

  private func noFields(_ type: ValueType, _ name: String, _ offset: Int) -> Problem {
    let methods = environment.functions[name] ?? []
    let isMethod = methods.contains { $0.isMethod && $0.parameters.first == type && $0.parameters.count == 1 }
    return Problem(
      offset: offset, message: "\(type) has no field '\(name)'",
      suggestion: isMethod ? "'\(name)' is a method: '\(name)()'" : nil)
  }

  mutating func record(_ name: String, isAbsolute: Bool, _ fields: [Syntax.Field], _ offset: Int) -> Node {
    let found = candidates(name, isAbsolute: isAbsolute).compactMap { environment.records[$0] }.first
    guard let record = found else {
      for field in fields { _ = check(field.value) }
      let suggestion = Suggestion.nearest(to: name, among: environment.records.keys)
      return fail(
        Problem(offset: offset, message: "undeclared type '\(name)'", suggestion: suggestion), .unknownName)
    }
    guard record.construction != nil else {
      return fail(Problem(offset: offset, message: "\(record.name) cannot be made in an expression"), .invalidArgument)
    }
    var nodes: [Node.Field] = []
    for field in fields {
      let value = check(field.value)
      guard let index = record.index(of: field.name) else {
        let problem = Problem(
          offset: field.offset, message: "\(record.name) has no field '\(field.name)'",
          suggestion: Suggestion.nearest(to: field.name, among: record.fields.lazy.map(\.name)))
        if environment.checksTypes {
          problems.append(problem)
          continue
        }
        return fail(problem, .noSuchField)
      }
      let type = field.isOptional ? unwrapped(value, field.value) : value.type
      let wanted = record.fields[index].type
      if environment.checksTypes, !substitution.assigns(type, to: wanted) {
        let message = "the field '\(field.name)' is \(wanted), not \(known(type))"
        problems.append(Problem(offset: field.value.firstOffset, message: message))
      }
      nodes.append(Node.Field(index: index, value: value, isOptional: field.isOptional))
    }
    return node(.record(record, nodes), record.constructedType, offset)
  }
}

extension Syntax {
  /// "a.b.c" where it is made of plain names only.
  var qualifiedName: (name: String, first: String, isAbsolute: Bool)? {
    switch kind {
    case .identifier(let name, let isAbsolute): return (name, name, isAbsolute)
    case .select(let operand, let field, isOptional: false):
      guard let (name, first, isAbsolute) = operand.qualifiedName else { return nil }
      return ("\(name).\(field)", first, isAbsolute)
    default: return nil
    }
  }
}
