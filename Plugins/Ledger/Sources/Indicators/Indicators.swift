import RemitAPI
import RemitSDK

/// How fast a company is paid. Amounts are in minor units of the base currency; results are hundredths, rounded half away from zero; nil where they
/// cannot be told.
enum Indicators {
  /// Days sales outstanding: closing receivables ÷ sales × days.
  static func dso(closing: Int64, sales: Int64, days: Int) -> Int64? {
    sales > 0 ? rounded(Int128(closing) * Int128(days) * 100, Int128(sales)) : nil
  }

  /// Days sales outstanding by counting back: the sales of one month after the other are taken off the closing receivables; a whole month counts with
  /// its days, the last with its share of them (benjipays.com, trymesha.com).
  ///
  /// - Parameter months: the last first.
  static func countbackDSO(closing: Int64, months: [(sales: Int64, days: Int)]) -> Int64? {
    guard closing >= 0 else { return nil }
    var left = closing
    var days = 0
    for month in months {
      if left <= 0 { return Int64(days) * 100 }
      guard month.sales > left else {
        left -= max(0, month.sales)
        days += month.days
        continue
      }
      return Int64(days) * 100 + rounded(Int128(left) * Int128(month.days) * 100, Int128(month.sales))
    }
    return left <= 0 ? Int64(days) * 100 : nil
  }

  /// Collection effectiveness index: (opening + sales/N − closing) ÷ (opening + sales/N − closing current) × 100, N in months (Oracle Receivables).
  static func cei(opening: Int64, sales: Int64, months: Int, closing: Int64, closingCurrent: Int64) -> Int64? {
    let available = Int128(opening) * Int128(months) + Int128(sales)
    let collectable = available - Int128(closingCurrent) * Int128(months)
    return collectable > 0 ? rounded((available - Int128(closing) * Int128(months)) * 10_000, collectable) : nil
  }

  /// - Parameter denominator: more than 0.
  private static func rounded(_ numerator: Int128, _ denominator: Int128) -> Int64 {
    let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
    return Int64(remainder.magnitude * 2 >= denominator.magnitude ? quotient + numerator.signum() : quotient)
  }

  /// Hundredths as a decimal number; empty for nil.
  static func text(_ hundredths: Int64?) -> String {
    guard let hundredths else { return "" }
    let digits = String(hundredths.magnitude)
    let padded = String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    return "\(hundredths < 0 ? "-" : "")\(padded.dropLast(2)).\(padded.suffix(2))"
  }
}
