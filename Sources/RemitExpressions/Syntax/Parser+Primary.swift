extension Parser {
  /// What may follow a value: `.field`, `.?field`, `.method(…)`, `[index]`, `[?index]`.
  mutating func members(of first: Syntax) throws(Problem) -> Syntax {
    var operand = first
    while true {
      let offset = current.offset
      if take(.dot) {
        let isOptional = take(.question)
        let nameOffset = current.offset
        let name = try memberName()
        if !isOptional, case .plain(let method) = name, take(.parenthesisOpen) {
          let arguments = try expressions(until: .parenthesisClose)
          operand = try call(method, target: operand, arguments, at: nameOffset)
        } else {
          operand = try make(.select(operand, name.text, isOptional: isOptional), at: nameOffset)
        }
      } else if take(.bracketOpen) {
        let isOptional = take(.question)
        let index = try expression()
        try expect(.bracketClose)
        operand = try make(.call(isOptional ? "_[?_]" : "_[_]", target: nil, arguments: [operand, index]), at: offset)
      } else {
        return operand
      }
    }
  }

  private enum MemberName {
    case plain(String)
    case quoted(String)

    var text: String {
      switch self {
      case .plain(let name), .quoted(let name): name
      }
    }
  }

  private mutating func memberName() throws(Problem) -> MemberName {
    switch current.kind {
    case .identifier(let name), .reserved(let name):
      position += 1
      return .plain(name)
    case .quotedIdentifier(let name):
      position += 1
      return .quoted(name)
    default: throw unexpected("a name")
    }
  }

  mutating func primary() throws(Problem) -> Syntax {
    let token = current
    if let literal = try literal() {
      position += 1
      return try make(.literal(literal), at: token.offset)
    }
    switch token.kind {
    case .identifier(let name):
      position += 1
      return try named(name, isAbsolute: false, at: token.offset)
    case .mark(.dot):
      position += 1
      guard case .identifier(let name) = current.kind else { throw unexpected("a name") }
      position += 1
      return try named(name, isAbsolute: true, at: token.offset)
    case .mark(.parenthesisOpen):
      position += 1
      let inner = try expression()
      try expect(.parenthesisClose)
      return inner
    case .mark(.bracketOpen):
      position += 1
      return try list(at: token.offset)
    case .mark(.braceOpen):
      position += 1
      return try map(at: token.offset)
    default: throw unexpected("a value")
    }
  }

  private func literal() throws(Problem) -> Value? {
    switch current.kind {
    case .bool(let value): return .bool(value)
    case .null: return .null
    case .int(let magnitude):
      guard let value = Int64(exactly: magnitude) else { throw tooLarge() }
      return .int(value)
    case .uint(let value): return .uint(value)
    case .double(let value): return .double(value)
    case .string(let value): return .string(value)
    case .bytes(let value): return .bytes(value)
    default: return nil
    }
  }

  /// A name, a call, or a record, of which the name may have points.
  private mutating func named(_ name: String, isAbsolute: Bool, at offset: Int) throws(Problem) -> Syntax {
    if take(.parenthesisOpen) {
      let arguments = try expressions(until: .parenthesisClose)
      return try call(isAbsolute ? "." + name : name, target: nil, arguments, at: offset)
    }
    if let record = try record(name, isAbsolute: isAbsolute, at: offset) { return record }
    return try make(.identifier(name, isAbsolute: isAbsolute), at: offset)
  }

  /// Looks ahead over `a.b.C` for a brace: what else could stand before one is no value.
  private mutating func record(_ first: String, isAbsolute: Bool, at offset: Int) throws(Problem) -> Syntax? {
    var (name, ahead) = (first, position)
    while ahead + 1 < tokens.count, tokens[ahead].kind == .mark(.dot) {
      guard case .identifier(let part) = tokens[ahead + 1].kind else { return nil }
      name += "." + part
      ahead += 2
    }
    guard ahead < tokens.count, tokens[ahead].kind == .mark(.braceOpen) else { return nil }
    position = ahead + 1
    var fields: [Syntax.Field] = []
    while !take(.braceClose) {
      let isOptional = take(.question)
      let fieldOffset = current.offset
      let field = try memberName().text
      try expect(.colon)
      fields.append(Syntax.Field(name: field, offset: fieldOffset, value: try expression(), isOptional: isOptional))
      guard take(.comma) || current.kind == .mark(.braceClose) else { throw unexpected("',' or '}'") }
    }
    return try make(.record(name, isAbsolute: isAbsolute, fields), at: offset)
  }

  private mutating func list(at offset: Int) throws(Problem) -> Syntax {
    var elements: [Syntax.Element] = []
    while !take(.bracketClose) {
      let isOptional = take(.question)
      elements.append(Syntax.Element(value: try expression(), isOptional: isOptional))
      guard take(.comma) || current.kind == .mark(.bracketClose) else { throw unexpected("',' or ']'") }
      try bound(elements.count, "list", offset)
    }
    return try make(.list(elements), at: offset)
  }

  private mutating func map(at offset: Int) throws(Problem) -> Syntax {
    var entries: [Syntax.Entry] = []
    while !take(.braceClose) {
      let isOptional = take(.question)
      let key = try expression()
      try expect(.colon)
      entries.append(Syntax.Entry(key: key, value: try expression(), isOptional: isOptional))
      guard take(.comma) || current.kind == .mark(.braceClose) else { throw unexpected("',' or '}'") }
      try bound(entries.count, "map", offset)
    }
    return try make(.map(entries), at: offset)
  }

  private static let literalMax = 10_000

  private func bound(_ count: Int, _ what: String, _ offset: Int) throws(Problem) {
    guard count <= Self.literalMax else {
      throw Problem(offset: offset, message: "the \(what) has more than \(Self.literalMax) elements")
    }
  }

  private mutating func expressions(until end: Token.Mark) throws(Problem) -> [Syntax] {
    var expressions: [Syntax] = []
    if take(end) { return expressions }
    repeat { expressions.append(try expression()) } while take(.comma)
    guard take(end) else { throw unexpected("',' or '\(end.rawValue)'") }
    return expressions
  }

  private func call(
    _ name: String, target: Syntax?, _ arguments: [Syntax], at offset: Int
  ) throws(Problem) -> Syntax {
    if let expanded = try macro(name, target, arguments, at: offset) { return expanded }
    return try make(.call(name, target: target, arguments: arguments), at: offset)
  }
}
