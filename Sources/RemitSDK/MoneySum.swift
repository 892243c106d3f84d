public import RemitAPI

/// What amounts of one currency are together, in minor units. It is as large as it has to be: however many of the largest amounts there are, it is told right;
/// only what is to be stored must be within 64 bits.
public struct MoneySum: Hashable, Sendable {
  public var minor: Int128
  public let currency: Currency

  public init(_ currency: Currency, minor: Int128 = 0) {
    self.currency = currency
    self.minor = minor
  }

  /// - Parameter amounts: in minor units of the currency.
  public init(_ currency: Currency, of amounts: some Sequence<Int128>) {
    self.init(currency, minor: amounts.reduce(0, +))
  }

  public static func + (left: MoneySum, right: MoneySum) -> MoneySum { MoneySum(left.currency, minor: left.minor + right.minor) }

  public var message: Remit_Type_V1_Money {
    var money = Remit_Type_V1_Money()
    money.currency = currency.code
    money.amount = currency.text(minor: minor)
    return money
  }
}

extension CellReader {
  /// A sum as text, `sum(amount_minor)::text`: sums of bigint are numeric in Postgres, and as large as they have to be.
  public mutating func sum() throws(CallError) -> Int128 {
    let text = try text()
    guard let sum = Int128(text) else { throw CallError(.internal, "MALFORMED_CELLS", "a sum is no whole number: \(text)") }
    return sum
  }
}
