/// Values that may be none.
enum OptionalFunctions {
  static let all: [Function] = [
    .unary("optional.of", a, .optional(a)) { value, _ in .optional(value) },
    .unary("optional.ofNonZeroValue", a, .optional(a)) { value, _ in .optional(value.isZero ? nil : value) },
    .global("optional.none", [], .optional(a)) { _, _ in .optional(nil) },
    .unary("optional.unwrap", .list(.optional(a)), .list(a), unwrap),
    .method("unwrapOpt", .list(.optional(a)), .list(a), unwrap),
    .method("hasValue", .optional(a), .bool) { value, _ in
      guard case .optional(let held) = value else { return nil }
      return .bool(held.map { _ in true } ?? false)
    },
    .method("value", .optional(a), a) { value, _ throws(EvaluationError) in
      guard case .optional(let held) = value else { return nil }
      guard let held else { throw EvaluationError(.invalidArgument, "optional.none() has no value") }
      return held
    },
    .method("or", .optional(a), .optional(a), .optional(a)) { first, second, _ in
      guard case .optional(let held) = first, case .optional = second else { return nil }
      if case .none = held { return second }
      return first
    },
    .method("orValue", .optional(a), a, a) { first, second, _ in
      guard case .optional(let held) = first else { return nil }
      return held ?? second
    },
    .method("first", .list(a), .optional(a)) { list, _ in
      guard case .list(let list) = list else { return nil }
      return .optional(list.first)
    },
    .method("last", .list(a), .optional(a)) { list, _ in
      guard case .list(let list) = list else { return nil }
      return .optional(list.last)
    },
  ]

  private static let a = ValueType.parameter("A")

  @Sendable
  private static func unwrap(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    guard case .list(let list) = value else { return nil }
    try meter.charge(list.count)
    var held: [Value] = []
    for element in list {
      guard case .optional(let value) = element else { return nil }
      if let value { held.append(value) }
    }
    return .list(held)
  }
}
