/// An amount of a currency.
public struct MoneyValue: Sendable, Hashable, CustomStringConvertible {
  /// In units of the currency, not in its minor units.
  public let amount: DecimalValue
  // Three letters in place, so that a money needs no memory of its own.
  private let first, second, third: UInt8

  /// - Parameter currency: three capital letters, as of ISO 4217; nil for anything else.
  public init?(_ amount: DecimalValue, currency: String) {
    let letters = Array(currency.utf8.prefix(4))
    guard letters.count == 3, letters.allSatisfy({ UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }) else { return nil }
    self.amount = amount
    (first, second, third) = (letters[0], letters[1], letters[2])
  }

  private init(_ amount: DecimalValue, like other: MoneyValue) {
    self.amount = amount
    (first, second, third) = (other.first, other.second, other.third)
  }

  /// Three letters: "EUR".
  public var currency: String { String(decoding: [first, second, third], as: UTF8.self) }

  /// "12.50 EUR"
  public var description: String { "\(amount) \(currency)" }

  func with(_ amount: DecimalValue) -> MoneyValue { MoneyValue(amount, like: self) }

  func hasCurrency(of other: MoneyValue) -> Bool {
    first == other.first && second == other.second && third == other.third
  }

  func requireCurrency(of other: MoneyValue) throws(EvaluationError) {
    guard hasCurrency(of: other) else {
      throw EvaluationError(.currencyMismatch, "\(currency) and \(other.currency) are different currencies")
    }
  }
}
