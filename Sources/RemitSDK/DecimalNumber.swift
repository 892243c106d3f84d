/// An exact decimal number as people and programs write it: "-1234.50".
public struct DecimalNumber: Hashable, Sendable {
  /// All its digits as one whole number; `value / 10^decimals` is the number.
  public let value: Int64
  public let decimals: Int

  /// Takes digits with at most one point, and a sign before them; nil for anything else, and for more than 18 digits.
  public init?(_ text: some StringProtocol) {
    var digits = text[...]
    let isNegative = digits.first == "-"
    if isNegative || digits.first == "+" { digits = digits.dropFirst() }
    let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let joined = parts.joined()
    guard !parts[0].isEmpty, parts.count == 1 || !parts[1].isEmpty, joined.utf8.count <= 18,
      joined.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = Int64(joined)
    else { return nil }
    self.value = isNegative ? -value : value
    decimals = parts.count == 2 ? parts[1].utf8.count : 0
  }

  /// "-1234.50"
  public var text: String {
    let digits = String(value.magnitude)
    guard decimals > 0 else { return "\(value)" }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.utf8.count)) + digits
    return "\(value < 0 ? "-" : "")\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
  }

  /// The number in units of `10^-decimals`; nil where it has more decimals than that, or is too large.
  public func minor(decimals wanted: Int) -> Int64? {
    if wanted >= decimals {
      let (product, overflows) = value.multipliedReportingOverflow(by: Self.power(of10: wanted - decimals))
      return overflows ? nil : product
    }
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: Self.power(of10: decimals - wanted))
    return remainder == 0 ? quotient : nil
  }

  /// - Parameter exponent: at most 18.
  public static func power(of10 exponent: Int) -> Int64 { (0..<exponent).reduce(1) { power, _ in power * 10 } }
}
