public import RemitAPI

/// An amount in minor units of its currency.
public struct Money: Hashable, Sendable {
  public let minor: Int64
  public let currency: Currency

  /// No amount of a document is larger, so that sums of nine thousand of them stay within 64 bits; `MoneySum` is for more.
  public static let minorMax: Int64 = 1_000_000_000_000_000

  public init(minor: Int64, currency: Currency) {
    self.minor = minor
    self.currency = currency
  }

  /// Takes an amount of the API. Throws a sentence about what is wrong with it.
  public init(_ money: Remit_Type_V1_Money) throws(MoneyProblem) {
    guard !money.currency.isEmpty || !money.amount.isEmpty else {
      throw MoneyProblem("must be given, as a number and a currency of ISO 4217 such as EUR")
    }
    guard let currency = Currency(money.currency) else {
      throw MoneyProblem("has no currency of ISO 4217, such as EUR, but \(money.currency.debugDescription)")
    }
    guard let number = DecimalNumber(money.amount) else {
      throw MoneyProblem("is not a decimal number such as 1234.50 or -0.05, but \(money.amount.debugDescription)")
    }
    try self.init(number, currency)
  }

  public init(_ number: DecimalNumber, _ currency: Currency) throws(MoneyProblem) {
    guard let minor = number.minor(decimals: currency.decimals) else {
      throw MoneyProblem(
        currency.decimals == 0 ? "has decimals; \(currency) has none" : "has more than the \(currency.decimals) decimals of \(currency)")
    }
    guard abs(minor) <= Self.minorMax else {
      throw MoneyProblem("is larger than \(currency.text(minor: Self.minorMax)) \(currency)")
    }
    self.init(minor: minor, currency: currency)
  }

  public var message: Remit_Type_V1_Money {
    var money = Remit_Type_V1_Money()
    money.currency = currency.code
    money.amount = currency.text(minor: minor)
    return money
  }

  /// "-1234.50 EUR"
  public var text: String { "\(currency.text(minor: minor)) \(currency)" }

  public var negated: Money { Money(minor: -minor, currency: currency) }

  /// In another currency, rounded half away from zero, as is the commercial custom; nil where it is too large.
  ///
  /// - Parameters:
  ///   - rate: more than 0; one unit of this currency in the other.
  ///   - isInverse: it is one unit of the other in this currency.
  public func converted(to other: Currency, rate: DecimalNumber, isInverse: Bool = false) -> Money? {
    let scale = DecimalNumber.power(of10: rate.decimals)
    let product = Int128(minor) * Int128(isInverse ? scale : rate.value) * Int128(DecimalNumber.power(of10: other.decimals))
    let divisor = Int128(isInverse ? rate.value : scale) * Int128(DecimalNumber.power(of10: currency.decimals))
    let (quotient, remainder) = product.quotientAndRemainder(dividingBy: divisor)
    let rounded = remainder.magnitude * 2 >= divisor.magnitude ? quotient + product.signum() : quotient
    guard rounded.magnitude <= Int128(Self.minorMax).magnitude else { return nil }
    return Money(minor: Int64(rounded), currency: other)
  }
}

/// What is wrong with an amount, to stand after the name of its field.
public struct MoneyProblem: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
