/// Makes code of a checked tree.
struct Compiler {
  private var bound: [Int: any Code] = [:]
  private var problems: [Problem] = []
  private var records: [Int: RecordType] = [:]
  private var main: Int?
  private let checksTypes: Bool

  struct Program: Sendable {
    let code: any Code
    /// Of which record types the values in some slots have to be, as the code takes for granted.
    let records: [(slot: Int, type: RecordType)]
    /// The slot of the record that the code takes from `Frame.main`; -1 where there is none.
    let mainSlot: Int
    let mainType: RecordType
  }

  static func compile(_ root: Node, checksTypes: Bool) -> Result<Program, Checker.ProblemList> {
    var compiler = Compiler(checksTypes: checksTypes)
    let code = compiler.compile(root)
    guard compiler.problems.isEmpty else { return .failure(Checker.ProblemList(problems: compiler.problems)) }
    let main = compiler.main.flatMap { slot in compiler.records[slot].map { (slot: slot, type: $0) } }
    let others = compiler.records.filter { $0.key != main?.slot }.map { (slot: $0.key, type: $0.value) }
    let type = main?.type ?? NoRecord.value.recordType
    return .success(Program(code: code, records: others, mainSlot: main?.slot ?? -1, mainType: type))
  }

  private init(checksTypes: Bool) { self.checksTypes = checksTypes }

  private mutating func compile(_ node: Node) -> any Code {
    let offset = node.offset
    switch node.kind {
    case .constant(let value): return ConstantCode(value)
    case .variable(let name, let slot): return VariableCode(slot, name, at: offset)
    case .local(_, let index): return bound[index].map { BoundCode(index, $0) } ?? LocalCode(index)
    case .field(let choice):
      let operand = compile(choice.operand)
      let general = FieldCode(operand, choice.name, isOptional: choice.isOptional, at: offset)
      guard let index = choice.index, let type = choice.recordType, !choice.isOptional else { return general }
      if let variable = operand as? VariableCode {
        records[variable.slot] = type
        if checksTypes, case .record = choice.operand.type, (main ?? variable.slot) == variable.slot {
          main = variable.slot
          return MainFieldCode(index)
        }
        return VariableFieldCode(variable, index, otherwise: general)
      }
      return RecordFieldCode(operand, index, type, otherwise: general)
    case .has(let choice): return HasCode(compile(choice.operand), choice, at: offset)
    case .call(let name, let overloads, let arguments): return call(name, overloads, arguments, offset)
    case .and(let terms): return joined(terms.map { compile($0) }[...]) { AndCode($0, $1) }
    case .or(let terms): return joined(terms.map { compile($0) }[...]) { OrCode($0, $1) }
    case .conditional(let condition, let yes, let no):
      return ConditionalCode(compile(condition), compile(yes), compile(no))
    case .list(let elements):
      let parts = elements.map { (code: compile($0.value), isOptional: $0.isOptional) }
      return folded(ListCode(parts, at: offset), parts.map(\.code))
    case .map(let entries):
      let parts = entries.map { (key: compile($0.key), value: compile($0.value), isOptional: $0.isOptional) }
      return folded(MapCode(parts, at: offset), parts.map(\.key) + parts.map(\.value))
    case .record(let type, let fields):
      let parts = fields.map { (index: $0.index, code: compile($0.value), isOptional: $0.isOptional) }
      guard let construction = type.construction else { return FailureCode(.noField(type.name)) }
      return RecordCode(construction, parts, at: offset)
    case .comprehension(let loop): return comprehension(loop, offset)
    case .bind(_, let index, let value, let body):
      bound[index] = compile(value)
      return BindCode(index, compile(body))
    case .optionalMap(let target, _, let index, let body, let isFlat):
      return OptionalMapCode(compile(target), index, compile(body), isFlat: isFlat, at: offset)
    case .failure(let error): return FailureCode(error)
    }
  }

