/// How two values stand to each other; `unordered` is NaN with anything.
enum Order: Equatable {
  case before, same, after, unordered

  init(_ sign: Int) { self = sign == 0 ? .same : sign < 0 ? .before : .after }

  @inline(__always)
  init<Number: Comparable>(_ left: Number, _ right: Number) {
    self = left == right ? .same : left < right ? .before : left > right ? .after : .unordered
  }

  var reversed: Order {
    switch self {
    case .before: .after
    case .after: .before
    case .same, .unordered: self
    }
  }
}

extension Value {
  /// The order of two numbers by value, of whatever types; nil where one is no number, or a decimal meets a double.
  @inline(__always)
  static func numericOrder(_ left: Value, _ right: Value) -> Order? {
    switch (left, right) {
    case (.int(let left), .int(let right)): Order(left, right)
    case (.uint(let left), .uint(let right)): Order(left, right)
    case (.double(let left), .double(let right)): Order(left, right)
    case (.decimal(let left), .decimal(let right)): Order(left.order(right))
    case (.decimal(let left), .int(let right)): Order(left.order(DecimalValue(right)))
    default: mixedOrder(left, right)
    }
  }

  private static func mixedOrder(_ left: Value, _ right: Value) -> Order? {
    switch (left, right) {
    case (.int(let left), .decimal(let right)): Order(DecimalValue(left).order(right))
    case (.decimal(let left), .uint(let right)): Order(left.order(DecimalValue(right)))
    case (.uint(let left), .decimal(let right)): Order(DecimalValue(left).order(right))
    case (.int(let left), .uint(let right)): left < 0 ? .before : Order(left.magnitude, right)
    case (.uint(let left), .int(let right)): right < 0 ? .after : Order(left, right.magnitude)
    case (.int(let left), .double(let right)): order(left, right)
    case (.double(let left), .int(let right)): order(right, left).reversed
    case (.uint(let left), .double(let right)): order(left, right)
    case (.double(let left), .uint(let right)): order(right, left).reversed
    default: nil
    }
  }

  /// As cel-go and cel-cpp have it, by the nearest double within the integers' range.
  private static func order<Whole: FixedWidthInteger>(_ left: Whole, _ right: Double) -> Order {
    if right.isNaN { return .unordered }
    if right < Double(Whole.min) { return .after }
    if right > Double(Whole.max) { return .before }
    return Order(Double(left), right)
  }

  /// - Throws: where the two have no order.
  func order(_ other: Value, _ meter: inout Meter) throws(EvaluationError) -> Order {
    if let order = Self.numericOrder(self, other) { return order }
    switch (self, other) {
    case (.string(let left), .string(let right)):
      try meter.charge(min(left.utf8.count, right.utf8.count) >> 4)
      return Order(CodePoints.order(left, right))
    case (.bytes(let left), .bytes(let right)):
      try meter.charge(min(left.count, right.count) >> 4)
      return Order(CodePoints.order(left, right))
    case (.bool(let left), .bool(let right)): return left == right ? .same : right ? .before : .after
    case (.timestamp(let left), .timestamp(let right)): return Order(left, right)
    case (.duration(let left), .duration(let right)): return Order(left.nanoseconds, right.nanoseconds)
    case (.date(let left), .date(let right)): return Order(left.dayNumber, right.dayNumber)
    case (.money(let left), .money(let right)):
      try left.requireCurrency(of: right)
      return Order(left.amount.order(right.amount))
    default: throw .noOverload("comparison", [self, other])
    }
  }
}
