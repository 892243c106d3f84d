/// Makes tokens of an expression's text.
struct Lexer {
  let bytes: [UInt8]
  var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  static let reserved: Set<String> = [
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
    "namespace", "return", "var", "void", "while",
  ]

  mutating func tokens() throws(Problem) -> [Token] {
    var tokens: [Token] = []
    tokens.reserveCapacity(bytes.count / 3 + 1)
    while true {
      let token = try next()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  func peek(_ ahead: Int = 0) -> UInt8 {
    let index = position + ahead
    return index < bytes.count ? bytes[index] : 0
  }

  private mutating func next() throws(Problem) -> Token {
    skipBlanks()
    let start = position
    guard position < bytes.count else { return Token(kind: .end, offset: start) }
    let byte = bytes[position]
    let kind: Token.Kind
    if Self.isLetter(byte) {
      kind = try word()
    } else if Self.isDigit(byte) || (byte == UInt8(ascii: ".") && Self.isDigit(peek(1))) {
      kind = try number()
    } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      kind = try literal(isRaw: false, isBytes: false)
    } else if byte == UInt8(ascii: "`") {
      kind = try quotedIdentifier()
    } else if let mark = mark() {
      kind = .mark(mark)
    } else {
      throw unexpected(at: start)
    }
    return Token(kind: kind, offset: start)
  }

  private func unexpected(at offset: Int) -> Problem {
    let scalar = String(decoding: bytes[offset..<min(offset + 4, bytes.count)], as: UTF8.self).unicodeScalars.first
    let shown = scalar.map { "\($0)".debugDescription } ?? ""
    switch shown {
    case "\"=\"": return Problem(offset: offset, message: "unexpected \"=\"", suggestion: "equality is written '=='")
    case "\"&\"": return Problem(offset: offset, message: "unexpected \"&\"", suggestion: "'and' is written '&&'")
    case "\"|\"": return Problem(offset: offset, message: "unexpected \"|\"", suggestion: "'or' is written '||'")
    default: return Problem(offset: offset, message: "unexpected \(shown)")
    }
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0C, 0x0D: position += 1
      case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"):
        while position < bytes.count, bytes[position] != 0x0A { position += 1 }
      default: return
      }
    }
  }

  static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
    default: false
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

  func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

  private mutating func word() throws(Problem) -> Token.Kind {
    let start = position
    while Self.isLetter(peek()) || Self.isDigit(peek()) { position += 1 }
    if position - start <= 2, peek() == UInt8(ascii: "\"") || peek() == UInt8(ascii: "'") {
      // The prefixes r, b, br and rb of a literal.
      let letters = bytes[start..<position].map { $0 | 0x20 }
      let (isRaw, isBytes) = (letters.contains(UInt8(ascii: "r")), letters.contains(UInt8(ascii: "b")))
      if letters.count == (isRaw ? 1 : 0) + (isBytes ? 1 : 0) { return try literal(isRaw: isRaw, isBytes: isBytes) }
    }
    let name = text(from: start)
    switch name {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    case "in": return .keywordIn
    default: return Self.reserved.contains(name) ? .reserved(name) : .identifier(name)
    }
  }

  private mutating func quotedIdentifier() throws(Problem) -> Token.Kind {
    let start = position
    position += 1
    while Self.isLetter(peek()) || Self.isDigit(peek()) || ".-/ ".utf8.contains(peek()) { position += 1 }
    guard peek() == UInt8(ascii: "`"), position > start + 1 else {
      throw Problem(offset: start, message: "a name in backticks has letters, digits and '_.-/ ' only")
    }
    let name = String(decoding: bytes[(start + 1)..<position], as: UTF8.self)
    position += 1
    return .quotedIdentifier(name)
  }

  private mutating func mark() -> Token.Mark? {
    if position + 1 < bytes.count {
      let two = String(decoding: bytes[position...(position + 1)], as: UTF8.self)
      if let mark = Token.Mark(rawValue: two) {
        position += 2
        return mark
      }
    }
    guard let mark = Self.marks[bytes[position]] else { return nil }
    position += 1
    return mark
  }

  private static let marks: [UInt8: Token.Mark] = {
    let all: [Token.Mark] = [
      .parenthesisOpen, .parenthesisClose, .bracketOpen, .bracketClose, .braceOpen, .braceClose, .dot, .comma, .colon,
      .question, .plus, .minus, .star, .slash, .percent, .not, .less, .greater,
    ]
    return Dictionary(uniqueKeysWithValues: all.compactMap { mark in mark.rawValue.utf8.first.map { ($0, mark) } })
  }()

  private mutating func number() throws(Problem) -> Token.Kind {
    let start = position
    if peek() == UInt8(ascii: "0"), peek(1) | 0x20 == UInt8(ascii: "x") { return try hexNumber() }
    var isDouble = false
    while Self.isDigit(peek()) { position += 1 }
    if peek() == UInt8(ascii: "."), Self.isDigit(peek(1)) {
      isDouble = true
      position += 1
      while Self.isDigit(peek()) { position += 1 }
    }
    if peek() | 0x20 == UInt8(ascii: "e") {
      let sign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-") ? 1 : 0
      if Self.isDigit(peek(1 + sign)) {
        isDouble = true
        position += 1 + sign
        while Self.isDigit(peek()) { position += 1 }
      }
    }
    let digits = text(from: start)
    if isDouble {
      guard let value = Double(digits) else { throw Problem(offset: start, message: "no number: \(digits)") }
      return .double(value)
    }
    return try integer(UInt64(digits), start)
  }

  private mutating func hexNumber() throws(Problem) -> Token.Kind {
    let start = position
    position += 2
    while Self.hexDigit(peek()) != nil { position += 1 }
    let digits = String(decoding: bytes[(start + 2)..<position], as: UTF8.self)
    guard !digits.isEmpty else { throw Problem(offset: start, message: "digits are missing after '0x'") }
    return try integer(UInt64(digits, radix: 16), start)
  }

  private mutating func integer(_ value: UInt64?, _ start: Int) throws(Problem) -> Token.Kind {
    let isUnsigned = peek() | 0x20 == UInt8(ascii: "u")
    if isUnsigned { position += 1 }
    guard let value else { throw Problem(offset: start, message: "the number does not fit 64 bits") }
    return isUnsigned ? .uint(value) : .int(value)
  }

  static func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}
