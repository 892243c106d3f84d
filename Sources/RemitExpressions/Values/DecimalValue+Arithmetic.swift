/// How a number is brought to fewer places.
enum Rounding: Sendable {
  /// Half away from zero, as is the commercial custom.
  case halfUp
  case halfEven
  case down
  case floor
  case ceiling
}

extension DecimalValue {
  func adding(_ other: DecimalValue) throws(EvaluationError) -> DecimalValue { try sum(other.coefficient, other.scale) }

  func subtracting(_ other: DecimalValue) throws(EvaluationError) -> DecimalValue {
    try sum(-other.coefficient, other.scale)
  }

  private func sum(_ otherCoefficient: Int128, _ otherScale: Int) throws(EvaluationError) -> DecimalValue {
    let common = max(scale, otherScale)
    let (left, leftOverflows) = coefficient.multipliedReportingOverflow(by: Self.power(common - scale))
    let (right, rightOverflows) = otherCoefficient.multipliedReportingOverflow(by: Self.power(common - otherScale))
    let (sum, overflows) = left.addingReportingOverflow(right)
    guard !leftOverflows, !rightOverflows, !overflows else { throw .overflow("decimal") }
    return try Self.checked(sum, common)
  }

  /// Exact, but where it has more than 18 places: then rounded half-even to those.
  func multiplied(by other: DecimalValue) throws(EvaluationError) -> DecimalValue {
    let product = coefficient.magnitude.multipliedFullWidth(by: other.coefficient.magnitude)
    let isNegative = (coefficient < 0) != (other.coefficient < 0)
    let excess = max(0, scale + other.scale - Self.scaleMax)
    return try Self.quotient(
      product, Self.power(excess).magnitude, isNegative: isNegative, scale: scale + other.scale - excess)
  }

  /// To 18 places, or as many as 38 digits leave, rounded half-even; then without the zeros that neither number had.
  func divided(by other: DecimalValue) throws(EvaluationError) -> DecimalValue {
    guard other.coefficient != 0 else { throw .divisionByZero }
    let isNegative = (coefficient < 0) != (other.coefficient < 0)
    let ideal = max(0, scale - other.scale)
    for places in stride(from: Self.scaleMax, through: ideal, by: -1) {
      // Never less than 0: `ideal` is at least the difference of the scales.
      let factor = Self.power(places - scale + other.scale)
      let dividend = coefficient.magnitude.multipliedFullWidth(by: factor.magnitude)
      let result = try? Self.quotient(dividend, other.coefficient.magnitude, isNegative: isNegative, scale: places)
      if let result { return result.trimmed(to: ideal) }
    }
    throw .overflow("decimal")
  }

  private static func quotient(
    _ dividend: (high: UInt128, low: UInt128), _ divisor: UInt128, isNegative: Bool, scale: Int
  ) throws(EvaluationError) -> DecimalValue {
    // The quotient must fit 128 bits, or the division itself would trap.
    guard dividend.high < divisor else { throw .overflow("decimal") }
    var (quotient, remainder) = divisor.dividingFullWidth(dividend)
    let half = remainder > divisor - remainder || (remainder == divisor - remainder && quotient & 1 == 1)
    if half && remainder != 0 {
      let (next, overflows) = quotient.addingReportingOverflow(1)
      guard !overflows else { throw .overflow("decimal") }
      quotient = next
      remainder = 0
    }
    guard quotient <= coefficientMax.magnitude else { throw .overflow("decimal") }
    return try checked(isNegative ? -Int128(quotient) : Int128(quotient), scale)
  }

  /// What is left of a whole division, with the sign of the dividend.
  func remainder(dividingBy other: DecimalValue) throws(EvaluationError) -> DecimalValue {
    guard other.coefficient != 0 else { throw .divisionByZero }
    let common = max(scale, other.scale)
    let (right, rightOverflows) = other.coefficient.multipliedReportingOverflow(by: Self.power(common - other.scale))
    // A divisor that does not fit is larger than the dividend.
    if rightOverflows { return self }
    let factor = Self.power(common - scale).magnitude
    let dividend = coefficient.magnitude.multipliedFullWidth(by: factor)
    let divisor = right.magnitude
    let high = dividend.high % divisor
    let rest = Int128(divisor.dividingFullWidth((high, dividend.low)).remainder)
    return try Self.checked(coefficient < 0 ? -rest : rest, common)
  }

  var negated: DecimalValue { DecimalValue(coefficient: -coefficient, scale: scale) ?? self }
  var absolute: DecimalValue { coefficient < 0 ? negated : self }

  /// To so many places at most; a number that has fewer stays as it is.
  ///
  /// - Parameter places: 0...18
  func rounded(_ rounding: Rounding, places: Int64) throws(EvaluationError) -> DecimalValue {
    guard 0...Int64(Self.scaleMax) ~= places else {
      throw EvaluationError(.invalidArgument, "places are 0 to 18, not \(places)")
    }
    guard places < Int64(scale) else { return self }
    let divisor = Self.power(scale - Int(places))
    let (quotient, remainder) = coefficient.quotientAndRemainder(dividingBy: divisor)
    return try Self.checked(quotient + Self.carry(rounding, quotient, remainder, divisor), Int(places))
  }

  private static func carry(
    _ rounding: Rounding, _ quotient: Int128, _ remainder: Int128, _ divisor: Int128
  ) -> Int128 {
    guard remainder != 0 else { return 0 }
    let twice = remainder.magnitude * 2
    switch rounding {
    case .down: return 0
    case .floor: return remainder < 0 ? -1 : 0
    case .ceiling: return remainder > 0 ? 1 : 0
    case .halfUp: return twice >= divisor.magnitude ? remainder.signum() : 0
    case .halfEven:
      let isUp = twice > divisor.magnitude || (twice == divisor.magnitude && quotient & 1 != 0)
      return isUp ? remainder.signum() : 0
    }
  }

  private static func checked(_ coefficient: Int128, _ scale: Int) throws(EvaluationError) -> DecimalValue {
    guard let value = DecimalValue(coefficient: coefficient, scale: scale) else { throw .overflow("decimal") }
    return value
  }
}
