/// Macros become parts of the tree of their own, with the names that they bring.
extension Parser {
  func macro(
    _ name: String, _ target: Syntax?, _ arguments: [Syntax], at offset: Int
  ) throws(Problem) -> Syntax? {
    guard let target else { return try global(name, arguments, at: offset) }
    guard macros.contains(Self.macroExtension(name, arguments.count)) else { return nil }
    if case .identifier(let space, _) = target.kind, space == "cel" || space == "math" {
      if let expanded = try namespaced(space, name, arguments, at: offset) { return expanded }
    }
    switch (name, arguments.count) {
    case ("optMap", 2), ("optFlatMap", 2):
      let variable = try variable(arguments[0], of: name)
      return try make(
        .optionalMap(target, name: variable, body: arguments[1], isFlat: name == "optFlatMap"), at: offset)
    default: return try comprehension(name, target, arguments, at: offset)
    }
  }

  /// Of which extension a macro is that is called on something; `standard` also for all that is none.
  private static func macroExtension(_ name: String, _ argumentCount: Int) -> Extension {
    switch (name, argumentCount) {
    case ("optMap", 2), ("optFlatMap", 2): .optionals
    case ("bind", 3): .bindings
    case ("block", 2), ("index", 1), ("iterVar", 2), ("accuVar", 2): .block
    case ("greatest", _), ("least", _): .math
    case ("all", 3), ("exists", 3), ("exists_one", 3), ("existsOne", _), ("transformList", _), ("transformMap", _),
      ("transformMapEntry", _):
      .twoVariables
    default: .standard
    }
  }

  private func global(_ name: String, _ arguments: [Syntax], at offset: Int) throws(Problem) -> Syntax? {
    guard macros.contains(.standard), name == "has", arguments.count == 1 else { return nil }
    guard case .select(let operand, let field, isOptional: false) = arguments[0].kind else {
      throw Problem(offset: arguments[0].offset, message: "has() takes the choice of a field, such as has(a.b)")
    }
    return try make(.has(operand, field), at: offset)
  }

  private func comprehension(
    _ name: String, _ target: Syntax, _ arguments: [Syntax], at offset: Int
  ) throws(Problem) -> Syntax? {
    let shape: (kind: ComprehensionKind, names: Int, hasFilter: Bool)
    switch (name, arguments.count) {
    case ("all", 2): shape = (.all, 1, false)
    case ("exists", 2): shape = (.exists, 1, false)
    case ("exists_one", 2), ("existsOne", 2): shape = (.existsOne, 1, false)
    case ("map", 2): shape = (.map, 1, false)
    case ("map", 3): shape = (.map, 1, true)
    case ("filter", 2): shape = (.filter, 1, false)
    case ("all", 3): shape = (.all, 2, false)
    case ("exists", 3): shape = (.exists, 2, false)
    case ("exists_one", 3), ("existsOne", 3): shape = (.existsOne, 2, false)
    case ("transformList", 3): shape = (.transformList, 2, false)
    case ("transformList", 4): shape = (.transformList, 2, true)
    case ("transformMap", 3): shape = (.transformMap, 2, false)
    case ("transformMap", 4): shape = (.transformMap, 2, true)
    case ("transformMapEntry", 3): shape = (.transformMapEntry, 2, false)
    case ("transformMapEntry", 4): shape = (.transformMapEntry, 2, true)
    default: return nil
    }
    var names: [String] = []
    for argument in arguments.prefix(shape.names) { names.append(try variable(argument, of: name)) }
    if names.count == 2, names[0] == names[1] {
      throw Problem(offset: arguments[1].offset, message: "\(name)() takes two names that differ")
    }
    let loop = Syntax.Comprehension(
      kind: shape.kind, range: target, names: names, filter: shape.hasFilter ? arguments[shape.names] : nil,
      body: arguments[arguments.count - 1])
    return try make(.comprehension(loop), at: offset)
  }

  private func variable(_ syntax: Syntax, of macro: String) throws(Problem) -> String {
    guard case .identifier(let name, isAbsolute: false) = syntax.kind else {
      throw Problem(offset: syntax.offset, message: "\(macro)() takes a plain name for what it goes through")
    }
    return name
  }

  private func namespaced(
    _ space: String, _ name: String, _ arguments: [Syntax], at offset: Int
  ) throws(Problem) -> Syntax? {
    switch (space, name, arguments.count) {
    case ("cel", "bind", 3):
      let variable = try variable(arguments[0], of: "cel.bind")
      return try make(.bind(name: variable, value: arguments[1], body: arguments[2]), at: offset)
    case ("cel", "block", 2): return try block(arguments, at: offset)
    case ("cel", "index", 1): return try slot("@index", arguments, at: offset)
    case ("cel", "iterVar", 2): return try slot("@it", arguments, at: offset)
    case ("cel", "accuVar", 2): return try slot("@ac", arguments, at: offset)
    case ("math", "greatest", 1...), ("math", "least", 1...):
      let function = name == "greatest" ? "math.@max" : "math.@min"
      guard arguments.count > 2 else { return try make(.call(function, target: nil, arguments: arguments), at: offset) }
      let list = try make(.list(arguments.map { Syntax.Element(value: $0, isOptional: false) }), at: offset)
      return try make(.call(function, target: nil, arguments: [list]), at: offset)
    default: return nil
    }
  }

  /// `cel.block([a, b], c)` names values once: `@index0` is a in b and c, and `@index1` is b in c.
  private func block(_ arguments: [Syntax], at offset: Int) throws(Problem) -> Syntax {
    guard case .list(let elements) = arguments[0].kind, elements.allSatisfy({ !$0.isOptional }) else {
      throw Problem(offset: arguments[0].offset, message: "cel.block() takes a list of values first")
    }
    var body = arguments[1]
    for (index, element) in elements.enumerated().reversed() {
      body = try make(.bind(name: "@index\(index)", value: element.value, body: body), at: offset)
    }
    return body
  }

  private func slot(_ prefix: String, _ arguments: [Syntax], at offset: Int) throws(Problem) -> Syntax {
    var name = prefix
    for argument in arguments {
      guard case .literal(.int(let number)) = argument.kind, number >= 0 else {
        throw Problem(offset: argument.offset, message: "a whole number is expected, written out")
      }
      name += prefix == "@index" ? "\(number)" : ":\(number)"
    }
    return try make(.identifier(name, isAbsolute: false), at: offset)
  }
}
