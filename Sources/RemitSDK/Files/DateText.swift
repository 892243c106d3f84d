public import RemitAPI

/// Reads dates as people write them. What can be meant in two ways is refused.
public enum DateText {
  /// What of a date comes first.
  public enum Order: Sendable {
    case unspecified, yearMonthDay, dayMonthYear, monthDayYear
  }

  /// - Parameters:
  ///   - text: "2024-01-05", "2024/1/5", "20240105", "2024年1月5日", "05.01.2024", "1/5/2013", "5-Jan-2024"; a time after it is left out.
  ///   - order: how "1/5/2013" is meant, and "1.5.2013", which without it has the day first; a date with the year first says so itself.
  ///     Where it is stated, years of two digits are those from 2000 on.
  ///   - file: what another date of the same file says of the order.
  ///   - line: of the file.
  public static func date(_ text: String, order: Order, file: FileDateOrder? = nil, line: Int = 0) throws(CellProblem) -> CivilDate {
    guard text.utf8.count <= bytesMax else { throw notADate }
    let plain = CellText.plain(text)
    if let named = try dateWithNamedMonth(plain, order: order) { return named }
    if let joined = try joinedDate(plain, order: order) { return joined }
    guard let (numbers, separator) = parts(plain), numbers.count == 3 else { throw notADate }
    let values = numbers.map(\.value)
    if numbers[0].digits == 4 {
      guard numbers[1].digits <= 2, numbers[2].digits <= 2 else { throw notADate }
      return try day(values[0], values[1], values[2])
    }
    guard [2, 4].contains(numbers[2].digits), numbers[0].digits <= 2, numbers[1].digits <= 2 else { throw notADate }
    let (first, second, year) = (values[0], values[1], try self.year(values[2], digits: numbers[2].digits, order: order))
    switch order {
    case .dayMonthYear: return try day(year, second, first)
    case .monthDayYear: return try day(year, first, second)
    case .yearMonthDay: throw CellProblem("does not begin with the year, as the order of dates given says")
    default:
      if separator == "." { return try day(year, second, first) }
      let only = only(first, second)
      if let only, let file, only != file.order { throw file.contradiction(on: line) }
      if first == second || first > 12 && second > 12 { return try day(year, first, second) }
      if let order = only ?? file?.order { return order == .dayMonthYear ? try day(year, second, first) : try day(year, first, second) }
      throw CellProblem("can be two dates; say whether the day or the month comes first (--date-order)")
    }
  }

