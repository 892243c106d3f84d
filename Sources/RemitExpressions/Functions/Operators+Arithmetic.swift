extension Operators {
  @Sendable
  static func negative(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .int(let value):
      let (negative, overflows) = (0 as Int64).subtractingReportingOverflow(value)
      guard !overflows else { throw .overflow("int") }
      return .int(negative)
    case .double(let value): return .double(-value)
    case .decimal(let value): return .decimal(value.negated)
    case .money(let value): return .money(value.with(value.amount.negated))
    case .period(let value): return .period(try value.negated)
    default: return nil
    }
  }

  /// `int` operands of decimals are decimals.
  private static func decimals(_ left: Value, _ right: Value) -> (DecimalValue, DecimalValue)? {
    switch (left, right) {
    case (.decimal(let left), .decimal(let right)): (left, right)
    case (.decimal(let left), .int(let right)): (left, DecimalValue(right))
    case (.int(let left), .decimal(let right)): (DecimalValue(left), right)
    default: nil
    }
  }

  private static func decimal(_ value: Value) -> DecimalValue? {
    switch value {
    case .decimal(let value): value
    case .int(let value): DecimalValue(value)
    default: nil
    }
  }

  private static func checked<Number>(
    _ result: (partialValue: Number, overflow: Bool), _ type: String
  ) throws(EvaluationError) -> Number {
    guard !result.overflow else { throw .overflow(type) }
    return result.partialValue
  }

  @Sendable
  static func sum(_ left: Value, _ right: Value, _ meter: inout Meter) throws(EvaluationError) -> Value {
    switch (left, right) {
    case (.int(let left), .int(let right)): return .int(try checked(left.addingReportingOverflow(right), "int"))
    case (.uint(let left), .uint(let right)): return .uint(try checked(left.addingReportingOverflow(right), "uint"))
    case (.double(let left), .double(let right)): return .double(left + right)
    case (.money(let left), .money(let right)):
      try left.requireCurrency(of: right)
      return .money(left.with(try left.amount.adding(right.amount)))
    case (.string(let left), .string(let right)):
      try meter.charge(left.utf8.count + right.utf8.count)
      return .string(left + right)
    case (.bytes(let left), .bytes(let right)):
      try meter.charge(left.count + right.count)
      return .bytes(left + right)
    case (.list(let left), .list(let right)):
      try meter.charge(left.count + right.count)
      return .list(left + right)
    default:
      if let (left, right) = decimals(left, right) { return .decimal(try left.adding(right)) }
      return try timeSum(left, right)
    }
  }

  private static func timeSum(_ left: Value, _ right: Value) throws(EvaluationError) -> Value {
    switch (left, right) {
    case (.date(let date), .period(let period)), (.period(let period), .date(let date)):
      return .date(try date.adding(period))
    case (.timestamp(let moment), .duration(let span)), (.duration(let span), .timestamp(let moment)):
      return .timestamp(try moment.adding(nanoseconds: span.nanoseconds))
    case (.duration(let left), .duration(let right)):
      let sum = try checked(left.nanoseconds.addingReportingOverflow(right.nanoseconds), "duration")
      return .duration(DurationValue(nanoseconds: sum))
    default: throw .noOverload("+", [left, right])
    }
  }

  @Sendable
  static func difference(_ left: Value, _ right: Value, _ meter: inout Meter) throws(EvaluationError) -> Value {
    switch (left, right) {
    case (.int(let left), .int(let right)): return .int(try checked(left.subtractingReportingOverflow(right), "int"))
    case (.uint(let left), .uint(let right)):
      return .uint(try checked(left.subtractingReportingOverflow(right), "uint"))
    case (.double(let left), .double(let right)): return .double(left - right)
    case (.money(let left), .money(let right)):
      try left.requireCurrency(of: right)
      return .money(left.with(try left.amount.subtracting(right.amount)))
    case (.date(let left), .date(let right)): return .int(Int64(left.dayNumber - right.dayNumber))
    case (.date(let date), .period(let period)): return .date(try date.adding(period.negated))
    case (.timestamp(let left), .timestamp(let right)):
      return .duration(DurationValue(nanoseconds: try left.nanoseconds(since: right)))
    case (.timestamp(let moment), .duration(let span)):
      let negative = try checked((0 as Int64).subtractingReportingOverflow(span.nanoseconds), "duration")
      return .timestamp(try moment.adding(nanoseconds: negative))
    case (.duration(let left), .duration(let right)):
      let difference = try checked(left.nanoseconds.subtractingReportingOverflow(right.nanoseconds), "duration")
      return .duration(DurationValue(nanoseconds: difference))
    default:
      if let (left, right) = decimals(left, right) { return .decimal(try left.subtracting(right)) }
      throw .noOverload("-", [left, right])
    }
  }

  @Sendable
  static func product(_ left: Value, _ right: Value, _ meter: inout Meter) throws(EvaluationError) -> Value {
    switch (left, right) {
    case (.int(let left), .int(let right)): return .int(try checked(left.multipliedReportingOverflow(by: right), "int"))
    case (.uint(let left), .uint(let right)):
      return .uint(try checked(left.multipliedReportingOverflow(by: right), "uint"))
    case (.double(let left), .double(let right)): return .double(left * right)
    case (.money(let money), let factor), (let factor, .money(let money)):
      guard let number = decimal(factor) else { throw .noOverload("*", [left, right]) }
      return .money(money.with(try money.amount.multiplied(by: number)))
    default:
      if let (left, right) = decimals(left, right) { return .decimal(try left.multiplied(by: right)) }
      throw .noOverload("*", [left, right])
    }
  }

  @Sendable
  static func quotient(_ left: Value, _ right: Value, _ meter: inout Meter) throws(EvaluationError) -> Value {
    switch (left, right) {
    case (.int(_), .int(0)), (.uint(_), .uint(0)): throw .divisionByZero
    case (.int(let left), .int(let right)): return .int(try checked(left.dividedReportingOverflow(by: right), "int"))
    case (.uint(let left), .uint(let right)): return .uint(left / right)
    case (.double(let left), .double(let right)): return .double(left / right)
    case (.money(let left), .money(let right)):
      try left.requireCurrency(of: right)
      return .decimal(try left.amount.divided(by: right.amount))
    case (.money(let money), let divisor):
      guard let number = decimal(divisor) else { throw .noOverload("/", [left, right]) }
      return .money(money.with(try money.amount.divided(by: number)))
    default:
      if let (left, right) = decimals(left, right) { return .decimal(try left.divided(by: right)) }
      throw .noOverload("/", [left, right])
    }
  }

  @Sendable
  static func remainder(_ left: Value, _ right: Value, _ meter: inout Meter) throws(EvaluationError) -> Value {
    switch (left, right) {
    case (.int(_), .int(0)), (.uint(_), .uint(0)): throw .divisionByZero
    case (.int(let left), .int(let right)):
      return .int(try checked(left.remainderReportingOverflow(dividingBy: right), "int"))
    case (.uint(let left), .uint(let right)): return .uint(left % right)
    default:
      if let (left, right) = decimals(left, right) { return .decimal(try left.remainder(dividingBy: right)) }
      throw .noOverload("%", [left, right])
    }
  }
}
