/// A span of time to the nanosecond, of at most some 292 years either way.
public struct DurationValue: Sendable, Hashable, CustomStringConvertible {
  /// Negative for a span back in time.
  public let nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Takes numbers with units, as Go does: "1h30m", "-1.5s", "10ms", "5us", "7ns".
  public init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    if rest.elementsEqual("0".utf8) {
      self.init(nanoseconds: 0)
      return
    }
    var total: Int128 = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      guard let part = Self.part(&rest) else { return nil }
      total += part
      guard total <= Int128(Int64.max) + 1 else { return nil }
    }
    guard let nanoseconds = Int64(exactly: isNegative ? -total : total) else { return nil }
    self.init(nanoseconds: nanoseconds)
  }

  /// A number and its unit, in nanoseconds.
  private static func part(_ rest: inout ArraySlice<UInt8>) -> Int128? {
    var (number, scale): (Int128, Int128) = (0, 1)
    var (digitCount, fractionCount, isFraction) = (0, 0, false)
    while let byte = rest.first {
      if byte == UInt8(ascii: "."), !isFraction {
        isFraction = true
      } else if UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
        digitCount += 1
        if isFraction { fractionCount += 1 }
        // Those after the thirteenth are less than a nanosecond of any unit.
        if fractionCount <= 13 {
          number = number * 10 + Int128(byte - UInt8(ascii: "0"))
          if isFraction { scale *= 10 }
        }
        guard number < Int128(1) << 84 else { return nil }
      } else {
        break
      }
      rest = rest.dropFirst()
    }
    guard digitCount > 0, let unit = unit(&rest) else { return nil }
    return number * unit / scale
  }

  private static func unit(_ rest: inout ArraySlice<UInt8>) -> Int128? {
    let units: [(String, Int128)] = [
      ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
      ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]
    guard let (name, unit) = units.first(where: { rest.starts(with: $0.0.utf8) }) else { return nil }
    rest = rest.dropFirst(name.utf8.count)
    return unit
  }

  /// In seconds: "5400s", "-1.5s".
  public var description: String {
    let (seconds, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    let fraction = rest == 0 ? "" : "." + Self.fraction(Int64(rest))
    return "\(nanoseconds < 0 ? "-" : "")\(seconds)\(fraction)s"
  }

  /// The digits after the point, without zeros at the end.
  static func fraction(_ nanoseconds: Int64) -> String {
    var digits = DateValue.padded(Int(nanoseconds), 9)
    while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
    return digits
  }
}
