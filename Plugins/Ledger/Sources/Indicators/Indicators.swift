import RemitAPI
import RemitSDK

/// How fast a company is paid. Amounts are in minor units of the base currency; results are hundredths, rounded half away from zero; nil where they
/// cannot be told.
enum Indicators {
  /// Days sales outstanding: closing receivables ÷ sales × days.
  static func dso(closing: Int128, sales: Int128, days: Int) -> Int128? {
    sales > 0 ? rounded(closing * Int128(days) * 100, sales) : nil
  }

  /// Days sales outstanding by counting back: the sales of one month after the other are taken off the closing receivables; a whole month counts with
  /// its days, the last with its share of them (benjipays.com, trymesha.com).
  ///
  /// - Parameter months: the last first.
  static func countbackDSO(closing: Int128, months: [(sales: Int128, days: Int)]) -> Int128? {
    guard closing >= 0 else { return nil }
    var left = closing
    var days = 0
    for month in months {
      if left <= 0 { return Int128(days) * 100 }
      guard month.sales > left else {
        left -= max(0, month.sales)
        days += month.days
        continue
      }
      return Int128(days) * 100 + rounded(left * Int128(month.days) * 100, month.sales)
    }
    return left <= 0 ? Int128(days) * 100 : nil
  }

  /// Collection effectiveness index: of what could be collected, what was, in percent:
  /// (opening + sales − closing) ÷ (opening + sales − closing current) × 100 (Oracle Receivables, for sales of the whole time). Sales are less what was
  /// credited, so that it may be a little outside of 0 to 100, and is then 0 or 100.
  static func cei(opening: Int128, sales: Int128, closing: Int128, closingCurrent: Int128) -> Int128? {
    let collectable = opening + sales - closingCurrent
    return collectable > 0 ? min(10_000, max(0, rounded((opening + sales - closing) * 10_000, collectable))) : nil
  }

  /// - Parameter denominator: more than 0.
  private static func rounded(_ numerator: Int128, _ denominator: Int128) -> Int128 {
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    return remainder.magnitude * 2 >= denominator.magnitude ? quotient + numerator.signum() : quotient
  }

  /// Hundredths as a decimal number; empty for nil.
  static func text(_ hundredths: Int128?) -> String {
    guard let hundredths else { return "" }
    let digits = String(hundredths.magnitude)
    let padded = String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    return "\(hundredths < 0 ? "-" : "")\(padded.dropLast(2)).\(padded.suffix(2))"
  }
}
