/// What a column of a decision table holds, as its type is written: "money", "string?", "int 0 .. 120",
/// "string in ['A', 'B']", "list(string)".
struct TableType: Sendable {
  enum Kind: String, Sendable, CaseIterable {
    case bool, int, decimal, money, date, timestamp, duration, string
    /// Lists, and what is known only when evaluated: of these there are no plain tests.
    case open

    /// Whether values of it are less or more than others in a way that tests of intervals know.
    var isOrdered: Bool {
      switch self {
      case .int, .decimal, .money, .date, .timestamp, .duration: true
      case .bool, .string, .open: false
      }
    }

    /// "a money is written like 500.00 CNY"
    var example: String {
      switch self {
      case .bool: "a bool is written true or false"
      case .int: "an int is written like 30"
      case .decimal: "a decimal is written like 12.50"
      case .money: "a money is written like 500.00 CNY"
      case .date: "a date is written like 2026-01-05"
      case .timestamp: "a timestamp is written like 2026-01-05T10:00:00Z"
      case .duration: "a duration is written like 1h30m"
      case .string: "a string is written as one word, or in quotes"
      case .open: "a value of this type is written as an expression"
      }
    }

    /// How an expression writes a value of which a cell has a literal that expressions have not.
    var expression: String? {
      switch self {
      case .decimal: "decimal('12.50')"
      case .money: "money('500.00', 'CNY')"
      case .date: "date('2026-01-05')"
      case .timestamp: "timestamp('2026-01-05T10:00:00Z')"
      case .duration: "duration('1h30m')"
      case .bool, .int, .string, .open: nil
      }
    }
  }

  let kind: Kind
  /// Without null.
  let base: ValueType
  let isNullable: Bool
  /// What it may be beside the type; nil for anything of it.
  var domain: TableTest?
  /// As it was written.
  let text: String

  /// As expressions know it.
  var type: ValueType { isNullable ? .nullable(base) : base }

  /// In what order a column may give values, for the hit policy `priority`; nil where the type has no such list.
  var ranking: [Value]? {
    switch domain {
    case .texts(let set): set.texts.map { .string($0) }
    case .values(let values): values
    default: nil
    }
  }

  /// - Throws: what is wrong with the text.
  init(_ text: String) throws(Problem) {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.lengthMax else { throw Problem(offset: 0, message: "a type has at most \(Self.lengthMax) bytes") }
    var position = 0
    base = try Self.base(bytes, &position, depth: 0)
    var isNullable = false
    if position < bytes.count, bytes[position] == UInt8(ascii: "?") {
      isNullable = true
      position += 1
    }
    self.isNullable = isNullable
    self.text = text
    kind = Self.kind(of: base)
    guard bytes[position...].contains(where: { $0 != UInt8(ascii: " ") }) else { return }
    guard kind != .open else {
      throw Problem(offset: position, message: "what a \(base) may be cannot be told here")
    }
    let reader = TableCellReader(bytes, type: self, names: [])
    switch reader.read(from: position) {
    case .test(let test): domain = test
    case .wrong(let problem): throw problem
    case .unclear:
      throw Problem(
        offset: position, message: "after the type stands what it may be, as in a cell", suggestion: "for one: 'int 0 .. 120'")
    }
  }

  private static let lengthMax = 10_000
  private static let depthMax = 8

  private static func base(_ bytes: [UInt8], _ position: inout Int, depth: Int) throws(Problem) -> ValueType {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
    let start = position
    while position < bytes.count, Lexer.isLetter(bytes[position]) || Lexer.isDigit(bytes[position]) { position += 1 }
    let name = String(decoding: bytes[start..<position], as: UTF8.self)
    if name == "list" {
      guard position < bytes.count, bytes[position] == UInt8(ascii: "("), depth < depthMax else {
        throw Problem(offset: position, message: "a list is written like 'list(string)'")
      }
      position += 1
      let element = try base(bytes, &position, depth: depth + 1)
      guard position < bytes.count, bytes[position] == UInt8(ascii: ")") else {
        throw Problem(offset: position, message: "')' is missing")
      }
      position += 1
      return .list(element)
    }
    if let type = types[name] { return type }
    let known = types.keys.sorted() + ["list"]
    let suggestion =
      otherNames[name].map { "did you mean '\($0)'?" } ?? Suggestion.nearest(to: name, among: known)
      ?? "there are \(known.joined(separator: ", "))"
    throw Problem(offset: start, message: "there is no type '\(name)'", suggestion: suggestion)
  }

  private static let types: [String: ValueType] = [
    "bool": .bool, "int": .int, "decimal": .decimal, "money": .money, "date": .date, "timestamp": .timestamp,
    "duration": .duration, "string": .string, "dyn": .dyn,
  ]

  private static let otherNames = ["text": "string", "number": "decimal", "boolean": "bool", "integer": "int", "amount": "money"]

  private static func kind(of type: ValueType) -> Kind {
    switch type {
    case .bool: .bool
    case .int: .int
    case .decimal: .decimal
    case .money: .money
    case .date: .date
    case .timestamp: .timestamp
    case .duration: .duration
    case .string: .string
    default: .open
    }
  }

  /// Whether a variable of that type can be a column of this one.
  func takes(_ variable: ValueType) -> Bool {
    switch (variable, base) {
    case (.dyn, _), (_, .dyn), (.int, .decimal), (.uint, .decimal), (.uint, .int): true
    case (.nullable(let held), _): isNullable && takes(held)
    case (.list(.dyn), .list), (.list, .list(.dyn)): true
    default: variable == base
    }
  }

  /// Whether the value is of the type, whatever its domain.
  @inline(__always)
  func holds(_ value: Value) -> Bool {
    switch (kind, value) {
    case (.bool, .bool), (.int, .int), (.int, .uint), (.decimal, .decimal), (.decimal, .int), (.decimal, .uint), (.money, .money),
      (.date, .date), (.timestamp, .timestamp), (.duration, .duration), (.string, .string):
      true
    case (.open, _): base == .dyn || base.takes(value) || (isNullable && value.isNull)
    case (_, .null): isNullable
    default: false
    }
  }
}

extension Value {
  var isNull: Bool { if case .null = self { true } else { false } }
}
