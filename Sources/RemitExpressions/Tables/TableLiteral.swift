/// Values as a table's cells write them.
enum TableLiteral {
  enum Reading {
    case value(Value)
    /// It can be nothing but a literal, and is a wrong one.
    case wrong(Problem)
    /// It may be an expression.
    case unclear
  }

  /// - Parameters:
  ///   - offset: of the text in its cell.
  ///   - names: of variables, which a plain word must not be.
  static func read(_ text: String, at offset: Int, as type: TableType, names: Set<String>) -> Reading {
    if type.kind == .string { return string(text, at: offset, type, names) }
    if let value = plain(text, type.kind) { return .value(value) }
    switch type.kind {
    case .bool, .open: return .unclear
    default: break
    }
    if isNothingElse(text) {
      let message = type.kind == .int && text.utf8.allSatisfy(Lexer.isDigit) ? "no int of 64 bits" : "no \(type.base)"
      return .wrong(Problem(offset: offset, message: "'\(text.prefix(60))' is \(message)", suggestion: type.kind.example))
    }
    return constant(text, at: offset, type.base)
  }

  private static func plain(_ text: String, _ kind: TableType.Kind) -> Value? {
    switch kind {
    case .bool: text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
    case .int: hasLeadingZero(text) ? nil : Int64(text).map { .int($0) }
    case .decimal: hasLeadingZero(text) ? nil : DecimalValue(text).map { .decimal($0) }
    case .money: money(text).map { .money($0) }
    case .date: DateValue(text).map { .date($0) }
    case .timestamp: TimestampValue(text).map { .timestamp($0) }
    case .duration: DurationValue(text).map { .duration($0) }
    case .string, .open: nil
    }
  }

  /// "000" is what is left of "10,000".
  private static func hasLeadingZero(_ text: String) -> Bool {
    let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    return digits.count > 1 && digits.first == UInt8(ascii: "0") && digits.dropFirst().first.map(Lexer.isDigit) == true
  }

  /// "500.00 CNY" or "CNY 500.00"
  static func money(_ text: String) -> MoneyValue? {
    let parts = text.split(separator: " ", maxSplits: 2).map(String.init)
    guard parts.count == 2 else { return nil }
    let (amount, currency) = parts[0].utf8.last.map(Lexer.isDigit) == true ? (parts[0], parts[1]) : (parts[1], parts[0])
    guard !hasLeadingZero(amount) else { return nil }
    return DecimalValue(amount).flatMap { MoneyValue($0, currency: currency) }
  }

  /// Whether it looks like a number, a day or a money, and not like an expression: one or two words that begin with a digit, of
  /// which one may be a currency.
  private static func isNothingElse(_ text: String) -> Bool {
    var words = text.utf8.split(separator: UInt8(ascii: " ")).map(Array.init)
    if words.count == 2, let place = words.lastIndex(where: { $0.count == 3 && $0.allSatisfy(Lexer.isLetter) }) {
      words.remove(at: place)
    }
    return 1...2 ~= words.count && words.allSatisfy(isNumber)
  }

  private static func isNumber(_ word: [UInt8]) -> Bool {
    let unsigned = word.first == UInt8(ascii: "-") || word.first == UInt8(ascii: "+") ? word.dropFirst() : word[...]
    guard let first = unsigned.first, Lexer.isDigit(first) else { return false }
    return unsigned.allSatisfy { Lexer.isLetter($0) || Lexer.isDigit($0) || ".,:-_+".utf8.contains($0) }
  }

  private static func string(_ text: String, at offset: Int, _ type: TableType, _ names: Set<String>) -> Reading {
    let bytes = Array(text.utf8)
    if bytes.count >= 2, let quote = bytes.first, quote == bytes.last, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") {
      let inner = bytes[1..<(bytes.count - 1)]
      if !inner.contains(where: { $0 == quote || $0 == UInt8(ascii: "\\") || $0 == 0x0A || $0 == 0x0D }) {
        return .value(.string(String(decoding: inner, as: UTF8.self)))
      }
    }
    guard isWord(text) else { return constant(text, at: offset, .string) }
    if names.contains(text), !isListed(text, in: type) {
      return .wrong(
        Problem(
          offset: offset, message: "'\(text)' may be the text or the value of that name",
          suggestion: "the text is written '\(text)' in quotes, the value (\(text))"))
    }
    if text == "null" || text == "true" || text == "false" { return .unclear }
    return .value(.string(text))
  }

  private static func isListed(_ text: String, in type: TableType) -> Bool {
    if case .texts(let set) = type.domain { set.known.contains { $0.isSame(as: text) } } else { false }
  }

  /// Letters and digits of any script, and '-' and '_' between them.
  static func isWord(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last, first != "-", last != "-" else { return false }
    return text.unicodeScalars.allSatisfy { scalar in
      if scalar.isASCII { return scalar == "-" || UTF8.encode(scalar)?.first.map { Lexer.isLetter($0) || Lexer.isDigit($0) } == true }
      let properties = scalar.properties
      return properties.isAlphabetic || properties.numericType != nil || properties.generalCategory == .nonspacingMark
    }
  }

  /// What an expression without variables gives: `date('2026-01-05') + days(30)`.
  static func constant(_ text: String, at offset: Int, _ type: ValueType) -> Reading {
    guard let syntax = try? Parser.parse(text, macros: constants.extensions),
      case .success = Checker.check(syntax, in: constants, expecting: type)
    else { return .unclear }
    let expression: Expression
    do throws(ExpressionErrors) {
      expression = try Expression(text, in: constants, expecting: type)
    } catch {
      // It is understood, and has a literal that is none: `date('2026-02-30')`.
      return .wrong(Problem(offset: offset, message: error.items.first?.message ?? "it has no value"))
    }
    do throws(EvaluationError) {
      let value = try expression.evaluate([], budget: constantBudget)
      // What is known only when evaluated may be anything: `dyn(1)`.
      return type.takes(value) ? .value(value) : .unclear
    } catch {
      return .wrong(Problem(offset: offset, message: error.message))
    }
  }

  private static let constants = Environment()
  private static let constantBudget = 10_000

  /// As a cell would write it, in some sixty characters at most for each value.
  static func text(of value: Value) -> String { text(of: value, depth: 0) }

  private static func text(of value: Value, depth: Int) -> String {
    switch value {
    case .null: return "null"
    case .decimal(let value): return value.description
    case .money(let value): return value.description
    case .date(let value): return value.description
    case .timestamp(let value): return value.description
    case .duration(let value): return value.description
    case .list(let values):
      guard depth < 2 else { return "[…]" }
      let shown = values.prefix(10).map { text(of: $0, depth: depth + 1) }
      return "[\((shown + (values.count > 10 ? ["…"] : [])).joined(separator: ", "))]"
    case .bool, .int, .uint, .double, .string: return value.brief
    default: return "a value \(value.brief)"
    }
  }
}
