import RemitSDK

enum ExchangeRate {
  static func problems(_ rate: DecimalNumber?, of amount: Money, base: Currency) -> [(field: String, message: String)] {
    switch rate {
    case nil where amount.currency != base:
      [("exchange_rate", "must be given: one \(amount.currency) in \(base), the company's base currency")]
    case .some where amount.currency == base: [("exchange_rate", "must not be given for \(base), the company's base currency")]
    case .some(let rate) where rate.value <= 0: [("exchange_rate", "must be more than 0")]
    case .some(let rate) where amount.converted(to: base, rate: rate) == nil: [("exchange_rate", "makes an amount that is too large")]
    default: []
    }
  }

  /// The amount in the base currency. The rate was checked.
  static func base(_ minor: Int64, _ currency: Currency, in base: Currency, _ rate: DecimalNumber?) -> Int64 {
    guard let rate else { return minor }
    return Money(minor: minor, currency: currency).converted(to: base, rate: rate)?.minor ?? minor
  }
}