  /// As a tree that is as low as can be, however many terms there are.
  private func joined(_ terms: ArraySlice<any Code>, _ join: (any Code, any Code) -> any Code) -> any Code {
    guard terms.count > 1 else { return terms[terms.startIndex] }
    let middle = terms.startIndex + terms.count / 2
    return join(joined(terms[..<middle], join), joined(terms[middle...], join))
  }

  private mutating func comprehension(_ syntax: Node.Comprehension, _ offset: Int) -> any Code {
    let weight = 1 + syntax.body.weight + (syntax.filter?.weight ?? 0)
    let second = syntax.indices.count == 2 ? syntax.indices[1] : nil
    let loop = Loop(
      range: compile(syntax.range), first: syntax.indices[0], second: second, weight: weight, offset: offset)
    let filter = syntax.filter.map { compile($0) }
    let body = compile(syntax.body)
    switch syntax.kind {
    case .all: return QuantifierCode(loop, body, decisive: false)
    case .exists: return QuantifierCode(loop, body, decisive: true)
    case .existsOne: return ExistsOneCode(loop, body)
    case .map, .transformList: return ListLoopCode(loop, filter: filter, body: body)
    case .filter: return ListLoopCode(loop, filter: body, body: nil)
    case .transformMap: return MapLoopCode(loop, filter: filter, body: body, givesEntries: false)
    case .transformMapEntry: return MapLoopCode(loop, filter: filter, body: body, givesEntries: true)
    }
  }

  private mutating func call(_ name: String, _ overloads: [Function], _ nodes: [Node], _ offset: Int) -> any Code {
    let arguments = nodes.map { compile($0) }
    if overloads.contains(where: { $0.isOperator }), let code = operation(name, arguments, offset) {
      return folded(code, arguments)
    }
    if name == "matches", arguments.count == 2, let code = matches(arguments, offset) { return code }
    let code = plain(name, overloads, arguments, offset)
    guard overloads.allSatisfy(\.isConstant) else { return code }
    return folded(code, arguments, literalOf: overloads.count == 1 ? overloads[0] : nil, offset)
  }

  private func plain(_ name: String, _ overloads: [Function], _ arguments: [any Code], _ offset: Int) -> any Code {
    if arguments.count == 1 {
      let bodies = overloads.compactMap { if case .unary(let body) = $0.body { body } else { nil } }
      if bodies.count == overloads.count { return UnaryCallCode(name, bodies, arguments[0], at: offset) }
    }
    if arguments.count == 2 {
      let bodies = overloads.compactMap { if case .binary(let body) = $0.body { body } else { nil } }
      if bodies.count == overloads.count {
        return BinaryCallCode(name, bodies, arguments[0], arguments[1], at: offset)
      }
    }
    return CallCode(name, overloads.map(\.body), arguments, at: offset)
  }

  private func operation(_ name: String, _ arguments: [any Code], _ offset: Int) -> (any Code)? {
    if arguments.count == 1 {
      switch name {
      case "!_": return NotCode(arguments[0])
      case "-_":
        let negative: Function.Body.Unary = { value, meter throws(EvaluationError) in
          try Operators.negative(value, &meter)
        }
        return UnaryCallCode("-", [negative], arguments[0], at: offset)
      default: return nil
      }
    }
    guard arguments.count == 2 else { return nil }
    let (left, right) = (arguments[0], arguments[1])
    switch name {
    case "_==_": return equality(left, right, wanted: true)
    case "_!=_": return equality(left, right, wanted: false)
    case "_<_": return comparison(left, right, .less, offset)
    case "_<=_": return comparison(left, right, .lessEqual, offset)
    case "_>_": return comparison(left, right, .greater, offset)
    case "_>=_": return comparison(left, right, .greaterEqual, offset)
    case "_+_": return OperatorCode(left, right, .sum, at: offset)
    case "_-_": return OperatorCode(left, right, .difference, at: offset)
    case "_*_": return OperatorCode(left, right, .product, at: offset)
    case "_/_": return OperatorCode(left, right, .quotient, at: offset)
    case "_%_": return OperatorCode(left, right, .remainder, at: offset)
    case "_[_]": return IndexCode(left, right, isOptional: false, at: offset)
    case "_[?_]": return IndexCode(left, right, isOptional: true, at: offset)
    case "@in":
      if let constant = right as? ConstantCode, case .list(let list) = constant.constant {
        if let code = InTextsCode(left, literals: list) { return code }
        if let code = InSetCode(left, literals: list) { return code }
      }
      return InCode(left, right, at: offset)
    default: return nil
    }
  }