  /// "01062026" where the order was stated; nil: it is written otherwise.
  private static func joinedDate(_ text: String, order: Order) throws(CellProblem) -> CivilDate? {
    guard [.dayMonthYear, .monthDayYear].contains(order), text.utf8.count == 8, let number = Int(text),
      text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 })
    else { return nil }
    let (first, second, year) = (number / 1_000_000, number / 10_000 % 100, number % 10_000)
    // With the year first it is said by itself.
    if (1900...2100).contains(number / 10_000), !(1900...2100).contains(year) { return nil }
    return order == .dayMonthYear ? try day(year, second, first) : try day(year, first, second)
  }

  /// The only order that a date such as "13/5/2013" allows; nil where it allows both or says its order otherwise.
  public static func order(of text: String) -> Order? {
    guard text.utf8.count <= bytesMax, let (numbers, separator) = parts(CellText.plain(text)), numbers.count == 3,
      separator == "-" || separator == "/", numbers[0].digits <= 2, numbers[1].digits <= 2, numbers[2].digits == 4
    else { return nil }
    return only(numbers[0].value, numbers[1].value)
  }

  private static func only(_ first: Int, _ second: Int) -> Order? {
    switch (first, second) {
    case (13..., 1...12): .dayMonthYear
    case (1...12, 13...): .monthDayYear
    default: nil
    }
  }

  /// More than a date with its time has.
  private static let bytesMax = 96

  private static let notADate = CellProblem("is not a date such as 2024-01-05, 05.01.2024 or 2024年1月5日")

  private static func year(_ value: Int, digits: Int, order: Order) throws(CellProblem) -> Int {
    if digits == 4 { return value }
    guard order == .dayMonthYear || order == .monthDayYear else {
      throw CellProblem("has a year of two digits; write four, or say whether the day or the month comes first (--date-order)")
    }
    return 2000 + value
  }

  /// "30-Nov-15", "30. November 2015", "Nov 30, 2015"; nil where no month is named.
  private static func dateWithNamedMonth(_ text: String, order: Order) throws(CellProblem) -> CivilDate? {
    let parts = text.lowercased().split { "-/., ".contains($0) }.map(String.init)
    guard parts.count == 3, let place = parts.firstIndex(where: { $0.first?.isLetter == true }), place < 2 else { return nil }
    let name = parts[place]
    guard let month = monthNames.first(where: { $0.contains(name) }).flatMap({ monthNames.firstIndex(of: $0) }) else { throw notADate }
    guard let day = Int(parts[1 - place]), let year = Int(parts[2]), [2, 4].contains(parts[2].utf8.count) else { throw notADate }
    return try self.day(try self.year(year, digits: parts[2].utf8.count, order: order), month + 1, day)
  }

  /// English and German, in full and short.
  private static let monthNames: [[String]] = [
    ["jan", "january", "januar", "jän", "jänner"], ["feb", "february", "februar"], ["mar", "march", "mär", "märz", "mrz"],
    ["apr", "april"],
    ["may", "mai"], ["jun", "june", "juni"], ["jul", "july", "juli"], ["aug", "august"], ["sep", "sept", "september"],
    ["oct", "october", "okt", "oktober"], ["nov", "november"], ["dec", "december", "dez", "dezember"],
  ]

  private static func day(_ year: Int, _ month: Int, _ day: Int) throws(CellProblem) -> CivilDate {
    guard let date = CivilDate(year: year, month: month, day: day) else { throw CellProblem("is no day of the calendar") }
    guard CivilDate.ofCompanies.contains(date) else { throw CellProblem("has the year \(year)") }
    return date
  }

  private typealias Number = (value: Int, digits: Int)

  /// The numbers, and what stands between the first two. A time after them is left out.
  private static func parts(_ text: String) -> (numbers: [Number], separator: Unicode.Scalar)? {
    var numbers: [Number] = []
    var separators: [Unicode.Scalar] = []
    var current: Number = (0, 0)
    let scalars = Array(text.unicodeScalars)
    var position = 0
    scan: while position < scalars.count {
      let scalar = scalars[position]
      switch scalar {
      case "0"..."9":
        guard current.digits < 8 else { return nil }
        current = (current.value * 10 + Int(scalar.value - 48), current.digits + 1)
      case "-", "/", ".", "年", "月", "日", "号":
        guard current.digits > 0 else { return nil }
        numbers.append(current)
        separators.append(scalar)
        current = (0, 0)
      case " " where current.digits == 0 && position + 1 < scalars.count && numbers.count < 3: break
      case " " where position + 1 < scalars.count && ["年", "月", "日", "号"].contains(scalars[position + 1]): break
      case " ", "T":
        guard isTime(scalars[(position + 1)...]) else { return nil }
        break scan
      default: return nil
      }
      position += 1
    }
    if current.digits > 0 { numbers.append(current) }
    if let number = numbers.first, numbers.count == 1, number.digits == 8 {
      return ([(number.value / 10_000, 4), (number.value / 100 % 100, 2), (number.value % 100, 2)], "-")
    }
    let isChinese = separators == ["年", "月", "日"] || separators == ["年", "月", "号"]
    guard let first = separators.first, isChinese || separators == [first, first] && "-/.".unicodeScalars.contains(first) else {
      return nil
    }
    return (numbers, first)
  }

  /// "13:45", "0:00:00", "09:30:00.000Z", "9:30 PM"
  private static func isTime(_ scalars: ArraySlice<Unicode.Scalar>) -> Bool {
    scalars.contains(":") && scalars.allSatisfy { "0123456789:. AaPpMmZ".unicodeScalars.contains($0) }
  }
}
