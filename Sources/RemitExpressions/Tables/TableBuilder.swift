/// Compiles a decision table's columns and cells, and gathers what is wrong with them.
struct TableBuilder {
  let hit: HitPolicy
  let given: [DecisionTable.Column]
  let gives: [DecisionTable.Column]
  let environment: Environment
  var problems = TableProblems()
  private(set) var inputs: [DecisionTable.Input] = []
  private(set) var outputs: [TableType] = []
  private(set) var rows: [DecisionTable.Row] = []
  private(set) var hasExpressions = false

  /// What cells of `gives` may name: the environment's variables and the computed inputs after them.
  private var outputEnvironment: Environment
  /// With `it` after all of these, by the type of `it`.
  private var testEnvironments: [ValueType: Environment] = [:]
  private var names: Set<String> = []

  init(hit: HitPolicy, given: [DecisionTable.Column], gives: [DecisionTable.Column], environment: Environment?) {
    (self.hit, self.given, self.gives) = (hit, given, gives)
    let own = given.prefix(DecisionTable.columnMax).filter { $0.computation == nil }
    let variables = own.map { Environment.Variable($0.name, (try? TableType($0.type))?.type ?? .dyn) }
    self.environment = environment ?? Environment(variables: variables)
    outputEnvironment = self.environment
  }

  mutating func build(_ cells: [[String]]) {
    let columnCount = given.count + gives.count
    if given.isEmpty { problems.add(.init(), "a table has at least one input") }
    if gives.isEmpty { problems.add(.init(), "a table has at least one output") }
    if cells.isEmpty { problems.add(.init(), "a table has at least one row") }
    if columnCount > DecisionTable.columnMax {
      problems.add(.init(), "a table has at most \(DecisionTable.columnMax) columns, not \(columnCount)")
    }
    if cells.count > DecisionTable.rowMax {
      problems.add(.init(), "a table has at most \(DecisionTable.rowMax) rows, not \(cells.count)")
    }
    let size = cells.reduce(0) { $1.reduce($0) { $0 + $1.utf8.count } }
    if size > DecisionTable.sizeMax { problems.add(.init(), "a table has at most \(DecisionTable.sizeMax) bytes, not \(size)") }
    guard problems.isEmpty else { return }
    checkNames()
    for (index, column) in given.enumerated() { addInput(column, index) }
    for (index, column) in gives.enumerated() { addOutput(column, index) }
    // Cells of a column that is not understood would only say so again.
    guard problems.isEmpty else { return }
    let computed = given.indices.filter { given[$0].computation != nil }
    if !computed.isEmpty {
      hasExpressions = true
      outputEnvironment = environment.adding(computed.map { Environment.Variable(given[$0].name, expressionType($0)) })
    }
    names = Set(outputEnvironment.variables.map(\.name)).union(given.map(\.name))
    for (index, row) in cells.enumerated() where !problems.isFull { addRow(row, index) }
  }

  // MARK: Columns

  private mutating func checkNames() {
    for (columns, first) in [(given, 0), (gives, given.count)] {
      var seen: Set<String> = []
      for (index, column) in columns.enumerated() {
        let location = TableProblems.Location(part: .name, column: first + index, name: column.name)
        if !Self.isName(column.name) {
          problems.add(location, "a name has letters, digits and '_', and begins with a letter; it is no word of the language")
        } else if column.name == "it" {
          problems.add(location, "'it' is what a cell calls its own column's value")
        } else if !seen.insert(column.name).inserted {
          problems.add(location, "there is a column '\(column.name)' already")
        }
      }
    }
  }

  private static func isName(_ name: String) -> Bool {
    var lexer = Lexer(name)
    guard 1...nameMax ~= name.utf8.count, let tokens = try? lexer.tokens(), tokens.count == 2 else { return false }
    return tokens[0].kind == .identifier(name)
  }

  private static let nameMax = 100

  private mutating func type(_ column: DecisionTable.Column, _ location: TableProblems.Location) -> TableType? {
    var location = location
    location.part = .type
    do throws(Problem) {
      let type = try TableType(column.type)
      if let domain = type.domain, !TableWitnesses.canBeMet(domain, type) {
        problems.add(location, "it can have no value")
      }
      return type
    } catch {
      problems.add(location, error, in: column.type)
      return nil
    }
  }

