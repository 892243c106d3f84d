import RemitAPI

/// Reads dates as people write them. What can be meant in two ways is refused.
enum DateText {
  typealias Order = Remit_Ledger_V1_DateOrder

  /// - Parameters:
  ///   - text: "2024-01-05", "2024/1/5", "20240105", "2024年1月5日", "05.01.2024", "1/5/2013"; a time after it is left out.
  ///   - order: how "1/5/2013" is meant; a date with the year first, or with points, says so itself.
  static func date(_ text: String, order: Order) throws(CellProblem) -> CivilDate {
    let plain = withoutTime(CellText.plain(text))
    guard let (numbers, separator) = parts(plain), numbers.count == 3 else { throw notADate }
    let values = numbers.compactMap { Int($0) }
    if numbers[0].count == 4 {
      guard numbers[1].count <= 2, numbers[2].count <= 2 else { throw notADate }
      return try day(values[0], values[1], values[2])
    }
    guard numbers[2].count == 4, numbers[0].count <= 2, numbers[1].count <= 2 else {
      throw numbers.allSatisfy({ $0.count <= 2 }) ? CellProblem("has a year of two digits; write four") : notADate
    }
    let (first, second, year) = (values[0], values[1], values[2])
    switch order {
    case _ where separator == ".": return try day(year, second, first)
    case .dayMonthYear: return try day(year, second, first)
    case .monthDayYear: return try day(year, first, second)
    case .yearMonthDay: throw CellProblem("does not begin with the year, as the order of dates given says")
    default:
      if first == second || second > 12 { return try day(year, first, second) }
      if first > 12 { return try day(year, second, first) }
      throw CellProblem("can be two dates; say whether the day or the month comes first (date order)")
    }
  }

  private static let notADate = CellProblem("is not a date such as 2024-01-05, 05.01.2024 or 2024年1月5日")

  private static func day(_ year: Int, _ month: Int, _ day: Int) throws(CellProblem) -> CivilDate {
    guard let date = CivilDate(year: year, month: month, day: day) else { throw CellProblem("is no day of the calendar") }
    guard (1900...2199).contains(year) else { throw CellProblem("has the year \(year)") }
    return date
  }

  private static func withoutTime(_ text: String) -> String {
    guard let match = text.firstMatch(of: /[ T]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?( ?[AaPp][Mm]|Z)?$/) else { return text }
    return String(text[..<match.range.lowerBound])
  }

  /// The three numbers, and what stands between them.
  private static func parts(_ text: String) -> (numbers: [Substring], separator: Character)? {
    if text.count == 8, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
      return ([text.prefix(4), text.dropFirst(4).prefix(2), text.suffix(2)], "-")
    }
    if let match = text.wholeMatch(of: /([0-9]{4}) ?年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?[日号]/) {
      return ([match.1, match.2, match.3], "年")
    }
    guard let separator = text.first(where: { "-/.".contains($0) }) else { return nil }
    let numbers = text.split(separator: separator, omittingEmptySubsequences: false)
    guard numbers.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }) else {
      return nil
    }
    return (numbers, separator)
  }
}
