extension Value: Equatable {
  /// Equality as expressions have it: 1 and 1u and 1.0 are equal, NaN is equal to nothing.
  public static func == (left: Value, right: Value) -> Bool {
    var meter = Meter(budget: .max)
    // It throws for values nested more deeply than any expression makes them.
    return (try? left.equals(right, &meter)) ?? false
  }

  /// Equality as CEL has it: numbers by value across types, NaN equal to nothing, values of different types unequal.
  ///
  /// - Throws: over budget only, and for values that are nested too deeply.
  func equals(_ other: Value, _ meter: inout Meter) throws(EvaluationError) -> Bool {
    switch (self, other) {
    case (.string(let left), .string(let right)):
      guard left.utf8.count == right.utf8.count else { return false }
      try meter.charge(left.utf8.count >> 4)
      return CodePoints.same(left, right)
    case (.bytes(let left), .bytes(let right)):
      guard left.count == right.count else { return false }
      try meter.charge(left.count >> 4)
      return left == right
    case (.list(let left), .list(let right)): return try Self.equal(left, right, &meter)
    case (.map(let left), .map(let right)): return try Self.equal(left, right, &meter)
    case (.record(let left), .record(let right)): return try Self.equal(left, right, &meter)
    case (.optional(let left), .optional(let right)):
      guard let left, let right else { return left == nil && right == nil }
      try meter.enter()
      defer { meter.leave() }
      return try left.equals(right, &meter)
    default: return isScalarEqual(to: other)
    }
  }

  private func isScalarEqual(to other: Value) -> Bool {
    switch (self, other) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.timestamp(let left), .timestamp(let right)): left == right
    case (.duration(let left), .duration(let right)): left == right
    case (.date(let left), .date(let right)): left == right
    case (.money(let left), .money(let right)): left == right
    case (.period(let left), .period(let right)): left == right
    case (.type(let left), .type(let right)): left.name == right.name
    case (.opaque(let left), .opaque(let right)): left.type == right.type && left.isEqual(to: right)
    default: Self.numericOrder(self, other) == .some(.same)
    }
  }

  private static func equal(_ left: [Value], _ right: [Value], _ meter: inout Meter) throws(EvaluationError) -> Bool {
    guard left.count == right.count else { return false }
    try meter.charge(left.count)
    try meter.enter()
    defer { meter.leave() }
    for index in left.indices where try !left[index].equals(right[index], &meter) { return false }
    return true
  }

  private static func equal(
    _ left: MapValue, _ right: MapValue, _ meter: inout Meter
  ) throws(EvaluationError) -> Bool {
    guard left.entries.count == right.entries.count else { return false }
    try meter.charge(left.entries.count)
    try meter.enter()
    defer { meter.leave() }
    for entry in left.entries {
      guard let other = right[entry.key], try entry.value.equals(other, &meter) else { return false }
    }
    return true
  }

  private static func equal(
    _ left: any RecordValue, _ right: any RecordValue, _ meter: inout Meter
  ) throws(EvaluationError) -> Bool {
    if left === right { return true }
    guard left.recordType === right.recordType else { return false }
    let count = left.recordType.fields.count
    try meter.charge(count)
    try meter.enter()
    defer { meter.leave() }
    for index in 0..<count {
      guard left.hasValue(at: index) == right.hasValue(at: index),
        try left.value(at: index).equals(right.value(at: index), &meter)
      else { return false }
    }
    return true
  }
}
