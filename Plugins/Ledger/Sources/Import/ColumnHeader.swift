import RemitAPI
import RemitSDK

/// The header of a column: what is compared of it, and the unit that it names, as "Amount (EUR)" and "金额（元）" do.
struct ColumnHeader {
  let text: String
  /// As it is, and where it names a unit, without that.
  let keys: [String]
  /// Of a rate in percent, which is no amount: no field is found by it unless it is named. nil: it is none.
  let rateKey: String?
  /// The currencies that the unit may be; empty where it names none.
  let currencies: Set<String>

  /// More than any header that is known; longer ones are found by none.
  private static let bytesMax = 256

  init(_ field: String) {
    text = CellText.trimmed(field)
    guard text.utf8.count <= Self.bytesMax else {
      (keys, rateKey, currencies) = ([], nil, [])
      return
    }
    let key = ImportField.key(text)
    rateKey = Self.taxRates.contains(key) || text.contains("%") || text.contains("％") ? key : nil
    guard rateKey == nil else {
      (keys, currencies) = ([], [])
      return
    }
    let (rest, unit) = Self.parted(CellText.plain(text))
    if let found = Self.currencies(of: unit) {
      (keys, currencies) = ([key, ImportField.key(rest)], found)
    } else if Self.isDateForm(unit) {
      (keys, currencies) = ([key, ImportField.key(rest)], [])
    } else {
      (keys, currencies) = ([key], [])
    }
  }

  /// Whether one of its words is of these; of Chinese ones, whether it holds one.
  func isOf(_ words: [String]) -> Bool {
    let runs = WordRuns(text).runs
    return words.contains { word in runs.contains { $0.isHan ? $0.text.contains(word) : $0.text == word } || keys.contains(word) }
  }

  /// "Soll/Haben-Kennzeichen": which side an amount is of.
  var saysBothSides: Bool {
    [("soll", "haben"), ("debit", "credit"), ("dr", "cr"), ("借", "贷")].contains { isOf([$0.0]) && isOf([$0.1]) }
  }

  static let taxRates: Set = [
    "税率", "taxrate", "vatrate", "rateoftax", "steuersatz", "mwstsatz", "ustsatz", "mehrwertsteuersatz", "umsatzsteuersatz", "taxpercent",
    "vatpercent",
  ]

  /// "Amount (EUR)", "Amount in EUR" and "Amount EUR" as "Amount" and "EUR".
  private static func parted(_ text: String) -> (rest: String, unit: String) {
    let scalars = text.unicodeScalars
    let pairs: [(open: Unicode.Scalar, close: Unicode.Scalar)] = [("(", ")"), ("[", "]"), ("【", "】"), ("〔", "〕")]
    for (open, close) in pairs where scalars.last == close {
      guard let start = scalars.lastIndex(of: open) else { continue }
      return (String(scalars[..<start]), CellText.trimmed(String(scalars[scalars.index(after: start)...].dropLast())))
    }
    let words = text.split(separator: " ").map(String.init)
    guard words.count > 1, let last = words.last, Currency(last) != nil || AmountText.currencies(ofSign: last) != nil else {
      return (text, "")
    }
    return (words.dropLast(words.dropLast().last == "in" ? 2 : 1).joined(separator: " "), last)
  }

  private static func currencies(of unit: String) -> Set<String>? {
    var unit = unit
    for prefix in ["in ", "单位:", "单位", "币种:"] where unit.hasPrefix(prefix) { unit = CellText.trimmed(String(unit.dropFirst(prefix.count))) }
    if let currency = Currency(unit.uppercased()) { return [currency.code] }
    return units[unit.lowercased()] ?? AmountText.currencies(ofSign: unit)
  }

  /// What a cell calls a currency: "人民币", "US$"; nil: it is none, or may be several.
  static func currency(_ name: String) -> Currency? {
    guard let found = units[name.lowercased()] ?? AmountText.currencies(ofSign: name), found.count == 1 else { return nil }
    return found.first.flatMap { Currency($0) }
  }

  /// Ten thousands (万元) are none of these: such a column is not found, rather than read wrongly.
  private static let units: [String: Set<String>] = [
    "rmb": ["CNY"], "人民币": ["CNY"], "人民币元": ["CNY"], "元人民币": ["CNY"], "美元": ["USD"], "欧元": ["EUR"], "euro": ["EUR"], "港元": ["HKD"],
    "港币": ["HKD"], "日元": ["JPY"], "英镑": ["GBP"],
  ]

  /// "dd/mm/yyyy", "TT.MM.JJJJ"; how the days are meant is still asked.
  private static func isDateForm(_ unit: String) -> Bool {
    unit.utf8.count >= 6 && unit.lowercased().unicodeScalars.allSatisfy { "dmytj/.-年月日 ".unicodeScalars.contains($0) }
  }
}
