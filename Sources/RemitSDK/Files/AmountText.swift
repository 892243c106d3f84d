public import RemitAPI

/// Reads amounts as people write them. What can be meant in two ways is refused.
public enum AmountText {
  /// How "1,234" is meant.
  public enum Mark: Sendable {
    case unspecified, point, comma
  }

  /// - Parameters:
  ///   - text: "1,234.56", "1.234,56", "￥1,234.00", "1 234,50 €", "1'234.50", "(12.50)", "-12.50", "12.50-"; full-width digits too;
  ///     "100.-", "1.234,-" and "100,--" are whole amounts.
  ///   - mark: how "1,234" is meant.
  public static func money(_ text: String, _ currency: Currency, mark: Mark) throws(CellProblem) -> Money {
    if CellText.isChangedBySpreadsheet(text) { throw CellText.changedBySpreadsheet }
    guard text.utf8.count <= bytesMax else { throw notAnAmount }
    let number = try self.number(text, currency, mark)
    do throws(MoneyProblem) {
      return try Money(number, currency)
    } catch {
      throw CellProblem("\(error)")
    }
  }

  /// A number without a currency: "1,234.5", "12,5", "(3)".
  public static func number(_ text: String, mark: Mark) throws(CellProblem) -> DecimalNumber {
    if CellText.isChangedBySpreadsheet(text) { throw CellText.changedBySpreadsheet }
    guard text.utf8.count <= bytesMax else { throw notAnAmount }
    return try number(text, nil, mark)
  }

  private static func number(_ text: String, _ currency: Currency?, _ mark: Mark) throws(CellProblem) -> DecimalNumber {
    if let plain = plainNumber(text), mark != .comma { return plain }
    let (digits, isNegative, wholeMark) = try withoutSigns(CellText.plain(text), currency)
    guard let read = DecimalNumber((isNegative ? "-" : "") + (try pointed(digits, wholeMark ?? mark))) else { throw notAnAmount }
    return read
  }

  /// Most amounts are as "1234.50": they take the short way.
  private static func plainNumber(_ text: String) -> DecimalNumber? {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") }),
      let number = DecimalNumber(text), number.decimals != 3
    else { return nil }
    return number
  }

  /// More than an amount with its signs has.
  public static let bytesMax = 128

  private static let notAnAmount = CellProblem("is not an amount such as 1234.50, 1,234.50 or 1.234,50")

  /// Which currencies a sign can stand for.
  private static let signs: [(sign: String, currencies: Set<String>)] = [
    ("RMB", ["CNY"]), ("US$", ["USD"]), ("HK$", ["HKD"]), ("元", ["CNY"]), ("圆", ["CNY"]), ("円", ["JPY"]),
    ("¥", ["CNY", "JPY"]), ("￥", ["CNY", "JPY"]), ("€", ["EUR"]), ("£", ["GBP"]), ("₩", ["KRW"]), ("₹", ["INR"]),
    ("$", ["USD", "AUD", "CAD", "HKD", "NZD", "SGD", "TWD", "MXN"]),
  ]

  /// nil where it is no sign of a currency.
  public static func currencies(ofSign sign: String) -> Set<String>? { signs.first { $0.sign == sign }?.currencies }

  /// Takes off signs of currency and of being negative; what is left are digits, grouped or not. Dashes in place of decimals are zeros,
  /// and tell
  /// the decimal mark.
  private static func withoutSigns(
    _ text: String, _ currency: Currency?
  ) throws(CellProblem) -> (digits: String, isNegative: Bool, wholeMark: Mark?) {
    var rest = text[...]
    var isNegative = false
    var wholeMark: Mark?
    func trim() { rest = rest.drop(while: \.isWhitespace); while rest.last?.isWhitespace == true { rest = rest.dropLast() } }
    if rest.hasPrefix("("), rest.hasSuffix(")") {
      rest = rest.dropFirst().dropLast()
      isNegative = true
    }
    let minuses: Set<Character> = ["-", "−", "–"]
    let dashes = minuses.union(["—"])
    var signsLeft = 2
    while signsLeft > 0 {
      signsLeft -= 1
      trim()
      if let first = rest.first, minuses.contains(first), !isNegative {
        rest = rest.dropFirst()
        isNegative = true
      } else if let whole = withoutDashes(rest, dashes) {
        wholeMark = whole.last == "." ? .point : .comma
        rest = (whole + "00")[...]
      } else if let last = rest.last, minuses.contains(last), !isNegative {
        rest = rest.dropLast()
        isNegative = true
      } else if rest.first == "+" {
        rest = rest.dropFirst()
      }
      trim()
      guard let currency else { continue }
      let known: [(sign: String, currencies: Set<String>)] = signs + [(currency.code, Set([currency.code]))]
      let found = known.first { rest.hasPrefix($0.sign) || rest.hasSuffix($0.sign) }
      guard let sign = found?.sign, let currencies = found?.currencies else { continue }
      guard currencies.contains(currency.code) else { throw CellProblem("has the sign \(sign), and the currency is \(currency)") }
      rest = rest.hasPrefix(sign) ? rest.dropFirst(sign.count) : rest.dropLast(sign.count)
    }
    trim()
    guard let first = rest.first, first.isASCII, first.isNumber || first == "." || first == "," else { throw notAnAmount }
    return (String(rest), isNegative, wholeMark)
  }

