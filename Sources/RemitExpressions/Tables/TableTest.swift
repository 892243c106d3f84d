/// A plain test of a cell: what it asks is known without an expression, so that tables can be checked for gaps.
indirect enum TableTest: Sendable {
  case null
  case bool(Bool)
  case texts(TextSet)
  /// One of them, by CEL's equality.
  case values([Value])
  case span(TableSpan)
  case either([TableTest])
  case not(TableTest)

  /// Texts by code points.
  struct TextSet: Sendable {
    let texts: [String]
    let known: [KnownText]

    init(_ texts: [String]) {
      self.texts = texts
      known = texts.map(KnownText.init)
    }
  }

  /// - Throws: for moneys of different currencies, of which none is more; and over budget.
  func holds(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Bool {
    switch self {
    case .null: return value.isNull
    case .bool(let wanted): if case .bool(let bool) = value { return bool == wanted } else { return false }
    case .texts(let set):
      guard case .string(let text) = value else { return false }
      try meter.charge(set.known.count >> 3)
      for known in set.known where known.isSame(as: text) { return true }
      return false
    case .values(let values):
      try meter.charge(values.count >> 3)
      for other in values where try value.equals(other, &meter) { return true }
      return false
    case .span(let span): return try span.holds(value, &meter)
    case .either(let tests): return try Self.anyHolds(tests, value, &meter)
    case .not(let test): return try !test.holds(value, &meter)
    }
  }

  /// Like `||` of expressions: one that holds counts for more than one that fails.
  private static func anyHolds(_ tests: [TableTest], _ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Bool {
    var failure: EvaluationError?
    for test in tests {
      try meter.charge(1)
      do throws(EvaluationError) {
        if try test.holds(value, &meter) { return true }
      } catch {
        guard error.isAbsorbable else { throw error }
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return false
  }

  /// Where `holds` can change its answer: the ends of intervals, the values asked for.
  func gather(_ values: inout [Value]) {
    switch self {
    case .null, .bool: break
    case .texts(let set): values += set.texts.map { .string($0) }
    case .values(let list): values += list
    case .span(let span): values += [span.low, span.high].compactMap { $0 }
    case .either(let tests): for test in tests { test.gather(&values) }
    case .not(let test): test.gather(&values)
    }
  }
}

/// An interval of an ordered type, of which either end may be missing.
struct TableSpan: Sendable {
  var low: Value?
  var includesLow = true
  var high: Value?
  var includesHigh = true

  @inline(__always)
  func holds(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Bool {
    if value.isNull { return false }
    if let low {
      let order = try value.order(low, &meter)
      guard order == .after || (order == .same && includesLow) else { return false }
    }
    if let high {
      let order = try value.order(high, &meter)
      guard order == .before || (order == .same && includesHigh) else { return false }
    }
    return true
  }
}
