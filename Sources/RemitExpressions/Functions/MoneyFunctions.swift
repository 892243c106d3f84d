/// Amounts with a currency, and sums.
enum MoneyFunctions {
  static let all: [Function] = [
    .binary("money", .string, .string, .money) { amount, currency, _ throws(EvaluationError) in
      guard case .string(let amount) = amount, case .string(let currency) = currency else { return nil }
      return try money(DecimalFunctions.parsed(amount), currency)
    },
    .binary("money", .decimal, .string, .money) { amount, currency, _ throws(EvaluationError) in
      guard case .decimal(let amount) = amount, case .string(let currency) = currency else { return nil }
      return try money(amount, currency)
    },
    .binary("money", .int, .string, .money) { amount, currency, _ throws(EvaluationError) in
      guard case .int(let amount) = amount, case .string(let currency) = currency else { return nil }
      return try money(DecimalValue(amount), currency)
    },
    .unary("string", .money, .string) { value, _ in
      if case .money(let value) = value { .string(value.description) } else { nil }
    },
    // In this order, so that where the type of a list is not known, whole numbers stay such.
    .unary("sum", .list(.int), .int) { list, meter throws(EvaluationError) in
      try sum(list, zero: .int(0), &meter) { if case .int = $0 { true } else { false } }
    },
    .unary("sum", .list(.decimal), .decimal) { list, meter throws(EvaluationError) in
      try sum(list, zero: .decimal(DecimalValue(0 as Int64)), &meter) {
        switch $0 {
        case .decimal, .int: true
        default: false
        }
      }
    },
    .unary("sum", .list(.money), .money) { list, meter throws(EvaluationError) in
      try sum(list, zero: nil, &meter) { if case .money = $0 { true } else { false } }
    },
  ]

  /// What a money has for fields: `total.amount`, `total.currency`.
  static let fields: [String: ValueType] = ["amount": .decimal, "currency": .string]

  static func field(_ name: String, of money: MoneyValue) -> Value? {
    switch name {
    case "amount": .decimal(money.amount)
    case "currency": .string(money.currency)
    default: nil
    }
  }

  private static func money(_ amount: DecimalValue, _ currency: String) throws(EvaluationError) -> Value {
    guard let money = MoneyValue(amount, currency: currency) else {
      throw ConversionFunctions.invalid(currency, "currency of ISO 4217", like: "'EUR'")
    }
    return .money(money)
  }

  /// - Parameter zero: the sum of nothing; nil where there is none, as that of no moneys has no currency.
  private static func sum(
    _ list: Value, zero: Value?, _ meter: inout Meter, of isSummand: (Value) -> Bool
  ) throws(EvaluationError) -> Value? {
    guard case .list(let list) = list, list.allSatisfy(isSummand) else { return nil }
    try meter.charge(list.count)
    guard let first = zero ?? list.first else {
      throw EvaluationError(.invalidArgument, "the sum of no moneys has no currency")
    }
    var total = first
    let summands = zero.map { _ in list[...] } ?? list.dropFirst()
    for element in summands { total = try Operators.sum(total, element, &meter) }
    return total
  }
}