  private mutating func addInput(_ column: DecisionTable.Column, _ index: Int) {
    var location = TableProblems.Location(part: .name, column: index, name: column.name)
    guard let type = type(column, location) else { return }
    if let text = column.computation {
      location.part = .computation
      do throws(ExpressionErrors) {
        let expression = try Expression(text, in: environment)
        guard type.takes(expression.type) else {
          problems.add(location, "the expression gives \(expression.type), where \(type.type) is expected")
          return
        }
        inputs.append(DecisionTable.Input(type: type, source: .computed(expression)))
      } catch {
        problems.add(location, error, in: text)
      }
      return
    }
    guard let slot = environment.slots[column.name] else {
      let suggestion = Suggestion.nearest(to: column.name, among: environment.variables.map(\.name))
      problems.add(
        location, "there is no variable '\(column.name)'",
        suggestion: suggestion ?? "an input that is none is computed by an expression: 'is'")
      return
    }
    let declared = environment.variables[slot].type
    guard type.takes(declared) else {
      location.part = .type
      problems.add(location, "the variable '\(column.name)' is \(declared), not \(type.type)")
      return
    }
    inputs.append(DecisionTable.Input(type: type, source: .variable(slot: slot)))
  }

  private mutating func addOutput(_ column: DecisionTable.Column, _ index: Int) {
    var location = TableProblems.Location(part: .name, column: given.count + index, name: column.name)
    if column.computation != nil {
      location.part = .computation
      problems.add(location, "an output is told by the rows, not computed")
    }
    guard let type = type(column, location) else { return }
    outputs.append(type)
    location.part = .type
    if !hit.takes(type) { problems.add(location, "'\(hit.rawValue)' gathers no column of type \(type.type)") }
    if hit == .priority, index == 0, type.ranking == nil {
      problems.add(
        location, "'priority' needs the values of the first output in their order",
        suggestion: "for one: \"string in ['refuse', 'hold', 'pass']\"")
    }
  }

  // MARK: Rows

  private mutating func addRow(_ cells: [String], _ index: Int) {
    let count = given.count + gives.count
    guard cells.count == count else {
      problems.add(.init(part: .cell, row: index), "\(cells.count) cells, where there are \(count) columns")
      return
    }
    var tests: [DecisionTable.Test] = []
    for (column, text) in cells.prefix(given.count).enumerated() {
      let location = TableProblems.Location(part: .cell, row: index, column: column, name: given[column].name)
      guard isShort(text, location), let kind = test(text, column, location) else { continue }
      tests.append(DecisionTable.Test(column: column, kind: kind))
    }
    var outputs: [DecisionTable.Output] = []
    for (column, text) in cells.dropFirst(given.count).enumerated() {
      let location = TableProblems.Location(part: .cell, row: index, column: given.count + column, name: gives[column].name)
      if isShort(text, location), let output = output(text, self.outputs[column], location) { outputs.append(output) }
    }
    rows.append(DecisionTable.Row(tests: tests, gives: outputs))
  }

  private mutating func isShort(_ text: String, _ location: TableProblems.Location) -> Bool {
    guard text.utf8.count > DecisionTable.cellSizeMax else { return true }
    problems.add(location, "a cell has at most \(DecisionTable.cellSizeMax) bytes, not \(text.utf8.count)")
    return false
  }

  /// nil for a cell that asks nothing, or is wrong.
  private mutating func test(_ text: String, _ column: Int, _ location: TableProblems.Location) -> DecisionTable.Test.Kind? {
    let content = Self.trimmed(text)
    if content.isEmpty || content == "-" { return nil }
    let type = inputs[column].type
    if type.kind != .open {
      switch TableCellReader(Array(text.utf8), type: type, names: names).read() {
      case .test(let test):
        return add(test, type, location) ? .plain(test) : nil
      case .wrong(let problem):
        problems.add(location, problem, in: text)
        return nil
      case .unclear: break
      }
    }
    // What a comparison is with may be an expression.
    let isComparison = TableCellReader.isComparison(text)
    do throws(ExpressionErrors) {
      let expression = try Expression(isComparison ? "it \(text)" : text, in: testEnvironment(column), expecting: .bool)
      hasExpressions = true
      return .expression(expression)
    } catch {
      problems.add(location, error, in: text, shift: isComparison ? 3 : 0, suggestion: Self.hint(content, type))
      return nil
    }
  }

