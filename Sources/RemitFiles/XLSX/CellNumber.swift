import RemitAPI

/// Numbers of cells as text.
enum CellNumber {
  /// As spreadsheets count: so 0.1 + 0.2 is 0.3.
  private static let digitsMax = 15

  /// nil: it is none, or not finite.
  static func value(_ text: String) -> Double? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }), let value = Double(text) else { return nil }
    return value.isFinite ? value : nil
  }

  /// The shortest decimal that stands for it, without exponent and with at most 15 digits that count; beyond 1E15 with an exponent.
  static func text(_ value: Double) -> String {
    // A number that has lost digits looks as spreadsheets show such: it is no number that anybody means, and readers refuse it.
    if value.magnitude > 1e15 { return scientific(value) }
    // "1234.5", "1e+20", "1.5e-07"
    let shortest = "\(value.magnitude)"
    let sign = value < 0 ? "-" : ""
    if shortest.utf8.count <= digitsMax + 1, !shortest.utf8.contains(UInt8(ascii: "e")) {
      return sign + (shortest.hasSuffix(".0") ? String(shortest.dropLast(2)) : shortest)
    }
    let parts = shortest.split(separator: "e")
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    var digits = mantissa.joined().utf8.map { $0 - 0x30 }
    var point = mantissa[0].utf8.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    let zeros = digits.prefix { $0 == 0 }.count
    digits.removeFirst(zeros)
    point -= zeros
    if digits.count > digitsMax {
      let isUp = digits[digitsMax] >= 5
      digits.removeSubrange(digitsMax...)
      if isUp {
        while digits.last == 9 { digits.removeLast() }
        if digits.isEmpty {
          digits = [1]
          point += 1
        } else {
          digits[digits.count - 1] += 1
        }
      }
    }
    while digits.last == 0 { digits.removeLast() }
    guard !digits.isEmpty else { return "0" }
    func zeroes(_ count: Int) -> String { String(repeating: "0", count: max(0, count)) }
    let text = String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self)
    let whole = point > 0 ? text.prefix(point) + zeroes(point - digits.count) : "0"
    let fraction = point < digits.count ? "." + zeroes(-point) + text.dropFirst(max(0, point)) : ""
    return sign + whole + fraction
  }

  /// "1.2345E+17"
  private static func scientific(_ value: Double) -> String {
    let text = "\(value)"
    if text.contains("e") { return text.uppercased() }
    let digits = text.prefix { $0 != "." }.drop { $0 == "-" }
    let rest = String(digits.dropFirst()).replacing(/0+$/, with: "")
    return "\(value < 0 ? "-" : "")\(digits.prefix(1))\(rest.isEmpty ? "" : ".\(rest)")E+\(digits.utf8.count - 1)"
  }

  /// A day, an instant to the second, or below the first day a time; nil: it is no date that spreadsheets have.
  ///
  /// - Parameters:
  ///   - serial: days since the end of 1899, of which 1900-02-29 is one (ECMA-376 part 1, 18.17.4.1).
  ///   - is1904: days since 1904-01-01.
  static func date(_ serial: Double, is1904: Bool) -> String? {
    guard serial >= 0, serial < 2_958_466 else { return nil }
    var day = Int(serial)
    var second = Int(((serial - Double(day)) * 86_400).rounded())
    if second == 86_400 { (day, second) = (day + 1, 0) }
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = "\(padded(second / 3600)):\(padded(second / 60 % 60)):\(padded(second % 60))"
    guard day > 0 else { return time }
    // CivilDate counts from 2000-01-01, which is 36,526 or 35,064 here.
    let date = CivilDate(days: Int32(is1904 ? day - 35_064 : day - (day < 60 ? 36_525 : 36_526)))
    guard date.yearMonthDay.year <= 9999 else { return nil }
    return second == 0 ? date.description : "\(date)T\(time)"
  }
}