  /// "1.234,--" as "1.234,"; nil where it is not of that form.
  private static func withoutDashes(_ text: Substring, _ dashes: Set<Character>) -> Substring? {
    let count = text.reversed().prefix { dashes.contains($0) }.count
    let rest = text.dropLast(count)
    guard (1...2).contains(count), rest.last == "." || rest.last == ",", rest.dropLast().last?.isNumber == true else { return nil }
    return rest
  }

  /// With a point before the decimals, and without grouping.
  public static func pointed(_ text: String, _ mark: Mark) throws(CellProblem) -> String {
    // Blanks and apostrophes only ever group.
    let separators = text.filter { !$0.isNumber }
    guard separators.allSatisfy({ ".,' ’".contains($0) }) else { throw notAnAmount }
    let grouping = Set(separators.filter { "' ’".contains($0) })
    let decimal: Character? = try decimalMark(of: text, mark)
    let (whole, decimals): (Substring, Substring?) =
      decimal.flatMap { text.lastIndex(of: $0) }.map { (text[..<$0], text[text.index(after: $0)...]) } ?? (text[...], nil)
    let groups = whole.split(whereSeparator: { !$0.isNumber }).map(\.count)
    let used = Set(whole.filter { !$0.isNumber })
    guard used.count <= 1, decimals?.allSatisfy(\.isNumber) ?? true, grouping.isSubset(of: used) else { throw notAnAmount }
    if !used.isEmpty,
      whole.filter({ !$0.isNumber }).count != groups.count - 1 || groups.dropFirst().contains(where: { $0 != 3 }) || (groups.first ?? 0) > 3
    {
      throw CellProblem("has digits that are not grouped by three")
    }
    let digits = whole.filter(\.isNumber)
    return (digits.isEmpty ? "0" : digits) + (decimals.map { $0.isEmpty ? "" : ".\($0)" } ?? "")
  }

  /// nil: there are no decimals.
  private static func decimalMark(of text: String, _ mark: Mark) throws(CellProblem) -> Character? {
    let points = text.count { $0 == "." }
    let commas = text.count { $0 == "," }
    let given: Character? = mark == .point ? "." : mark == .comma ? "," : nil
    if let given {
      guard text.count(where: { $0 == given }) <= 1 else { throw CellProblem("has more than one decimal mark \(given)") }
      return text.contains(given) ? given : nil
    }
    switch (points, commas) {
    case (0, 0): return nil
    case (1, 1...) where text.lastIndex(of: ".") ?? text.startIndex > text.lastIndex(of: ",") ?? text.startIndex: return "."
    case (1..., 1) where text.lastIndex(of: ",") ?? text.startIndex > text.lastIndex(of: ".") ?? text.startIndex: return ","
    case (1..., 1...): throw notAnAmount
    case (2..., 0), (0, 2...): return nil
    default:
      let only: Character = points == 1 ? "." : ","
      let parts = text.split(separator: only, omittingEmptySubsequences: false)
      // "1,234" is a thousand or one and a bit; "0,234", "1234,567" and "1,23" are not in doubt, nor is what a blank groups.
      let before = parts[0].count { $0.isNumber }
      let isGrouped = parts[0].contains { !$0.isNumber }
      if parts[1].count == 3, (1...3).contains(before), parts[0] != "0", !isGrouped {
        throw CellProblem("can be two amounts; say whether the point or the comma is the decimal mark (--decimal-mark)")
      }
      return only
    }
  }
}
