import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitJSON
import RemitSDK

/// What a cell says, as JSON of a field of a request.
struct CellValue {
  /// How the file writes numbers and days.
  let mark: AmountText.Mark
  let order: DateText.Order
  /// What a clear date of the file says of the order of the others.
  let fileOrder: FileDateOrder?
  /// Of amounts that say none: the company's.
  let currency: String

  /// - Parameters:
  ///   - text: not empty.
  ///   - currency: what another column says of it; empty: none does.
  func json(_ text: String, for field: SourceProgram.Field, currency: String, line: Int) throws(CellProblem) -> JSONValue {
    if let own = field.own {
      let value = try json(text, own.type.unwrapped, currency, line)
      // As a number of JSON it would lose digits.
      if case .number(let digits) = value { return .string(digits) }
      return value
    }
    guard let last = field.path.last else { return .string(text) }
    switch last.kind {
    case .message("remit.type.v1.Money"): return try json(text, .money, currency, line)
    case .bool: return try json(text, .bool, currency, line)
    case .string:
      // The parts of a money stand in its own columns.
      if field.isPartOfMoney { return .string(last.name == "currency" ? CellText.plain(text).uppercased() : text) }
      let isNumber = ["number", "id", "external_id"].contains(last.name)
      return try json(isNumber ? CellText.number(text) : text, TextMeaning(last)?.type ?? .string, currency, line)
    case .enum: return .string(CellText.plain(text).uppercased().replacing(" ", with: "_").replacing("-", with: "_"))
    case .message, .double, .float, .bytes: return .string(text)
    default: return try json(text, .int, currency, line)
    }
  }

  private func json(_ text: String, _ type: ValueType, _ currency: String, _ line: Int) throws(CellProblem) -> JSONValue {
    switch type {
    case .date: return .string("\(try DateText.date(text, order: order, file: fileOrder, line: line))")
    case .decimal:
      let number = try AmountText.number(text, mark: mark)
      return .string("\(number.text)")
    case .int:
      let number = try AmountText.number(text, mark: mark)
      guard let whole = number.minor(decimals: 0) else { throw CellProblem("is no whole number") }
      return .number("\(whole)")
    case .bool: return .bool(try Self.bool(text))
    case .money: return try money(text, currency)
    default:
      if CellText.isChangedBySpreadsheet(text) { throw CellText.changedBySpreadsheet }
      return .string(CellText.trimmed(text))
    }
  }

  /// "1.234,50 EUR", "¥1,234.50", "1234.5" with the currency of another column, or the company's.
  private func money(_ text: String, _ given: String) throws(CellProblem) -> JSONValue {
    let said = given.isEmpty ? Self.currency(in: text) : CellText.plain(given).uppercased()
    let code = said ?? currency
    guard let known = Currency(code) else { throw CellProblem("has the currency \(code.cut(toBytes: 20)), which ISO 4217 does not have") }
    let money = try AmountText.money(text, known, mark: mark).message
    return .object([("currency", .string(money.currency)), ("amount", .string(money.amount))])
  }

  /// A code before or after the number.
  private static func currency(in text: String) -> String? {
    let plain = CellText.plain(text)
    return [plain.prefix(3), plain.suffix(3)].map { $0.uppercased() }.first { $0.utf8.count == 3 && Currency($0) != nil }
  }

  private static func bool(_ text: String) throws(CellProblem) -> Bool {
    switch CellText.plain(text).lowercased() {
    case "true", "yes", "y", "ja", "wahr", "是", "1", "x": return true
    case "false", "no", "n", "nein", "falsch", "否", "0", "-": return false
    default: throw CellProblem("is neither yes nor no")
    }
  }
}

extension SourceProgram {
  /// Which field says the currency of an amount: its own, or that of an amount beside it.
  func currencyField(of field: Field) -> Int? {
    guard field.isMoney else { return nil }
    let own = fields.firstIndex { $0.keys == field.keys + ["currency"] }
    return own ?? fields.firstIndex { $0.isPartOfMoney && $0.keys.last == "currency" && $0.keys.dropLast(2) == field.keys.dropLast() }
  }
}

extension SourceProgram.Field {
  var isPartOfMoney: Bool {
    if case .message("remit.type.v1.Money")? = path.dropLast().last?.kind { own == nil } else { false }
  }

  /// Whether it gives a whole amount.
  var isMoney: Bool {
    if let own { return own.type.unwrapped == .money }
    if case .message("remit.type.v1.Money")? = path.last?.kind { return true }
    return false
  }

  /// Whether it gives days.
  var isDate: Bool {
    if let own { return own.type.unwrapped == .date }
    return path.last.flatMap(TextMeaning.init)?.type == .date
  }
}