  /// Whether the test can be met; otherwise a problem is added.
  private mutating func add(_ test: TableTest, _ type: TableType, _ location: TableProblems.Location) -> Bool {
    if case .texts(let allowed) = type.domain {
      var asked: [Value] = []
      test.gather(&asked)
      let known = Set(allowed.texts.map { Array($0.utf8) })
      for case .string(let text) in asked where !known.contains(Array(text.utf8)) {
        problems.add(location, "'\(text.prefix(60))' is none of what it may be", suggestion: Self.nearest(to: text, in: allowed))
        return false
      }
    }
    guard TableWitnesses.canBeMet(test, type) else {
      problems.add(location, "no value of the column meets it", suggestion: type.domain.map { _ in "its type is \(type.text.prefix(100))" })
      return false
    }
    return true
  }

  private static func nearest(to text: String, in allowed: TableTest.TextSet) -> String {
    Suggestion.nearest(to: text, among: allowed.texts)
      ?? "there are \(allowed.texts.prefix(10).map { "'\($0.prefix(60))'" }.joined(separator: ", "))"
  }

  /// What is said where an expression is wrong that may have been meant otherwise.
  private static func hint(_ content: String, _ type: TableType) -> String? {
    switch type.kind {
    case .string:
      let isText = content.split(separator: " ").allSatisfy { TableLiteral.isWord(String($0)) }
      return isText ? "a text of more than a word stands in quotes" : nil
    default:
      guard let example = type.kind.expression, !content.contains("\(type.base)(") else { return nil }
      return "an expression writes \(example)"
    }
  }

  /// The type of an input in expressions: as it is declared where that is known, as an int in a column of decimals is still
  /// divided as an int.
  private func expressionType(_ column: Int) -> ValueType {
    let input = inputs[column]
    let declared =
      switch input.source {
      case .variable(let slot): environment.variables[slot].type
      case .computed(let expression): expression.type
      }
    return declared == .dyn && input.type.kind != .decimal ? input.type.type : declared
  }

  private mutating func testEnvironment(_ column: Int) -> Environment {
    let type = expressionType(column)
    if let known = testEnvironments[type] { return known }
    let made = outputEnvironment.adding([Environment.Variable("it", type)])
    testEnvironments[type] = made
    return made
  }

  private mutating func output(_ text: String, _ type: TableType, _ location: TableProblems.Location) -> DecisionTable.Output? {
    let content = Self.trimmed(text)
    if content.isEmpty || content == "-" || (content == "null" && type.isNullable) {
      if type.isNullable { return .constant(.null) }
      problems.add(location, "what it gives is missing", suggestion: type.kind.example)
      return nil
    }
    let start = text.utf8.prefix { TableCellReader.isBlank($0) }.count
    var reading = TableLiteral.read(content, at: start, as: type, names: names)
    if case .unclear = reading, type.kind == .open || type.kind == .bool { reading = TableLiteral.constant(text, at: 0, type.base) }
    switch reading {
    case .value(let value):
      var meter = Meter(budget: .max)
      if let domain = type.domain, (try? domain.holds(value, &meter)) != true {
        var suggestion: String?
        if case .texts(let allowed) = domain, case .string(let text) = value { suggestion = Self.nearest(to: text, in: allowed) }
        problems.add(location, "\(TableLiteral.text(of: value)) is none of what it may give", suggestion: suggestion)
        return nil
      }
      return .constant(value)
    case .wrong(let problem):
      problems.add(location, problem, in: text)
      return nil
    case .unclear: break
    }
    do throws(ExpressionErrors) {
      let expression = try Expression(text, in: outputEnvironment, expecting: type.type)
      hasExpressions = true
      return .expression(expression)
    } catch {
      problems.add(location, error, in: text, suggestion: Self.hint(content, type))
      return nil
    }
  }

  private static func trimmed(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard let first = bytes.firstIndex(where: { !TableCellReader.isBlank($0) }),
      let last = bytes.lastIndex(where: { !TableCellReader.isBlank($0) })
    else { return "" }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }
}
