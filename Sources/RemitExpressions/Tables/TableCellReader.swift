/// Reads what a `given` cell asks where it is a plain test:
///
/// ```
/// cell     = tests | "not" "(" tests ")"
/// tests    = test { "," test }
/// test     = "null" | literal | operator literal | "in" list | ["in"] interval
/// operator = "<" | "<=" | ">" | ">=" | "==" | "!="
/// list     = "[" literal { "," literal } "]"
/// interval = literal ".." literal | ( "[" | "(" | "]" ) literal ".." literal ( "]" | ")" | "[" )
/// ```
struct TableCellReader {
  enum Reading {
    case test(TableTest)
    /// It can be nothing but a test, and is a wrong one.
    case wrong(Problem)
    /// It may be an expression.
    case unclear
  }

  private let bytes: [UInt8]
  private let type: TableType
  private let names: Set<String>

  /// - Parameter names: of variables, which a plain word must not be.
  init(_ bytes: [UInt8], type: TableType, names: Set<String>) {
    (self.bytes, self.type, self.names) = (bytes, type, names)
  }

  /// Of what stands there up to the end, which is not empty.
  func read(from start: Int = 0) -> Reading { tests(start..<bytes.count, allowsNot: true) }

  /// Whether it is a comparison of which the left side is left out.
  static func isComparison(_ text: String) -> Bool {
    let text = text.drop { $0 == " " || $0 == "\n" || $0 == "\t" }
    return ["<", ">", "==", "!="].contains(where: text.hasPrefix) || text.hasPrefix("in ") || text.hasPrefix("in[")
  }

  // MARK: Tests

  private func tests(_ range: Range<Int>, allowsNot: Bool) -> Reading {
    let items: [Range<Int>]
    switch split(range) {
    case .items(let found): items = found
    case .wrong(let problem): return .wrong(problem)
    case .unbalanced:
      guard let points = points(range) else { return .unclear }
      return .wrong(
        Problem(offset: points, message: "the brackets of the interval do not match", suggestion: "it is written like [10..20)"))
    }
    var found: [TableTest] = []
    var isUnclear = false
    for item in items {
      switch test(trimmed(item), allowsNot: allowsNot) {
      case .test(let test): found.append(test)
      case .wrong(let problem): return .wrong(problem)
      case .unclear: isUnclear = true
      }
    }
    return isUnclear ? .unclear : .test(Self.joined(found))
  }

  /// One test of several, of which those for texts and values become one.
  private static func joined(_ tests: [TableTest]) -> TableTest {
    if tests.count == 1 { return tests[0] }
    var (texts, values, others): ([String], [Value], [TableTest]) = ([], [], [])
    for test in tests {
      switch test {
      case .texts(let set): texts += set.texts
      case .values(let list): values += list
      default: others.append(test)
      }
    }
    if !texts.isEmpty { others.append(.texts(TableTest.TextSet(texts))) }
    if !values.isEmpty { others.append(.values(values)) }
    return others.count == 1 ? others[0] : .either(others)
  }

  private func test(_ range: Range<Int>, allowsNot: Bool) -> Reading {
    guard !range.isEmpty else {
      return .wrong(Problem(offset: range.lowerBound, message: "a test is missing", suggestion: "'-' alone stands for anything"))
    }
    let text = text(range)
    if text == "null" {
      guard !type.isNullable else { return .test(.null) }
      return .wrong(
        Problem(offset: range.lowerBound, message: "it is never null", suggestion: "what may be null has the type '\(type.base)?'"))
    }
    if allowsNot, text.hasPrefix("not"), let inner = parenthesised(trimmed(range.dropping(3))) {
      switch tests(inner, allowsNot: false) {
      case .test(let test): return .test(.not(test))
      case .wrong(let problem): return .wrong(problem)
      case .unclear:
        return .wrong(
          Problem(offset: range.lowerBound, message: "not(…) takes plain tests", suggestion: "of an expression the contrary is !(…)"))
      }
    }
    if let (mark, length) = comparison(range) { return compared(mark, trimmed(range.dropping(length))) }
    if text.hasPrefix("in"), range.count > 2, !Lexer.isLetter(bytes[range.lowerBound + 2]), !Lexer.isDigit(bytes[range.lowerBound + 2]) {
      let rest = trimmed(range.dropping(2))
      return interval(rest) ?? list(rest)
    }
    return interval(range) ?? equal(range)
  }

