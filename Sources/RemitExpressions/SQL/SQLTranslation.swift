/// Says the parts of an expression in SQL, from the leaves up.
struct SQLTranslation {
  private let expression: Expression
  private let columns: [String: SQLColumn]
  private let given: [String: Value]
  private let firstParameter: Int
  private var meter = Meter(budget: Expression.budget)
  private(set) var parameters: [String?] = []
  var productCount = 0

  /// Of one part in bytes. A part may stand in the SQL more than once, and so might grow by doubling.
  private static let sizeMax = 1_000_000

  init(_ expression: Expression, columns: [String: SQLColumn], given: [String: Value], firstParameter: Int) {
    (self.expression, self.columns, self.given, self.firstParameter) = (expression, columns, given, firstParameter)
  }

  mutating func sql(of root: Node) throws(Problem) -> String {
    let term = try settled(translated(root, isFilter: true), root)
    guard term.type == .null || term.type.sqlName != nil else { throw refusal("a \(term.type)", root) }
    return term.sql
  }

  func refusal(_ what: String, _ node: Node) -> Problem {
    Problem(offset: node.offset, message: "\(what) cannot be asked of the database")
  }

  mutating func parameter(_ text: String, _ type: String) -> String {
    parameters.append(text)
    return "($\(firstParameter + parameters.count - 1))::\(type)"
  }

  /// nil where the part has no column, to be evaluated with as much around it as has none either.
  ///
  /// - Parameter isFilter: whether it only matters where it is true, so that NULL may stand for false, and an index be used.
  private mutating func translated(_ node: Node, isFilter: Bool = false) throws(Problem) -> SQLTerm? {
    let term = try unbounded(node, isFilter)
    guard term?.size ?? 0 <= Self.sizeMax else { throw refusal("so large an expression", node) }
    return term
  }

  private mutating func unbounded(_ node: Node, _ isFilter: Bool) throws(Problem) -> SQLTerm? {
    switch node.kind {
    case .constant: return nil
    case .variable(let name, _): return isKnown(node) ? nil : try column(node, name)
    case .field(let choice): return try field(choice, node)
    case .has(let choice):
      if isKnown(node) { return nil }
      return SQLTerm(sql: "(\(try column(node, choice.name).sql) IS NOT NULL)", type: .bool, mayFail: false)
    case .and(let parts): return try joined(parts, "&&", "AND", node, isFilter)
    case .or(let parts): return try joined(parts, "||", "OR", node, isFilter)
    case .conditional(let test, let yes, let no): return try conditional(test, yes, no, node, isFilter)
    case .call(let name, let overloads, let arguments):
      guard let terms = try terms(arguments) else { return nil }
      // Of the embedder's functions nothing is known.
      guard overloads.allSatisfy(\.isConstant) else { throw refusal("'\(name)'", node) }
      return try call(name, terms, node, isFilter)
    case .comprehension(let loop): return try known(node, "'\(loop.kind.rawValue)'")
    case .list: return try known(node, "a list of columns")
    case .map, .record: return try known(node, "a \(node.type) of columns")
    case .bind, .optionalMap, .local, .failure: return try known(node, "a name for a column")
    }
  }

  /// nil where all are without a column.
  private mutating func terms(_ nodes: [Node], isFilter: Bool = false) throws(Problem) -> [SQLTerm]? {
    var (found, terms): ([SQLTerm?], [SQLTerm]) = ([], [])
    for node in nodes { found.append(try translated(node, isFilter: isFilter)) }
    guard found.contains(where: { $0 != nil }) else { return nil }
    for (term, node) in zip(found, nodes) { terms.append(try settled(term, node)) }
    return terms
  }

  /// SQL's three values do what CEL does with errors: one side decides, whatever the other is.
  private mutating func joined(
    _ nodes: [Node], _ sign: String, _ word: String, _ node: Node, _ isFilter: Bool
  ) throws(Problem) -> SQLTerm? {
    guard let terms = try terms(nodes, isFilter: isFilter) else { return nil }
    guard terms.allSatisfy({ $0.type == .bool }) else { throw refusal("'\(sign)' of what is no bool", node) }
    return SQLTerm("(\(terms.map(\.sql).joined(separator: " \(word) ")))", .bool, of: terms)
  }

