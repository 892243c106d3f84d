/// Exact decimal numbers.
enum DecimalFunctions {
  static let all: [Function] = conversions + roundings + others

  private static let conversions: [Function] = [
    .unary("decimal", .decimal, .decimal, decimal),
    .unary("decimal", .string, .decimal, decimal),
    .unary("decimal", .int, .decimal, decimal),
    .unary("decimal", .uint, .decimal, decimal),
    .unary("string", .decimal, .string) { value, _ in
      if case .decimal(let value) = value { .string(value.description) } else { nil }
    },
    .unary("int", .decimal, .int) { value, _ throws(EvaluationError) in
      guard case .decimal(let value) = value else { return nil }
      guard let whole = Int64(exactly: try value.rounded(.down, places: 0).coefficient) else { throw .range("int") }
      return .int(whole)
    },
    .unary("double", .decimal, .double) { value, _ in
      guard case .decimal(let value) = value else { return nil }
      return Double(value.description).map { .double($0) }
    },
  ]

  @Sendable
  private static func decimal(_ value: Value, _ meter: inout Meter) throws(EvaluationError) -> Value? {
    switch value {
    case .decimal: return value
    case .int(let value): return .decimal(DecimalValue(value))
    case .uint(let value): return .decimal(DecimalValue(value))
    case .string(let text): return .decimal(try parsed(text))
    default: return nil
    }
  }

  static func parsed(_ text: String) throws(EvaluationError) -> DecimalValue {
    guard let number = DecimalValue(text) else {
      throw ConversionFunctions.invalid(
        text, "decimal of at most 38 digits, 18 of them after the point,", like: "'-12.50'")
    }
    return number
  }

  /// `round(d)` and `round(d, places)`, of decimals and moneys.
  private static let roundings: [Function] = {
    let kinds: [(String, Rounding)] = [
      ("round", .halfUp), ("roundHalfEven", .halfEven), ("floor", .floor), ("ceil", .ceiling), ("trunc", .down),
    ]
    return kinds.flatMap { name, rounding in
      [ValueType.decimal, .money].flatMap { type in
        [
          .unary(name, type, type) { value, _ throws(EvaluationError) in try rounded(value, rounding, 0) },
          .binary(name, type, .int, type) { value, places, _ throws(EvaluationError) in
            guard case .int(let places) = places else { return nil }
            return try rounded(value, rounding, places)
          },
        ]
      }
    }
  }()

  private static func rounded(_ value: Value, _ rounding: Rounding, _ places: Int64) throws(EvaluationError) -> Value? {
    switch value {
    case .decimal(let value): return .decimal(try value.rounded(rounding, places: places))
    case .money(let value): return .money(value.with(try value.amount.rounded(rounding, places: places)))
    default: return nil
    }
  }

  private static let others: [Function] = {
    var list: [Function] = [ValueType.decimal, .money].map { type in
      .unary("abs", type, type) { value, _ in
        switch value {
        case .decimal(let value): .decimal(value.absolute)
        case .money(let value): .money(value.with(value.amount.absolute))
        default: nil
        }
      }
    }
    list.append(
      .unary("abs", .int, .int) { value, _ throws(EvaluationError) in
        guard case .int(let value) = value else { return nil }
        guard value != .min else { throw .overflow("int") }
        return .int(abs(value))
      })
    let pairs: [(ValueType, ValueType, ValueType)] = [
      (.decimal, .decimal, .decimal), (.decimal, .int, .decimal), (.int, .decimal, .decimal), (.int, .int, .int),
      (.money, .money, .money), (.date, .date, .date),
    ]
    for (name, wanted) in [("min", Order.before), ("max", Order.after)] {
      list += pairs.map { first, second, result in
        .binary(name, first, second, result) { first, second, meter throws(EvaluationError) in
          let chosen = try second.order(first, &meter) == wanted ? second : first
          if case .int(let value) = chosen, result == .decimal { return .decimal(DecimalValue(value)) }
          return chosen
        }
      }
      list += [ValueType.decimal, .int, .money, .date].map { type in
        .unary(name, .list(type), type) { value, meter throws(EvaluationError) in
          guard case .list(let values) = value else { return nil }
          guard var found = values.first else { throw EvaluationError(.invalidArgument, "\(name) of an empty list") }
          for value in values.dropFirst() {
            try meter.charge(1)
            if try value.order(found, &meter) == wanted { found = value }
          }
          return found
        }
      }
    }
    return list
  }()
}
