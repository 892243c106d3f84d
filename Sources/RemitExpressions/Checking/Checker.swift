/// Resolves names, finds the overloads of calls and the types of all, and says what is wrong.
struct Checker {
  struct Local {
    let name: String
    let index: Int
    let type: ValueType
  }

  let environment: Environment
  var substitution = Substitution()
  var problems: [Problem] = []
  /// The innermost last.
  var locals: [Local] = []
  var localCount = 0
  /// Whether a node has a type that is still to be found out.
  private(set) var hasOpenTypes = false

  init(_ environment: Environment) { self.environment = environment }

  struct Result {
    let root: Node
    let localCount: Int
  }

  static func check(
    _ syntax: Syntax, in environment: Environment, expecting type: ValueType?
  ) -> Swift.Result<Result, ProblemList> {
    var checker = Checker(environment)
    var root = checker.check(syntax)
    if let type, checker.problems.isEmpty, !checker.substitution.assigns(root.type, to: type) {
      let found = checker.substitution.applied(to: root.type, isFinal: true)
      checker.problems.append(
        Problem(offset: syntax.firstOffset, message: "the expression gives \(found), where \(type) is expected"))
    }
    guard checker.problems.isEmpty else { return .failure(ProblemList(problems: checker.problems)) }
    if checker.hasOpenTypes { root = root.mapTypes { checker.substitution.applied(to: $0, isFinal: true) } }
    return .success(Result(root: root, localCount: checker.localCount))
  }

  struct ProblemList: Error {
    let problems: [Problem]
  }

  mutating func node(_ kind: Node.Kind, _ type: ValueType, _ offset: Int) -> Node {
    if type.isOpen { hasOpenTypes = true }
    return Node(kind: kind, type: type, offset: offset)
  }

  /// A problem; or, where types are not checked, what fails when it is evaluated.
  mutating func fail(_ problem: Problem, _ code: EvaluationError.Code) -> Node {
    if environment.checksTypes { problems.append(problem) }
    return node(.failure(EvaluationError(code, problem.message).at(problem.offset)), .dyn, problem.offset)
  }

  /// Whether a name is still looked for that could have been meant, which takes a while for each.
  var suggests: Bool { environment.checksTypes && problems.count < 100 }

  func known(_ type: ValueType) -> ValueType { type.isOpen ? substitution.applied(to: type) : type }

  mutating func check(_ syntax: Syntax) -> Node {
    let offset = syntax.offset
    switch syntax.kind {
    case .literal(let value): return node(.constant(value), value.type, offset)
    case .identifier(let name, let isAbsolute): return identifier(name, isAbsolute: isAbsolute, offset)
    case .select(let operand, let name, let isOptional):
      if !isOptional, let found = qualified(syntax) { return found }
      return select(check(operand), name, isOptional: isOptional, offset)
    case .has(let operand, let name): return has(check(operand), name, offset)
    case .call(let name, let target, let arguments): return call(name, target, arguments, offset)
    case .and(let terms): return node(.and(terms.map { condition($0) }), .bool, offset)
    case .or(let terms): return node(.or(terms.map { condition($0) }), .bool, offset)
    case .conditional(let condition, let yes, let no): return conditional(condition, yes, no, offset)
    case .list(let elements): return list(elements, offset)
    case .map(let entries): return map(entries, offset)
    case .record(let name, let isAbsolute, let fields):
      return record(name, isAbsolute: isAbsolute, fields, offset)
    case .comprehension(let loop): return comprehension(loop, offset)
    case .bind(let name, let value, let body):
      let value = check(value)
      return with([(name, value.type)]) { checker, indices in
        let body = checker.check(body)
        return checker.node(.bind(name, index: indices[0], value: value, body: body), body.type, offset)
      }
    case .optionalMap(let target, let name, let body, let isFlat):
      return optionalMap(check(target), name, body, isFlat: isFlat, offset)
    }
  }

  /// What is either true or false.
  private mutating func condition(_ syntax: Syntax) -> Node {
    let term = check(syntax)
    guard environment.checksTypes, !substitution.assigns(term.type, to: .bool) else { return term }
    return fail(
      Problem(offset: syntax.firstOffset, message: "\(known(term.type)) where bool is expected"), .noSuchOverload)
  }

