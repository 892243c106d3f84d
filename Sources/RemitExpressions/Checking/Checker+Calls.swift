/// Calls and their overloads.
extension Checker {
  mutating func call(_ name: String, _ target: Syntax?, _ arguments: [Syntax], _ offset: Int) -> Node {
    if let target {
      // `a.b.f(x)` may be a function of the name "a.b.f".
      if let (space, first, isAbsolute) = qualifiedName(target),
        isAbsolute || !locals.contains(where: { $0.name == first })
      {
        for candidate in candidates("\(space).\(name)", isAbsolute: isAbsolute) {
          guard let functions = environment.functions[candidate] else { continue }
          let nodes = arguments.map { check($0) }
          return resolve(candidate, functions.filter { !$0.isMethod }, nodes, offset)
        }
      }
      let nodes = [check(target)] + arguments.map { check($0) }
      guard let functions = environment.functions[name], functions.contains(where: \.isMethod) else {
        return fail(unknown(name, nodes[0], offset), .noSuchOverload)
      }
      return resolve(name, functions.filter(\.isMethod), nodes, offset)
    }
    let nodes = arguments.map { check($0) }
    let isAbsolute = name.hasPrefix(".")
    let plain = isAbsolute ? String(name.dropFirst()) : name
    for candidate in candidates(plain, isAbsolute: isAbsolute) {
      guard let functions = environment.functions[candidate] else { continue }
      let globals = functions.first(where: \.isMethod) == nil ? functions : functions.filter { !$0.isMethod }
      guard !globals.isEmpty else { continue }
      return resolve(candidate, globals, nodes, offset)
    }
    return fail(unknown(plain, nil, offset), .noSuchOverload)
  }

  private func unknown(_ name: String, _ target: Node?, _ offset: Int) -> Problem {
    guard environment.checksTypes else { return Problem(offset: offset, message: "unbound function '\(name)'") }
    let what = target == nil ? "function" : "method"
    let others = environment.functions[name] ?? []
    var suggestion: String?
    if !others.isEmpty {
      suggestion = target == nil ? "'\(name)' is a method: 'value.\(name)(…)'" : "'\(name)' is a function: '\(name)(…)'"
    } else if suggests {
      let names = environment.functions.filter { _, functions in
        functions.contains {
          $0.isMethod == (target != nil) && (target == nil || $0.takesFirst(known(target?.type ?? .dyn)))
        }
      }
      suggestion = Suggestion.nearest(to: name, among: names.keys)
    }
    return Problem(offset: offset, message: "undeclared \(what) '\(name)'", suggestion: suggestion)
  }

  mutating func resolve(_ name: String, _ functions: [Function], _ nodes: [Node], _ offset: Int) -> Node {
    let types = nodes.map { known($0.type) }
    if let found = exact(name, functions, types) {
      return node(.call(name, overloads: [found], nodes), found.result, offset)
    }
    var (matches, result): ([Function], ValueType?) = ([], nil)
    let isAmbiguous = types.contains { $0.isOpen || $0 == .dyn || $0.parameters.contains(.dyn) }
    // These give a bool whatever matches; going on would take an open type for a decimal.
    let isEquality = name == "_==_" || name == "_!=_" || name == "@in"
    for function in functions where function.parameters.count == types.count {
      let (parameters, type) = substitution.instance(of: function)
      guard substitution.assigns(types, to: parameters) else { continue }
      matches.append(function)
      let found = substitution.applied(to: type)
      result = result.map { $0 == found || $0 == .dyn ? $0 : .dyn } ?? found
      if !isAmbiguous || isEquality { break }
    }
    if let result { return node(.call(name, overloads: matches, nodes), result, offset) }
    if !environment.checksTypes {
      let possible = functions.filter { $0.parameters.count == types.count }
      if !possible.isEmpty { return node(.call(name, overloads: possible, nodes), .dyn, offset) }
    }
    return fail(noOverload(name, functions, nodes, types, offset), .noSuchOverload)
  }

  /// The overload of exactly these types, which most calls have.
  private func exact(_ name: String, _ functions: [Function], _ types: [ValueType]) -> Function? {
    if name == "_==_" || name == "_!=_", types.count == 2, types[0] == types[1], !types[0].isOpen {
      return functions.first
    }
    return functions.first { !$0.isGeneric && $0.parameters == types && !types.contains(.dyn) }
  }