  private func equality(_ left: any Code, _ right: any Code, wanted: Bool) -> any Code {
    if let constant = right as? ConstantCode { return EqualConstantCode(left, constant.constant, wanted: wanted) }
    if let constant = left as? ConstantCode { return EqualConstantCode(right, constant.constant, wanted: wanted) }
    return EqualCode(left, right, wanted: wanted)
  }

  private func comparison(
    _ left: any Code, _ right: any Code, _ comparison: Comparison, _ offset: Int
  ) -> any Code {
    if let constant = right as? ConstantCode {
      return CompareConstantCode(left, constant.constant, comparison, at: offset)
    }
    return CompareCode(left, right, comparison, at: offset)
  }

  private mutating func matches(_ arguments: [any Code], _ offset: Int) -> (any Code)? {
    guard let constant = arguments[1] as? ConstantCode, case .string(let text) = constant.constant else { return nil }
    do throws(EvaluationError) {
      return MatchesCode(arguments[0], try Pattern(text), at: offset)
    } catch {
      if checksTypes { problems.append(Problem(offset: offset, message: error.message)) }
      return FailureCode(error.at(offset))
    }
  }

  /// Its value, where it is made of literals only, and has one.
  ///
  /// - Parameter function: of which a literal that it does not take is told now: `date('2026-02-30')`.
  private mutating func folded(
    _ code: any Code, _ parts: [any Code], literalOf function: Function? = nil, _ offset: Int = 0
  ) -> any Code {
    guard parts.allSatisfy({ $0 is ConstantCode }) else { return code }
    var frame = Frame(inputs: [], main: NoRecord.value, locals: [], meter: Meter(budget: 10_000))
    do throws(EvaluationError) {
      return ConstantCode(try code.value(&frame))
    } catch {
      if checksTypes, let function, Self.literalTypes.contains(function.name), error.code == .invalidArgument {
        problems.append(Problem(offset: offset, message: error.message))
      }
      return code
    }
  }

  private static let literalTypes: Set<String> = ["decimal", "money", "date"]
}

extension Function {
  /// Whether the compiler makes code of its own of it.
  var isOperator: Bool {
    if case .none = body { Operators.names.contains(name) } else { false }
  }
}

extension Node {
  /// How many steps it takes at least, without turns of loops and what functions do.
  var weight: Int {
    switch kind {
    case .constant, .variable, .local, .failure: 1
    case .field(let choice), .has(let choice): 1 + choice.operand.weight
    case .call(_, _, let arguments): arguments.reduce(1) { $0 + $1.weight }
    case .and(let terms), .or(let terms): terms.reduce(1) { $0 + $1.weight }
    case .conditional(let condition, let yes, let no): 1 + condition.weight + max(yes.weight, no.weight)
    case .list(let elements): elements.reduce(1) { $0 + $1.value.weight }
    case .map(let entries): entries.reduce(1) { $0 + $1.key.weight + $1.value.weight }
    case .record(_, let fields): fields.reduce(1) { $0 + $1.value.weight }
    case .comprehension(let loop): 1 + loop.range.weight
    case .bind(_, _, let value, let body): 1 + value.weight + body.weight
    case .optionalMap(let target, _, _, let body, _): 1 + target.weight + body.weight
    }
  }
}