  private func equal(_ range: Range<Int>) -> Reading {
    switch literal(range) {
    case .value(let value): test(equalTo: value)
    case .wrong(let problem): .wrong(problem)
    case .unclear: .unclear
    }
  }

  private func test(equalTo value: Value) -> Reading {
    switch value {
    case .bool(let bool): .test(.bool(bool))
    case .string(let text): .test(.texts(TableTest.TextSet([text])))
    default: .test(.values([value]))
    }
  }

  private func compared(_ mark: Token.Mark, _ range: Range<Int>) -> Reading {
    guard !range.isEmpty else {
      return .wrong(Problem(offset: range.lowerBound, message: "after '\(mark.rawValue)' a value is missing"))
    }
    let isEquality = mark == .equal || mark == .notEqual
    if isEquality, text(range) == "null", type.isNullable { return .test(mark == .equal ? .null : .not(.null)) }
    guard isEquality || type.kind.isOrdered else { return .unclear }
    let value: Value
    switch literal(range) {
    case .value(let found): value = found
    case .wrong(let problem): return .wrong(problem)
    case .unclear: return .unclear
    }
    var span = TableSpan()
    switch mark {
    case .less, .lessEqual: (span.high, span.includesHigh) = (value, mark == .lessEqual)
    case .greater, .greaterEqual: (span.low, span.includesLow) = (value, mark == .greaterEqual)
    case .notEqual:
      guard case .test(let test) = test(equalTo: value) else { return .unclear }
      return .test(.not(test))
    default: return test(equalTo: value)
    }
    return .test(.span(span))
  }

