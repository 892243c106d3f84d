/// Recursive descent over an expression's tokens, with the operators by precedence.
struct Parser {
  var tokens: [Token]
  var position = 0
  private var nesting = 0
  /// The macros of which are expanded.
  let macros: Set<Extension>

  static let textMax = 100_000

  static func parse(_ text: String, macros: Set<Extension>) throws(Problem) -> Syntax {
    guard text.utf8.count <= textMax * 4, text.unicodeScalars.count <= textMax else {
      throw Problem(offset: 0, message: "the text has more than \(textMax) code points")
    }
    var lexer = Lexer(text)
    var parser = Parser(tokens: try lexer.tokens(), macros: macros)
    let syntax = try parser.expression()
    guard parser.current.kind == .end else { throw parser.unexpected("an operator or the end") }
    return syntax
  }

  private init(tokens: [Token], macros: Set<Extension>) {
    self.tokens = tokens
    self.macros = macros
  }

  var current: Token { tokens[min(position, tokens.count - 1)] }

  func unexpected(_ wanted: String) -> Problem {
    if case .reserved(let name) = current.kind {
      return Problem(offset: current.offset, message: "'\(name)' is a reserved word, where \(wanted) is expected")
    }
    return Problem(offset: current.offset, message: "\(current.text) where \(wanted) is expected")
  }

  mutating func take(_ mark: Token.Mark) -> Bool {
    guard current.kind == .mark(mark) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ mark: Token.Mark) throws(Problem) {
    guard take(mark) else { throw unexpected("'\(mark.rawValue)'") }
  }

  func make(_ kind: Syntax.Kind, at offset: Int) throws(Problem) -> Syntax {
    let syntax = Syntax(kind, at: offset)
    guard syntax.depth <= Syntax.depthMax else { throw tooDeep(offset) }
    return syntax
  }

  private func tooDeep(_ offset: Int) -> Problem {
    Problem(offset: offset, message: "the expression is nested more than \(Syntax.depthMax) levels deep")
  }

  private mutating func nested<Result>(
    _ parse: (inout Parser) throws(Problem) -> Result
  ) throws(Problem) -> Result {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Syntax.depthMax else { throw tooDeep(current.offset) }
    return try parse(&self)
  }

  mutating func expression() throws(Problem) -> Syntax {
    try nested { (parser) throws(Problem) in
      let condition = try parser.disjunction()
      let offset = parser.current.offset
      guard parser.take(.question) else { return condition }
      let yes = try parser.disjunction()
      try parser.expect(.colon)
      let no = try parser.expression()
      return try parser.make(.conditional(condition, yes, no), at: offset)
    }
  }

  private mutating func disjunction() throws(Problem) -> Syntax {
    let first = try conjunction()
    let offset = current.offset
    guard take(.or) else { return first }
    var terms = [first]
    repeat { terms.append(try conjunction()) } while take(.or)
    return try make(.or(terms), at: offset)
  }

  private mutating func conjunction() throws(Problem) -> Syntax {
    let first = try binary(0)
    let offset = current.offset
    guard take(.and) else { return first }
    var terms = [first]
    repeat { terms.append(try binary(0)) } while take(.and)
    return try make(.and(terms), at: offset)
  }

  /// 0 for relations, 1 for sums, 2 for products.
  private var binaryOperator: (name: String, level: Int)? {
    switch current.kind {
    case .keywordIn: ("@in", 0)
    case .mark(let mark):
      switch mark {
      case .less: ("_<_", 0)
      case .lessEqual: ("_<=_", 0)
      case .greater: ("_>_", 0)
      case .greaterEqual: ("_>=_", 0)
      case .equal: ("_==_", 0)
      case .notEqual: ("_!=_", 0)
      case .plus: ("_+_", 1)
      case .minus: ("_-_", 1)
      case .star: ("_*_", 2)
      case .slash: ("_/_", 2)
      case .percent: ("_%_", 2)
      default: nil
      }
    default: nil
    }
  }

  private mutating func binary(_ level: Int) throws(Problem) -> Syntax {
    var left = try unary()
    while let (name, found) = binaryOperator, found >= level {
      let offset = current.offset
      position += 1
      let right = try binary(found + 1)
      left = try make(.call(name, target: nil, arguments: [left, right]), at: offset)
    }
    return left
  }

  private mutating func unary() throws(Problem) -> Syntax {
    let offset = current.offset
    if take(.not) {
      let operand = try nested { (parser) throws(Problem) in try parser.unary() }
      return try make(.call("!_", target: nil, arguments: [operand]), at: offset)
    }
    if take(.minus) {
      // A sign before a number is part of it, or the least integer could not be written.
      switch current.kind {
      case .int(let magnitude):
        guard magnitude <= Int64.min.magnitude else { throw tooLarge() }
        position += 1
        return try members(of: make(.literal(.int(Int64(truncatingIfNeeded: 0 &- magnitude))), at: offset))
      case .double(let value):
        position += 1
        return try members(of: make(.literal(.double(-value)), at: offset))
      default:
        let operand = try nested { (parser) throws(Problem) in try parser.unary() }
        return try make(.call("-_", target: nil, arguments: [operand]), at: offset)
      }
    }
    return try members(of: primary())
  }

  func tooLarge() -> Problem { Problem(offset: current.offset, message: "the number does not fit 64 bits") }
}
