/// `math.abs`, `math.bitAnd` and so on.
enum MathFunctions {
  static let all: [Function] = extremes + rounding + signs + bits

  private static let numbers: [ValueType] = [.int, .uint, .double]

  private static let extremes: [Function] = {
    var list: [Function] = []
    for (name, wanted) in [("math.@max", Order.after), ("math.@min", Order.before)] {
      for type in numbers {
        list.append(.unary(name, type, type) { value, _ in value.isNumber ? value : nil })
        list.append(
          .unary(name, .list(type), type) { value, meter throws(EvaluationError) in
            guard case .list(let values) = value else { return nil }
            try meter.charge(values.count)
            guard !values.isEmpty else { throw EvaluationError(.invalidArgument, "\(name) of an empty list") }
            return try extreme(values, wanted)
          })
        for other in numbers {
          list.append(
            .binary(name, type, other, type == other ? type : .dyn) { first, second, _ throws(EvaluationError) in
              try extreme([first, second], wanted)
            })
        }
      }
    }
    return list
  }()

  /// The first of those than which no other is more so; nil where one is no number.
  private static func extreme(_ values: [Value], _ wanted: Order) throws(EvaluationError) -> Value? {
    guard var found = values.first, values.allSatisfy(\.isNumber) else { return nil }
    for value in values.dropFirst() where Value.numericOrder(value, found) == wanted { found = value }
    return found
  }

  private static let rounding: [Function] = [
    double("math.ceil") { .double($0.rounded(.up)) },
    double("math.floor") { .double($0.rounded(.down)) },
    double("math.round") { .double($0.rounded(.toNearestOrAwayFromZero)) },
    double("math.trunc") { .double($0.rounded(.towardZero)) },
    double("math.sqrt") { .double($0.squareRoot()) },
    .unary("math.sqrt", .int, .double) { value, _ in
      guard case .int(let value) = value else { return nil }
      return .double(Double(value).squareRoot())
    },
    .unary("math.sqrt", .uint, .double) { value, _ in
      guard case .uint(let value) = value else { return nil }
      return .double(Double(value).squareRoot())
    },
    double("math.isInf", .bool) { .bool($0.isInfinite) },
    double("math.isNaN", .bool) { .bool($0.isNaN) },
    double("math.isFinite", .bool) { .bool($0.isFinite) },
  ]

  private static func double(
    _ name: String, _ result: ValueType = .double, _ body: @escaping @Sendable (Double) -> Value
  ) -> Function {
    .unary(name, .double, result) { value, _ in
      guard case .double(let value) = value else { return nil }
      return body(value)
    }
  }

  private static let signs: [Function] =
    numbers.map { .unary("math.abs", $0, $0, absolute) } + numbers.map { .unary("math.sign", $0, $0, sign) }

  @Sendable
  private static func absolute(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .int(let value):
      guard value != .min else { throw .overflow("int") }
      return .int(abs(value))
    case .uint: return value
    case .double(let value): return .double(value.magnitude)
    default: return nil
    }
  }

  @Sendable
  private static func sign(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .int(let value): .int(value.signum())
    case .uint(let value): .uint(value == 0 ? 0 : 1)
    case .double(let value): .double(value.isNaN || value == 0 ? value : value < 0 ? -1 : 1)
    default: nil
    }
  }

  private static let bits: [Function] = [
    pair("math.bitAnd", { $0 & $1 }, { $0 & $1 }),
    pair("math.bitOr", { $0 | $1 }, { $0 | $1 }),
    pair("math.bitXor", { $0 ^ $1 }, { $0 ^ $1 }),
    [
      .unary("math.bitNot", .int, .int) { value, _ in if case .int(let value) = value { .int(~value) } else { nil } },
      .unary("math.bitNot", .uint, .uint) { value, _ in if case .uint(let value) = value { .uint(~value) } else { nil }
      },
    ],
    // A shift to the right fills up with zeros, whatever the sign; one by 64 or more leaves none of the bits.
    shift("math.bitShiftLeft") { $0 << $1 },
    shift("math.bitShiftRight") { $0 >> $1 },
  ].flatMap { $0 }

  private static func pair(
    _ name: String, _ signed: @escaping @Sendable (Int64, Int64) -> Int64,
    _ unsigned: @escaping @Sendable (UInt64, UInt64) -> UInt64
  ) -> [Function] {
    [
      .binary(name, .int, .int, .int) { left, right, _ in
        guard case .int(let left) = left, case .int(let right) = right else { return nil }
        return .int(signed(left, right))
      },
      .binary(name, .uint, .uint, .uint) { left, right, _ in
        guard case .uint(let left) = left, case .uint(let right) = right else { return nil }
        return .uint(unsigned(left, right))
      },
    ]
  }

  private static func shift(_ name: String, _ body: @escaping @Sendable (UInt64, UInt64) -> UInt64) -> [Function] {
    [
      .binary(name, .int, .int, .int) { value, count, _ throws(EvaluationError) in
        guard case .int(let value) = value, case .int(let count) = count else { return nil }
        return .int(Int64(bitPattern: body(UInt64(bitPattern: value), try shiftCount(count))))
      },
      .binary(name, .uint, .int, .uint) { value, count, _ throws(EvaluationError) in
        guard case .uint(let value) = value, case .int(let count) = count else { return nil }
        return .uint(body(value, try shiftCount(count)))
      },
    ]
  }

  private static func shiftCount(_ count: Int64) throws(EvaluationError) -> UInt64 {
    guard count >= 0 else { throw EvaluationError(.invalidArgument, "a negative shift: \(count)") }
    return UInt64(count)
  }
}

extension Value {
  /// Of CEL's own.
  var isNumber: Bool {
    switch self {
    case .int, .uint, .double: true
    default: false
    }
  }
}
