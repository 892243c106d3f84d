/// `&&`: false where one side is, whatever error the other has.
final class AndCode: Code {
  private let left: any Code
  private let right: any Code

  init(_ left: any Code, _ right: any Code) { (self.left, self.right) = (left, right) }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try bool(&frame)) }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    do throws(EvaluationError) {
      if try !left.bool(&frame) { return false }
    } catch {
      return try absorb(error, &frame)
    }
    return try right.bool(&frame)
  }

  /// The right side decides, or the left side's error stands.
  private func absorb(_ failure: EvaluationError, _ frame: inout Frame) throws(EvaluationError) -> Bool {
    guard failure.isAbsorbable else { throw failure }
    do throws(EvaluationError) {
      if try right.bool(&frame) == false { return false }
    } catch {
      guard error.isAbsorbable else { throw error }
    }
    throw failure
  }
}

/// `||`: true where one side is, whatever error the other has.
final class OrCode: Code {
  private let left: any Code
  private let right: any Code

  init(_ left: any Code, _ right: any Code) { (self.left, self.right) = (left, right) }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try bool(&frame)) }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    do throws(EvaluationError) {
      if try left.bool(&frame) { return true }
    } catch {
      return try absorb(error, &frame)
    }
    return try right.bool(&frame)
  }

  /// The right side decides, or the left side's error stands.
  private func absorb(_ failure: EvaluationError, _ frame: inout Frame) throws(EvaluationError) -> Bool {
    guard failure.isAbsorbable else { throw failure }
    do throws(EvaluationError) {
      if try right.bool(&frame) == true { return true }
    } catch {
      guard error.isAbsorbable else { throw error }
    }
    throw failure
  }
}

final class NotCode: Code {
  private let operand: any Code
  init(_ operand: any Code) { self.operand = operand }
  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try !operand.bool(&frame)) }
  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool { try !operand.bool(&frame) }
}

final class ConditionalCode: Code {
  private let condition: any Code
  private let yes: any Code
  private let no: any Code

  init(_ condition: any Code, _ yes: any Code, _ no: any Code) {
    (self.condition, self.yes, self.no) = (condition, yes, no)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    try condition.bool(&frame) ? yes.value(&frame) : no.value(&frame)
  }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    try condition.bool(&frame) ? yes.bool(&frame) : no.bool(&frame)
  }
}
