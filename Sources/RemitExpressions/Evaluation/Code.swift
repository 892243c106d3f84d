/// A part of a compiled expression.
protocol Code: AnyObject, Sendable {
  func value(_ frame: inout Frame) throws(EvaluationError) -> Value
  /// - Throws: also where the value is no bool.
  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool
}

extension Code {
  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    let value = try value(&frame)
    guard case .bool(let bool) = value else { throw .noOverload("a condition", [value]) }
    return bool
  }
}

/// What one evaluation works on.
struct Frame {
  /// By the variables' slots.
  let inputs: [Value]
  /// The value of the program's main slot, where the code finds it without counting references.
  let main: any RecordValue
  /// By the places of the names that comprehensions and bindings bring; nil before there is a value.
  var locals: [Value?]
  var meter: Meter
}

final class ConstantCode: Code {
  let constant: Value
  init(_ constant: Value) { self.constant = constant }
  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { constant }
}

final class FailureCode: Code {
  private let error: EvaluationError
  init(_ error: EvaluationError) { self.error = error }
  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { throw error }
}

final class VariableCode: Code {
  let slot: Int
  private let name: String
  private let offset: Int

  init(_ slot: Int, _ name: String, at offset: Int) {
    (self.slot, self.name, self.offset) = (slot, name, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    guard slot < frame.inputs.count else {
      throw EvaluationError(.unknownName, "no value is given for '\(name)'").at(offset)
    }
    return frame.inputs[slot]
  }
}

final class LocalCode: Code {
  private let index: Int
  init(_ index: Int) { self.index = index }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    // The checker lets a name be only where it has a value.
    frame.locals[index] ?? .null
  }
}

/// A name of `cel.bind`, of which the value is evaluated where it is first asked for.
final class BoundCode: Code {
  private let index: Int
  private let bound: any Code

  init(_ index: Int, _ bound: any Code) { (self.index, self.bound) = (index, bound) }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    if let value = frame.locals[index] { return value }
    try frame.meter.charge(1)
    let value = try bound.value(&frame)
    frame.locals[index] = .some(value)
    return value
  }
}

final class BindCode: Code {
  private let index: Int
  private let body: any Code

  init(_ index: Int, _ body: any Code) { (self.index, self.body) = (index, body) }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    frame.locals[index] = .none
    return try body.value(&frame)
  }
}

final class OptionalMapCode: Code {
  private let target: any Code
  private let index: Int
  private let body: any Code
  private let isFlat: Bool
  private let offset: Int

  init(_ target: any Code, _ index: Int, _ body: any Code, isFlat: Bool, at offset: Int) {
    (self.target, self.index, self.body, self.isFlat, self.offset) = (target, index, body, isFlat, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let optional = try target.value(&frame)
    guard case .optional(let held) = optional else {
      throw EvaluationError.noOverload(isFlat ? "optFlatMap" : "optMap", [optional]).at(offset)
    }
    guard let held else { return .optional(nil) }
    frame.locals[index] = .some(held)
    let result = try body.value(&frame)
    guard isFlat else { return .optional(result) }
    guard case .optional = result else {
      throw EvaluationError.noOverload("optFlatMap", [optional, result]).at(offset)
    }
    return result
  }
}
