/// An exact decimal number of at most 38 digits, of which at most 18 stand after the point.
///
/// It keeps the places it was written with, but 1.5 equals 1.50.
public struct DecimalValue: Sendable, Hashable {
  // Two words and a byte: an Int128 would align `Value` to 16 bytes and make it half as large again.
  private let low: UInt64
  private let high: Int64
  private let places: UInt8

  /// `coefficient / 10^scale` is the number; within ±`coefficientMax`.
  public var coefficient: Int128 { Int128(high) << 64 | Int128(low) }
  /// 0...18
  public var scale: Int { Int(places) }

  /// So many digits may stand after the point.
  public static let scaleMax = 18
  /// 38 nines.
  public static let coefficientMax: Int128 = power(38) - 1

  /// nil where the coefficient has more than 38 digits, or the scale is not 0...18.
  public init?(coefficient: Int128, scale: Int) {
    guard coefficient.magnitude <= Self.coefficientMax.magnitude, 0...Self.scaleMax ~= scale else { return nil }
    self.init(unchecked: coefficient, scale)
  }

  /// A whole number.
  public init(_ value: Int64) { self.init(unchecked: Int128(value), 0) }
  /// A whole number.
  public init(_ value: UInt64) { self.init(unchecked: Int128(value), 0) }

  private init(unchecked coefficient: Int128, _ scale: Int) {
    low = UInt64(truncatingIfNeeded: coefficient)
    high = Int64(truncatingIfNeeded: coefficient >> 64)
    places = UInt8(truncatingIfNeeded: scale)
  }

  public static func == (left: DecimalValue, right: DecimalValue) -> Bool { left.order(right) == 0 }

  public func hash(into hasher: inout Hasher) {
    let shortest = trimmed(to: 0)
    hasher.combine(shortest.low)
    hasher.combine(shortest.high)
    hasher.combine(shortest.places)
  }

  /// Less than, equal to or more than 0.
  package func order(_ other: DecimalValue) -> Int {
    if let quick = quickOrder(other) { return quick }
    let (left, right) = (coefficient, other.coefficient)
    if places == other.places { return left == right ? 0 : left < right ? -1 : 1 }
    if left.signum() != right.signum() { return left < right ? -1 : 1 }
    let wide = places < other.places
    let factor = Self.power(wide ? other.scale - scale : scale - other.scale)
    let (product, overflows) = (wide ? left : right).multipliedReportingOverflow(by: factor)
    // What does not fit is the larger in magnitude.
    if overflows { return wide == (left > 0) ? 1 : -1 }
    let (first, second) = wide ? (product, right) : (left, product)
    return first == second ? 0 : first < second ? -1 : 1
  }

  /// By 64 bits, where these are enough for both.
  @inline(__always)
  private func quickOrder(_ other: DecimalValue) -> Int? {
    var (left, right) = (Int64(truncatingIfNeeded: low), Int64(truncatingIfNeeded: other.low))
    guard left >> 63 == high, right >> 63 == other.high else { return nil }
    if places != other.places {
      let isWide = places < other.places
      let factor = Self.shortPowers[Int(isWide ? other.places - places : places - other.places)]
      let (product, overflows) = (isWide ? left : right).multipliedReportingOverflow(by: factor)
      if overflows { return nil }
      if isWide { left = product } else { right = product }
    }
    return left == right ? 0 : left < right ? -1 : 1
  }

  /// 10^0 to 10^18.
  private static let shortPowers: [Int64] = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
    10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000,
  ]

  /// 10^exponent, for 0...38.
  static func power(_ exponent: Int) -> Int128 { powers[min(max(exponent, 0), 38)] }
  private static let powers: [Int128] = (0...38).map { (0..<$0).reduce(1) { power, _ in power * 10 } }

  /// Without zeros at the end, but with at least so many places.
  func trimmed(to scaleMin: Int) -> DecimalValue {
    var (coefficient, scale) = (coefficient, scale)
    while scale > scaleMin {
      let (quotient, remainder) = coefficient.quotientAndRemainder(dividingBy: 10)
      guard remainder == 0 else { break }
      coefficient = quotient
      scale -= 1
    }
    return DecimalValue(unchecked: coefficient, scale)
  }
}

extension DecimalValue: CustomStringConvertible, LosslessStringConvertible {
  /// Takes digits with at most one point and a sign before them, 38 digits at most of which 18 after the point.
  public init?(_ text: String) {
    var coefficient: UInt128 = 0
    var digitCount = 0
    var scale: Int?
    var bytes = text.utf8[...]
    let isNegative = bytes.first == UInt8(ascii: "-")
    if isNegative || bytes.first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
    guard bytes.count <= 64, bytes.first != UInt8(ascii: "."), bytes.last != UInt8(ascii: ".") else { return nil }
    for byte in bytes {
      if byte == UInt8(ascii: "."), scale == nil {
        scale = 0
        continue
      }
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
      if coefficient > 0 || byte > UInt8(ascii: "0") { digitCount += 1 }
      guard digitCount <= 38 else { return nil }
      coefficient = coefficient * 10 + UInt128(byte - UInt8(ascii: "0"))
      scale = scale.map { $0 + 1 }
    }
    guard !bytes.isEmpty else { return nil }
    self.init(coefficient: isNegative ? -Int128(coefficient) : Int128(coefficient), scale: scale ?? 0)
  }

  /// "-1234.50"
  public var description: String {
    let digits = String(coefficient.magnitude)
    let padded = String(repeating: "0", count: max(0, scale + 1 - digits.utf8.count)) + digits
    let sign = coefficient < 0 ? "-" : ""
    return scale == 0 ? sign + padded : "\(sign)\(padded.dropLast(scale)).\(padded.suffix(scale))"
  }
}
