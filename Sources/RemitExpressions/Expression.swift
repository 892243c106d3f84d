/// A checked and compiled expression.
///
/// ```swift
/// let environment = Environment(variables: [.init("amount", .decimal), .init("kind", .string)])
/// let expression = try Expression("amount > 100 && kind in ['A', 'B']", in: environment, expecting: .bool)
/// let value = try expression.evaluate([.decimal(amount), .string(kind)])
/// ```
public final class Expression: Sendable {
  /// As it was given.
  public let text: String
  /// What its names mean.
  public let environment: Environment
  /// The checked tree, to be translated to something else.
  public let root: Node
  /// The type of what it gives.
  public var type: ValueType { root.type }
  /// How many steps it takes at worst, with variables of the sizes declared.
  public let cost: Int

  private let program: Compiler.Program
  private let localCount: Int

  /// Steps of an evaluation where none are told: some tenth of a second.
  public static let budget = 1_000_000

  /// Parses, checks and compiles.
  ///
  /// - Parameter type: what the expression has to give; nil for anything.
  /// - Throws: all that is wrong with it, also that it would cost more than the environment allows.
  public init(_ text: String, in environment: Environment, expecting type: ValueType? = nil) throws(ExpressionErrors) {
    self.text = text
    self.environment = environment
    let syntax: Syntax
    do throws(Problem) {
      syntax = try Parser.parse(text, macros: environment.extensions)
    } catch {
      throw ExpressionErrors([error], in: text)
    }
    let checked: Checker.Result
    switch Checker.check(syntax, in: environment, expecting: type) {
    case .success(let result): checked = result
    case .failure(let list): throw ExpressionErrors(list.problems, in: text)
    }
    root = checked.root
    localCount = checked.localCount
    var estimate = CostEstimate(environment)
    cost = estimate.cost(of: checked.root)
    guard cost <= environment.limits.cost else {
      let message = "the expression may take \(cost) steps, where \(environment.limits.cost) are allowed"
      throw ExpressionErrors([Problem(offset: 0, message: message)], in: text)
    }
    switch Compiler.compile(checked.root, checksTypes: environment.checksTypes) {
    case .success(let program): self.program = program
    case .failure(let list): throw ExpressionErrors(list.problems, in: text)
    }
  }

  /// A part of another by itself.
  init(_ part: Node, of whole: Expression) throws(ExpressionErrors) {
    (text, environment, root, localCount, cost) = (whole.text, whole.environment, part, whole.localCount, whole.cost)
    switch Compiler.compile(part, checksTypes: environment.checksTypes) {
    case .success(let program): self.program = program
    case .failure(let list): throw ExpressionErrors(list.problems, in: text)
    }
  }

  /// - Parameters:
  ///   - values: of the environment's variables, in their order; those at the end may be left out where not asked for.
  ///   - budget: how many steps it may take.
  public func evaluate(_ values: [Value], budget: Int = Expression.budget) throws(EvaluationError) -> Value {
    do throws(EvaluationError) {
      var frame = try frame(values, Meter(budget: budget))
      return try program.code.value(&frame)
    } catch {
      throw placed(error)
    }
  }

  /// As one of several that share a budget.
  func evaluate(_ values: [Value], _ meter: inout Meter) throws(EvaluationError) -> Value {
    do throws(EvaluationError) {
      var frame = try frame(values, meter)
      defer { meter = frame.meter }
      return try program.code.value(&frame)
    } catch {
      throw placed(error)
    }
  }

  /// For an expression that gives a bool, without the way over a `Value`.
  public func holds(_ values: [Value], budget: Int = Expression.budget) throws(EvaluationError) -> Bool {
    do throws(EvaluationError) {
      var frame = try frame(values, Meter(budget: budget))
      return try program.code.bool(&frame)
    } catch {
      throw placed(error)
    }
  }

  private func frame(_ values: [Value], _ meter: Meter) throws(EvaluationError) -> Frame {
    for (slot, type) in program.records where slot < values.count {
      if case .record(let record) = values[slot], record.recordType !== type { throw mismatch(slot, values[slot]) }
    }
    let locals = localCount == 0 ? [] : [Value?](repeating: nil, count: localCount)
    let slot = program.mainSlot
    guard slot >= 0 else { return Frame(inputs: values, main: NoRecord.value, locals: locals, meter: meter) }
    guard slot < values.count, case .record(let record) = values[slot], record.recordType === program.mainType else {
      throw mismatch(slot, slot < values.count ? values[slot] : nil)
    }
    return Frame(inputs: values, main: record, locals: locals, meter: meter)
  }

  private func mismatch(_ slot: Int, _ value: Value?) -> EvaluationError {
    let variable = environment.variables[slot]
    let given = value.map { "the value given for '\(variable.name)' is \($0.type)" }
    return EvaluationError(
      .invalidArgument, "\(given ?? "no value is given for '\(variable.name)'"), where \(variable.type) is declared")
  }

  private func placed(_ error: EvaluationError) -> EvaluationError {
    guard error.place == nil, let offset = error.offset else { return error }
    return error.at(place(utf8Offset: offset))
  }

  /// Where a part of the tree stands in the text: an operator, or a name.
  public func place(of node: Node) -> Place { place(utf8Offset: node.offset) }

  private func place(utf8Offset: Int) -> Place { Place(utf8Offset: utf8Offset, in: text) }
}