  private mutating func conditional(_ condition: Syntax, _ yes: Syntax, _ no: Syntax, _ offset: Int) -> Node {
    let (test, yes, no) = (self.condition(condition), check(yes), check(no))
    let result = substitution.fresh()
    var type = ValueType.dyn
    if substitution.assigns([yes.type, no.type], to: [result, result]) {
      type = substitution.applied(to: result)
    } else if environment.checksTypes {
      let message = "the two sides of '? :' have different types, \(known(yes.type)) and \(known(no.type))"
      problems.append(Problem(offset: offset, message: message))
    }
    return node(.conditional(test, yes, no), type, offset)
  }

  mutating func with(
    _ names: [(name: String, type: ValueType)], _ body: (inout Checker, [Int]) -> Node
  ) -> Node {
    let before = locals.count
    for (name, type) in names {
      locals.append(Local(name: name, index: localCount, type: type))
      localCount += 1
    }
    let node = body(&self, locals[before...].map(\.index))
    locals.removeSubrange(before...)
    return node
  }

  private mutating func list(_ elements: [Syntax.Element], _ offset: Int) -> Node {
    var type: ValueType?
    var nodes: [Node.Element] = []
    nodes.reserveCapacity(elements.count)
    for element in elements {
      let value = check(element.value)
      nodes.append(Node.Element(value: value, isOptional: element.isOptional))
      type = substitution.joined(type, element.isOptional ? unwrapped(value, element.value) : value.type)
    }
    let elementType = type ?? substitution.fresh()
    return node(.list(nodes), .list(known(elementType)), offset)
  }

  private mutating func map(_ entries: [Syntax.Entry], _ offset: Int) -> Node {
    var types: (key: ValueType?, value: ValueType?)
    var nodes: [Node.Entry] = []
    for entry in entries {
      let (key, value) = (check(entry.key), check(entry.value))
      nodes.append(Node.Entry(key: key, value: value, isOptional: entry.isOptional))
      types.key = substitution.joined(types.key, keyType(key, entry.key))
      types.value = substitution.joined(types.value, entry.isOptional ? unwrapped(value, entry.value) : value.type)
    }
    let type = ValueType.map(known(types.key ?? substitution.fresh()), known(types.value ?? substitution.fresh()))
    return node(.map(nodes), type, offset)
  }

  /// The type of a key, of which CEL has four. Others are `dyn` from here on: maps as keys of maps would make types
  /// grow by doubling.
  private mutating func keyType(_ key: Node, _ syntax: Syntax) -> ValueType {
    let type = known(key.type)
    switch type {
    case .bool, .int, .uint, .string, .dyn, .parameter: return type
    default:
      if environment.checksTypes {
        let message = "a map's key is a bool, int, uint or string, not \(type)"
        problems.append(Problem(offset: syntax.firstOffset, message: message))
      }
      return .dyn
    }
  }

  /// What an optional element or field holds.
  mutating func unwrapped(_ node: Node, _ syntax: Syntax) -> ValueType {
    let held = substitution.fresh()
    if substitution.assigns(node.type, to: .optional(held)) { return substitution.applied(to: held) }
    if environment.checksTypes {
      problems.append(
        Problem(offset: syntax.firstOffset, message: "after '?' an optional is expected, not \(known(node.type))"))
    }
    return .dyn
  }

  private mutating func optionalMap(
    _ target: Node, _ name: String, _ body: Syntax, isFlat: Bool, _ offset: Int
  ) -> Node {
    let held = substitution.fresh()
    if !substitution.assigns(target.type, to: .optional(held)), environment.checksTypes {
      let method = isFlat ? "optFlatMap" : "optMap"
      problems.append(
        Problem(offset: offset, message: "\(method)() is called on an optional, not \(known(target.type))"))
    }
    return with([(name, known(held))]) { checker, indices in
      let node = checker.check(body)
      let type: ValueType = isFlat ? .optional(checker.unwrapped(node, body)) : .optional(checker.known(node.type))
      let kind = Node.Kind.optionalMap(target, name, index: indices[0], body: node, isFlat: isFlat)
      return checker.node(kind, type, offset)
    }
  }
}

extension Syntax {
  /// Where its text begins, more or less: of operators and members `offset` is in the middle.
  var firstOffset: Int {
    switch kind {
    case .select(let operand, _, _), .conditional(let operand, _, _): operand.firstOffset
    case .call(_, let target?, _): target.firstOffset
    case .call(let name, nil, let arguments) where name.hasPrefix("_") || name == "@in":
      arguments.first?.firstOffset ?? offset
    case .and(let terms), .or(let terms): terms.first?.firstOffset ?? offset
    case .comprehension(let loop): loop.range.firstOffset
    default: offset
    }
  }
}
