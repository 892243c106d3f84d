import RemitAPI
import RemitSDK

/// What one unit of a currency is in the base currency: "7.2345", or "1/1.0850" where it is quoted the other way round, as the European Central
/// Bank does.
struct ExchangeRate: Equatable, CustomStringConvertible {
  let number: DecimalNumber
  /// The number is what one unit of the base currency is.
  let isInverse: Bool
  let description: String

  /// nil where the text is no rate. 0 and negative ones are taken, for `problems` to tell.
  init?(_ text: String) {
    isInverse = text.hasPrefix("1/")
    guard let number = DecimalNumber(isInverse ? text.dropFirst(2) : text[...]) else { return nil }
    self.number = number
    description = text.replacing("+", with: "")
  }

  /// The amount in the base currency, rounded half away from zero; nil where it is too large.
  func convert(_ amount: Money, to base: Currency) -> Money? { amount.converted(to: base, rate: number, isInverse: isInverse) }

  /// What forbids a rate that was given; that none was is for `Rates`.
  static func problems(_ rate: ExchangeRate?, of amount: Money, base: Currency) -> [(field: String, message: String)] {
    switch rate {
    case .some where amount.currency == base: [("exchange_rate", "must not be given for \(base), the company's base currency")]
    case .some(let rate) where rate.number.value <= 0: [("exchange_rate", "must be more than 0")]
    case .some(let rate) where rate.convert(amount, to: base) == nil: [("exchange_rate", "makes an amount that is too large")]
    default: []
    }
  }

  /// The amount in the base currency. The rate was checked.
  static func base(_ minor: Int64, _ currency: Currency, in base: Currency, _ rate: ExchangeRate?) -> Int64 {
    guard let rate else { return minor }
    return rate.convert(Money(minor: minor, currency: currency), to: base)?.minor ?? minor
  }
}

extension Violations {
  mutating func rate(_ text: String, _ field: String) -> ExchangeRate? {
    guard !text.isEmpty else { return nil }
    let rate = ExchangeRate(text)
    if rate == nil { add(field, "is not a decimal number such as 7.2345, or 1/1.0850") }
    return rate
  }
}