  private mutating func conditional(
    _ test: Node, _ yes: Node, _ no: Node, _ node: Node, _ isFilter: Bool
  ) throws(Problem) -> SQLTerm? {
    let parts = [try translated(test), try translated(yes, isFilter: isFilter), try translated(no, isFilter: isFilter)]
    guard parts.contains(where: { $0 != nil }) else { return nil }
    let (test, yes, no) = (try settled(parts[0], test), try settled(parts[1], yes), try settled(parts[2], no))
    let type = yes.type == .null ? no.type : yes.type
    guard test.type == .bool, type.sqlName != nil, no.type == type || no.type == .null else {
      throw refusal("'\(test.type) ? \(yes.type) : \(no.type)'", node)
    }
    func chosen(_ yes: String, _ no: String) -> String { "CASE \(test.sql) WHEN true THEN \(yes) WHEN false THEN \(no) END" }
    let mayFail = test.mayFail || test.nullTest != nil || yes.mayFail || no.mayFail
    var term = SQLTerm(sql: chosen(yes.sql, no.sql), type: type, mayFail: mayFail)
    if yes.nullTest != nil || no.nullTest != nil { term.nullTest = chosen(yes.isNull, no.isNull) }
    if type == .money { term.currency = chosen(yes.currency ?? "NULL", no.currency ?? "NULL") }
    return term
  }

  // MARK: Columns

  private func column(_ node: Node, _ name: String) throws(Problem) -> SQLTerm {
    guard let column = node.path.flatMap({ columns[$0] }), column.type.withoutNull.sqlName != nil,
      column.currency != nil || column.type.withoutNull != .money
    else { throw refusal("'\(node.path ?? name)'", node) }
    let (sql, currency) = ("(\(column.sql))", column.currency.map { "(\($0))" })
    return SQLTerm(sql: sql, type: column.type.withoutNull, mayFail: false, nullTest: "(\(sql) IS NULL)", currency: currency)
  }

  private mutating func field(_ choice: Node.FieldChoice, _ node: Node) throws(Problem) -> SQLTerm? {
    let operandType = choice.operand.path.flatMap { columns[$0]?.type } ?? choice.operand.type
    guard operandType.withoutNull == .money, !choice.isOptional else { return isKnown(node) ? nil : try column(node, choice.name) }
    guard let money = try translated(choice.operand) else { return nil }
    guard choice.name == "currency" else { return SQLTerm(money.sql, .decimal, of: [money]) }
    return SQLTerm("CASE WHEN \(money.sql) IS NOT NULL THEN \(money.currency ?? "NULL") END", .string, of: [money])
  }

  // MARK: Parts without a column

  private func isKnown(_ node: Node) -> Bool {
    if let path = node.path, columns[path] != nil { return false }
    if case .variable(let name, _) = node.kind { return given[name] != nil }
    return node.children.allSatisfy(isKnown)
  }

  private func known(_ node: Node, _ what: String) throws(Problem) -> SQLTerm? {
    guard isKnown(node) else { throw refusal(what, node) }
    return nil
  }

  /// The term itself; of what has no column that of its value.
  private mutating func settled(_ term: SQLTerm?, _ node: Node) throws(Problem) -> SQLTerm {
    if let term { return term }
    let value = try value(node)
    var (sql, currency): (String, String?) = ("", nil)
    switch value {
    case .null: return SQLTerm(sql: "NULL", type: .null, mayFail: false, nullTest: "true", value: value)
    // Not said by themselves: what is asked with one says it.
    case .list, .period: break
    case .money(let money):
      (sql, currency) = (parameter(money.amount.description, "numeric"), parameter(money.currency, "text"))
    default: sql = parameter(try text(of: value, node), value.type.sqlName ?? "text")
    }
    return SQLTerm(sql: sql, type: value.type, mayFail: false, currency: currency, value: value)
  }

  private mutating func value(_ node: Node) throws(Problem) -> Value {
    if case .constant(let value) = node.kind { return value }
    guard let part = try? Expression(node, of: expression) else { throw refusal("this part", node) }
    do throws(EvaluationError) {
      return try part.evaluate(expression.environment.variables.map { given[$0.name] ?? .null }, &meter)
    } catch {
      throw Problem(offset: error.offset ?? node.offset, message: error.message)
    }
  }

  /// As PostgreSQL reads it.
  func text(of value: Value, _ node: Node) throws(Problem) -> String {
    switch value {
    case .bool(let value): return "\(value)"
    case .int(let value): return "\(value)"
    case .decimal(let value): return value.description
    case .date(let value): return value.description
    case .string(let text):
      guard !text.unicodeScalars.contains("\0") else { throw refusal("a string with U+0000", node) }
      return text
    case .timestamp(let moment):
      guard moment.nanoseconds % 1000 == 0 else { throw refusal("a timestamp finer than a microsecond", node) }
      return moment.description
    default: throw refusal("a \(value.type)", node)
    }
  }
}
