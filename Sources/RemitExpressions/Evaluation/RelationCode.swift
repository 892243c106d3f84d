final class EqualCode: Code {
  private let left: any Code
  private let right: any Code
  private let wanted: Bool

  /// - Parameter wanted: false for `!=`.
  init(_ left: any Code, _ right: any Code, wanted: Bool) {
    (self.left, self.right, self.wanted) = (left, right, wanted)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try bool(&frame)) }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    let (left, right) = (try left.value(&frame), try right.value(&frame))
    return try left.equals(right, &frame.meter) == wanted
  }
}

/// `x == 'a'`
final class EqualConstantCode: Code {
  private let operand: any Code
  private let constant: Value
  private let text: KnownText?
  private let wanted: Bool

  init(_ operand: any Code, _ constant: Value, wanted: Bool) {
    (self.operand, self.constant, self.wanted) = (operand, constant, wanted)
    text = if case .string(let text) = constant { KnownText(text) } else { nil }
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try bool(&frame)) }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    let value = try operand.value(&frame)
    if let text, case .string(let other) = value { return text.isSame(as: other) == wanted }
    return try value.equals(constant, &frame.meter) == wanted
  }
}

enum Comparison: Sendable {
  case less, lessEqual, greater, greaterEqual

  @inline(__always)
  func holds(_ order: Order) -> Bool {
    switch self {
    case .less: order == .before
    case .lessEqual: order == .before || order == .same
    case .greater: order == .after
    case .greaterEqual: order == .after || order == .same
    }
  }
}

final class CompareCode: Code {
  private let left: any Code
  private let right: any Code
  private let comparison: Comparison
  private let offset: Int

  init(_ left: any Code, _ right: any Code, _ comparison: Comparison, at offset: Int) {
    (self.left, self.right, self.comparison, self.offset) = (left, right, comparison, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try bool(&frame)) }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    let (left, right) = (try left.value(&frame), try right.value(&frame))
    do throws(EvaluationError) {
      return comparison.holds(try left.order(right, &frame.meter))
    } catch {
      throw error.at(offset)
    }
  }
}

/// `x > 100`
final class CompareConstantCode: Code {
  private let operand: any Code
  private let constant: Value
  /// The constant where it is a whole number.
  private let number: Int64?
  private let comparison: Comparison
  private let offset: Int

  init(_ operand: any Code, _ constant: Value, _ comparison: Comparison, at offset: Int) {
    (self.operand, self.constant, self.comparison, self.offset) = (operand, constant, comparison, offset)
    number = if case .int(let number) = constant { number } else { nil }
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try bool(&frame)) }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    let value = try operand.value(&frame)
    if let number {
      switch value {
      case .int(let other): return comparison.holds(Order(other, number))
      case .decimal(let other): return comparison.holds(Order(other.order(DecimalValue(number))))
      default: break
      }
    }
    do throws(EvaluationError) {
      return comparison.holds(try value.order(constant, &frame.meter))
    } catch {
      throw error.at(offset)
    }
  }
}

/// `x in list` and `x in map`.
final class InCode: Code {
  private let element: any Code
  private let range: any Code
  private let offset: Int

  init(_ element: any Code, _ range: any Code, at offset: Int) {
    (self.element, self.range, self.offset) = (element, range, offset)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try bool(&frame)) }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    let (element, range) = (try element.value(&frame), try range.value(&frame))
    switch range {
    case .list(let list):
      for other in list {
        try frame.meter.charge(1)
        if try element.equals(other, &frame.meter) { return true }
      }
      return false
    case .map(let map): return map[element] != nil
    default: throw EvaluationError.noOverload("in", [element, range]).at(offset)
    }
  }
}

/// `x in ['a', 'b']`, of a few strings.
final class InTextsCode: Code {
  private let element: any Code
  private let texts: [KnownText]
  private static let textMax = 8

  /// nil where they are many, or not all strings.
  init?(_ element: any Code, literals: [Value]) {
    let texts = literals.compactMap { if case .string(let text) = $0 { KnownText(text) } else { nil } }
    guard texts.count == literals.count, texts.count <= Self.textMax else { return nil }
    (self.element, self.texts) = (element, texts)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try bool(&frame)) }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    guard case .string(let element) = try element.value(&frame) else { return false }
    for text in texts where text.isSame(as: element) { return true }
    return false
  }
}

/// `x in [1, 2, 3]`, of literals, among which a number or a string is found by its hash.
final class InSetCode: Code {
  private let element: any Code
  private let keys: Set<MapKey>

  /// nil where they are few, or not all bools, integers and strings.
  init?(_ element: any Code, literals: [Value]) {
    guard literals.count > 4 else { return nil }
    var keys: Set<MapKey> = []
    for literal in literals {
      if case .double = literal { return nil }
      guard let key = MapKey(literal) else { return nil }
      keys.insert(key)
    }
    (self.element, self.keys) = (element, keys)
  }

  func value(_ frame: inout Frame) throws(EvaluationError) -> Value { .bool(try bool(&frame)) }

  func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
    let element = try element.value(&frame)
    if case .decimal(let decimal) = element {
      let whole = decimal.trimmed(to: 0)
      guard whole.scale == 0, let number = Int64(exactly: whole.coefficient) else { return false }
      return keys.contains(.int(number))
    }
    return MapKey(element).map(keys.contains) ?? false
  }
}