  private func noOverload(
    _ name: String, _ functions: [Function], _ nodes: [Node], _ types: [ValueType], _ offset: Int
  ) -> Problem {
    let shown = types.map { substitution.applied(to: $0, isFinal: true) }
    let isMethod = functions.first?.isMethod ?? false
    let message = "no such overload: \(CallText.text(name, shown, isMethod: isMethod))"
    let isMixed = shown.contains(.double) && shown.contains { $0 == .decimal || $0 == .money }
    if isMixed {
      let text = nodes.lazy.compactMap { if case .constant(.double(let value)) = $0.kind { "\(value)" } else { nil } }
        .first
      return Problem(
        offset: offset, message: message,
        suggestion: "an exact number is written decimal('\(text ?? "1.5")'), a double is not exact")
    }
    let isEquality = name == "_==_" || name == "_!=_"
    let known = functions.filter { !isEquality && $0.takesFirst(shown.first ?? .dyn) }.prefix(3).map {
      CallText.text(name, $0.parameters, isMethod: isMethod)
    }
    let suggestion = known.isEmpty ? nil : "there is \(known.joined(separator: ", "))"
    return Problem(offset: offset, message: message, suggestion: suggestion)
  }

  mutating func comprehension(_ loop: Syntax.Comprehension, _ offset: Int) -> Node {
    let range = check(loop.range)
    var types: [ValueType]
    switch known(range.type) {
    case .list(let element): types = [.int, known(element)]
    case .map(let key, let value): types = [known(key), known(value)]
    case .parameter(let name):
      _ = substitution.assigns(.dyn, to: .parameter(name))
      types = [.dyn, .dyn]
    case .dyn: types = [.dyn, .dyn]
    default:
      types = [.dyn, .dyn]
      if environment.checksTypes {
        let message = "\(loop.kind.rawValue)() goes through a list or a map, not \(known(range.type))"
        problems.append(Problem(offset: loop.range.firstOffset, message: message))
      }
    }
    let key = types[0]
    if loop.names.count == 1 {
      if case .list = known(range.type) { types = [types[1]] } else { types = [types[0]] }
    }
    return with(Array(zip(loop.names, types)).map { ($0, $1) }) { checker, indices in
      let filter = loop.filter.map { checker.boolean($0) }
      let isTest = [.all, .exists, .existsOne, .filter].contains(loop.kind)
      let body = isTest ? checker.boolean(loop.body) : checker.check(loop.body)
      let type = checker.comprehensionType(loop, key: key, element: types[0], body)
      let kind = Node.Comprehension(
        kind: loop.kind, range: range, names: loop.names, indices: indices, filter: filter, body: body)
      return checker.node(.comprehension(kind), type, offset)
    }
  }

  private mutating func boolean(_ syntax: Syntax) -> Node {
    let node = check(syntax)
    if environment.checksTypes, !substitution.assigns(node.type, to: .bool) {
      problems.append(
        Problem(offset: syntax.firstOffset, message: "\(known(node.type)) where bool is expected"))
    }
    return node
  }

  private mutating func comprehensionType(
    _ loop: Syntax.Comprehension, key: ValueType, element: ValueType, _ body: Node
  ) -> ValueType {
    let bodyType = known(body.type)
    switch loop.kind {
    case .all, .exists, .existsOne: return .bool
    case .map, .transformList: return .list(bodyType)
    case .filter: return .list(element)
    case .transformMap: return .map(key, bodyType)
    case .transformMapEntry:
      let type = ValueType.map(substitution.fresh(), substitution.fresh())
      if !substitution.assigns(bodyType, to: type), environment.checksTypes {
        problems.append(
          Problem(offset: loop.body.firstOffset, message: "\(bodyType) where a map of one entry is expected"))
      }
      return substitution.applied(to: type)
    }
  }
}

extension Function {
  /// Whether its first argument may be of the type, roughly: for suggestions.
  func takesFirst(_ type: ValueType) -> Bool {
    guard let first = parameters.first else { return false }
    if case .parameter = first { return true }
    return type == .dyn || first.name == type.name
  }
}

/// A call with types for arguments, as it would be written: "money + decimal".
enum CallText {
  static func text(_ name: String, _ types: [ValueType], isMethod: Bool) -> String {
    let shown = types.map(\.description)
    if name == "@in", shown.count == 2 { return "\(shown[0]) in \(shown[1])" }
    if name == "_[_]", shown.count == 2 { return "\(shown[0])[\(shown[1])]" }
    if name == "_[?_]", shown.count == 2 { return "\(shown[0])[?\(shown[1])]" }
    let name = name == "math.@max" ? "math.greatest" : name == "math.@min" ? "math.least" : name
    let symbol = name.replacing("_", with: "")
    if name.hasPrefix("_"), shown.count == 2 { return "\(shown[0]) \(symbol) \(shown[1])" }
    if name.hasSuffix("_"), shown.count == 1 { return "\(symbol)\(shown[0])" }
    if isMethod { return "\(shown.first ?? "").\(name)(\(shown.dropFirst().joined(separator: ", ")))" }
    return "\(name)(\(shown.joined(separator: ", ")))"
  }
}
