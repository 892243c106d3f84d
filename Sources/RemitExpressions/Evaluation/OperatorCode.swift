enum Arithmetic: Sendable {
  case sum, difference, product, quotient, remainder

  func apply(_ left: Value, _ right: Value, _ meter: inout Meter) throws(EvaluationError) -> Value {
    switch self {
    case .sum: try Operators.sum(left, right, &meter)
    case .difference: try Operators.difference(left, right, &meter)
    case .product: try Operators.product(left, right, &meter)
    case .quotient: try Operators.quotient(left, right, &meter)
    case .remainder: try Operators.remainder(left, right, &meter)
    }
  }
}

/// An operator of two numbers, or of what else has such.
final class OperatorCode: Code {
  private let left: any Code
  private let right: any Code
  private let arithmetic: Arithmetic
  private let offset: Int

  init(_ left: any Code, _ right: any Code, _ arithmetic: Arithmetic, at offset: Int) {
    (self.left, self.right, self.arithmetic, self.offset) = (left, right, arithmetic, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value {
    let (left, right) = (try left.value(&frame), try right.value(&frame))
    if case .int(let left) = left, case .int(let right) = right, let result = quick(left, right) { return .int(result) }
    do throws(EvaluationError) {
      return try arithmetic.apply(left, right, &frame.meter)
    } catch {
      throw error.at(offset)
    }
  }

  /// nil where the long way has to say what is wrong.
  @inline(__always)
  private func quick(_ left: Int64, _ right: Int64) -> Int64? {
    let (result, overflows) =
      switch arithmetic {
      case .sum: left.addingReportingOverflow(right)
      case .difference: left.subtractingReportingOverflow(right)
      case .product: left.multipliedReportingOverflow(by: right)
      case .quotient: left.dividedReportingOverflow(by: right)
      case .remainder: left.remainderReportingOverflow(dividingBy: right)
      }
    return overflows ? nil : result
  }
}

/// `text.matches(pattern)` of a pattern that is written out.
final class MatchesCode: Code {
  private let text: any Code
  private let pattern: Pattern
  private let offset: Int

  init(_ text: any Code, _ pattern: Pattern, at offset: Int) {
    (self.text, self.pattern, self.offset) = (text, pattern, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try bool(&frame)) }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    let text = try text.value(&frame)
    guard case .string(let string) = text else { throw EvaluationError.noOverload("matches", [text]).at(offset) }
    return try pattern.isFound(in: string, &frame.meter)
  }
}
