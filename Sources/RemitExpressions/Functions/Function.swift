/// A function with the types that it takes and gives. Several of one name are overloads.
public struct Function: Sendable {
  /// "size", "math.abs", "_+_"
  public let name: String
  /// Of a method the first is what it is called on.
  public let parameters: [ValueType]
  /// The type of what it gives.
  public let result: ValueType
  /// Whether it is called on its first argument.
  public let isMethod: Bool
  let body: Body
  /// Whether it gives the same for the same, so that it may be evaluated once for literals.
  let isConstant: Bool

  /// Gives nil for values of other types than it takes, which happens where the types are known only then.
  enum Body: Sendable {
    case unary(Unary)
    case binary(Binary)
    case list(List)
    /// Operators, of which the compiler makes code of their own; and functions that are declared only.
    case none

    typealias Unary = @Sendable (Value, inout Meter) throws(EvaluationError) -> Value?
    typealias Binary = @Sendable (Value, Value, inout Meter) throws(EvaluationError) -> Value?
    typealias List = @Sendable ([Value], inout Meter) throws(EvaluationError) -> Value?
  }

  let isGeneric: Bool

  init(
    _ name: String, _ parameters: [ValueType], _ result: ValueType, isMethod: Bool, isConstant: Bool = true,
    _ body: Body
  ) {
    self.name = name
    self.parameters = parameters
    self.result = result
    self.isMethod = isMethod
    self.isConstant = isConstant
    self.body = body
    isGeneric = result.isOpen || parameters.contains(where: \.isOpen)
  }

  /// A function of the embedder.
  ///
  /// - Parameters:
  ///   - name: a global function's may have points: "fx.rate".
  ///   - isMethod: called as `first.name(second)`.
  ///   - cost: steps of the budget that a call takes; 0 or more.
  ///   - body: takes as many values as there are parameters, of their types.
  public init(
    _ name: String, _ parameters: [ValueType], _ result: ValueType, isMethod: Bool = false, cost: Int = 1,
    body: @escaping @Sendable (_ arguments: [Value]) throws(EvaluationError) -> Value
  ) {
    let takes = parameters
    self.init(
      name, parameters, result, isMethod: isMethod, isConstant: false,
      .list { arguments, meter throws(EvaluationError) in
        guard takes.count == arguments.count, zip(takes, arguments).allSatisfy({ $0.takes($1) }) else { return nil }
        try meter.charge(max(1, cost))
        return try body(arguments)
      })
  }

  /// A function of which only the types are told: expressions with it are checked, but have no value.
  public init(declaring name: String, _ parameters: [ValueType], _ result: ValueType, isMethod: Bool = false) {
    self.init(name, parameters, result, isMethod: isMethod, isConstant: false, .none)
  }
}

extension Function {
  static func unary(_ name: String, _ type: ValueType, _ result: ValueType, _ body: @escaping Body.Unary) -> Function {
    Function(name, [type], result, isMethod: false, .unary(body))
  }

  static func binary(
    _ name: String, _ first: ValueType, _ second: ValueType, _ result: ValueType, _ body: @escaping Body.Binary
  ) -> Function {
    Function(name, [first, second], result, isMethod: false, .binary(body))
  }

  static func global(
    _ name: String, _ types: [ValueType], _ result: ValueType, _ body: @escaping Body.List
  ) -> Function {
    Function(name, types, result, isMethod: false, .list(body))
  }

  static func method(_ name: String, _ type: ValueType, _ result: ValueType, _ body: @escaping Body.Unary) -> Function {
    Function(name, [type], result, isMethod: true, .unary(body))
  }

  static func method(
    _ name: String, _ first: ValueType, _ second: ValueType, _ result: ValueType, _ body: @escaping Body.Binary
  ) -> Function {
    Function(name, [first, second], result, isMethod: true, .binary(body))
  }

  static func method(
    _ name: String, _ types: [ValueType], _ result: ValueType, _ body: @escaping Body.List
  ) -> Function {
    Function(name, types, result, isMethod: true, .list(body))
  }

  /// An operator or a declaration.
  static func declared(_ name: String, _ types: [ValueType], _ result: ValueType) -> Function {
    Function(name, types, result, isMethod: false, .none)
  }
}

extension ValueType {
  /// Whether a value is of it, as far as that can be told from the value alone.
  func takes(_ value: Value) -> Bool {
    switch self {
    case .dyn, .parameter: true
    case .nullable(let type):
      if case .null = value { true } else { type.takes(value) }
    default: value.type.name == name
    }
  }
}