  private func list(_ range: Range<Int>) -> Reading {
    guard range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "["), bytes[range.upperBound - 1] == UInt8(ascii: "]") else {
      return .unclear
    }
    let inner = (range.lowerBound + 1)..<(range.upperBound - 1)
    guard case .items(let items) = split(inner, isList: true) else { return .unclear }
    var found: [TableTest] = []
    for item in items.map(trimmed) {
      guard !item.isEmpty else { return .wrong(Problem(offset: item.lowerBound, message: "a value is missing")) }
      switch equal(item) {
      case .test(let test): found.append(test)
      case let other: return other
      }
    }
    return .test(Self.joined(found))
  }

  // MARK: Intervals

  /// nil where there are no two points.
  private func interval(_ range: Range<Int>) -> Reading? {
    guard let points = points(range) else { return nil }
    guard type.kind.isOrdered else {
      return .wrong(Problem(offset: points, message: "a \(type.base) has no intervals"))
    }
    var span = TableSpan()
    var inner = range
    if let first = range.first.map({ bytes[$0] }), let last = range.last.map({ bytes[$0] }), "[(]".utf8.contains(first) {
      guard "])[".utf8.contains(last), range.count > 1 else {
        return .wrong(Problem(offset: range.upperBound, message: "the interval has no end", suggestion: "it is written like [10..20)"))
      }
      span.includesLow = first == UInt8(ascii: "[")
      span.includesHigh = last == UInt8(ascii: "]")
      inner = (range.lowerBound + 1)..<(range.upperBound - 1)
    }
    let (low, high) = (trimmed(inner.lowerBound..<points), trimmed((points + 2)..<inner.upperBound))
    switch (end(low), end(high)) {
    case (.value(let lowest), .value(let highest)):
      (span.low, span.high) = (lowest, highest)
      return problem(with: span, at: low.lowerBound).map { .wrong($0) } ?? .test(.span(span))
    case (.wrong(let problem), _), (_, .wrong(let problem)): return .wrong(problem)
    default:
      return .wrong(
        Problem(offset: range.lowerBound, message: "an interval stands between values", suggestion: type.kind.example))
    }
  }

  private func end(_ range: Range<Int>) -> TableLiteral.Reading {
    range.isEmpty ? .wrong(Problem(offset: range.lowerBound, message: "an end of the interval is missing")) : literal(range)
  }

  private func problem(with span: TableSpan, at offset: Int) -> Problem? {
    guard let low = span.low, let high = span.high else { return nil }
    var meter = Meter(budget: .max)
    do throws(EvaluationError) {
      switch try low.order(high, &meter) {
      case .before: return nil
      case .same where span.includesLow && span.includesHigh: return nil
      case .same: return Problem(offset: offset, message: "nothing is in the interval")
      case .after, .unordered:
        let (low, high) = (TableLiteral.text(of: low), TableLiteral.text(of: high))
        return Problem(offset: offset, message: "nothing is in the interval: \(low) is more than \(high)")
      }
    } catch {
      return Problem(offset: offset, message: error.message)
    }
  }

  // MARK: Text

  private func literal(_ range: Range<Int>) -> TableLiteral.Reading {
    TableLiteral.read(text(range), at: range.lowerBound, as: type, names: names)
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high, Self.isBlank(bytes[low]) { low += 1 }
    while high > low, Self.isBlank(bytes[high - 1]) { high -= 1 }
    return low..<high
  }

  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

  private func comparison(_ range: Range<Int>) -> (Token.Mark, Int)? {
    let two = text(range.lowerBound..<min(range.lowerBound + 2, range.upperBound))
    for mark in [Token.Mark.lessEqual, .greaterEqual, .equal, .notEqual] where two == mark.rawValue { return (mark, 2) }
    for mark in [Token.Mark.less, .greater] where two.hasPrefix(mark.rawValue) { return (mark, 1) }
    return nil
  }

  /// What stands within the parentheses, where these hold all of it.
  private func parenthesised(_ range: Range<Int>) -> Range<Int>? {
    guard range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "("), bytes[range.upperBound - 1] == UInt8(ascii: ")") else {
      return nil
    }
    return (range.lowerBound + 1)..<(range.upperBound - 1)
  }

  /// Where ".." stands outside of quotes.
  private func points(_ range: Range<Int>) -> Int? {
    var quote: UInt8?
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      if let open = quote {
        if byte == UInt8(ascii: "\\") { index += 1 } else if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
      } else if byte == UInt8(ascii: "."), index + 1 < range.upperBound, bytes[index + 1] == byte {
        return index
      }
      index += 1
    }
    return nil
  }

  private enum Split {
    case items([Range<Int>])
    case unbalanced
    case wrong(Problem)
  }

  /// At the commas outside of quotes and brackets. An interval may begin with any of `[(]` and end with any of `])[`.
  private func split(_ range: Range<Int>, isList: Bool = false) -> Split {
    var items: [Range<Int>] = []
    var (start, depth, index) = (range.lowerBound, 0, range.lowerBound)
    var quote: UInt8?
    var (isReversed, isInterval) = (false, false)
    while index < range.upperBound {
      let byte = bytes[index]
      if let open = quote {
        if byte == UInt8(ascii: "\\") { index += 1 } else if byte == open { quote = nil }
        index += 1
        continue
      }
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""): quote = byte
      case UInt8(ascii: "]") where depth == 0 && !isList:
        (depth, isReversed) = (1, true)
      case UInt8(ascii: "[") where depth == 1 && (isReversed || isInterval):
        (depth, isReversed) = (0, false)
      case UInt8(ascii: ".") where index + 1 < range.upperBound && bytes[index + 1] == byte: isInterval = true
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
        depth -= 1
        isReversed = false
        if depth < 0 { return .unbalanced }
      case UInt8(ascii: ",") where depth == 0:
        if !isList, isBetweenDigits(index), type.kind != .string {
          return .wrong(
            Problem(
              offset: index, message: "a comma between digits", suggestion: "numbers are written without, other tests follow ', '"))
        }
        items.append(start..<index)
        (start, isInterval) = (index + 1, false)
      default: break
      }
      index += 1
    }
    guard depth == 0, quote == nil else { return .unbalanced }
    items.append(start..<range.upperBound)
    return .items(items)
  }

  private func isBetweenDigits(_ index: Int) -> Bool {
    index > 0 && index + 1 < bytes.count && Lexer.isDigit(bytes[index - 1]) && Lexer.isDigit(bytes[index + 1])
  }
}

extension Range<Int> {
  fileprivate func dropping(_ count: Int) -> Range<Int> { Swift.min(lowerBound + count, upperBound)..<upperBound }
}
