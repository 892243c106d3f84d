/// Strings and bytes: with single or triple quotes, raw or with escapes.
extension Lexer {
  mutating func literal(isRaw: Bool, isBytes: Bool) throws(Problem) -> Token.Kind {
    let start = position
    let quote = peek()
    let isTriple = peek(1) == quote && peek(2) == quote
    position += isTriple ? 3 : 1
    var content: [UInt8] = []
    while true {
      guard position < bytes.count else { throw Problem(offset: start, message: "the string has no end") }
      let byte = bytes[position]
      if byte == quote, !isTriple || (peek(1) == quote && peek(2) == quote) {
        position += isTriple ? 3 : 1
        break
      }
      if !isTriple, byte == 0x0A || byte == 0x0D {
        throw Problem(
          offset: start, message: "the string has no end on its line",
          suggestion: "text of more lines stands between three quotes")
      }
      if byte == UInt8(ascii: "\\") {
        if isRaw {
          try rawEscape(&content, start)
        } else {
          try escape(&content, isBytes: isBytes)
        }
      } else {
        content.append(byte)
        position += 1
      }
    }
    return isBytes ? .bytes(content) : .string(String(decoding: content, as: UTF8.self))
  }

  /// In a raw literal a backslash stands for itself, but a quote after it does not end the literal.
  private mutating func rawEscape(_ content: inout [UInt8], _ start: Int) throws(Problem) {
    content.append(UInt8(ascii: "\\"))
    position += 1
    let next = peek()
    if next == UInt8(ascii: "\\") || next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") {
      content.append(next)
      position += 1
    }
  }

  private mutating func escape(_ content: inout [UInt8], isBytes: Bool) throws(Problem) {
    let start = position
    let letter = peek(1)
    position += 2
    if let plain = Self.plainEscape(letter) {
      content.append(plain)
      return
    }
    let value: UInt32
    switch letter {
    case UInt8(ascii: "x"), UInt8(ascii: "X"): value = try digits(2, radix: 16, start)
    case UInt8(ascii: "u") where !isBytes: value = try digits(4, radix: 16, start)
    case UInt8(ascii: "U") where !isBytes: value = try digits(8, radix: 16, start)
    case UInt8(ascii: "0")...UInt8(ascii: "3"):
      position -= 1
      value = try digits(3, radix: 8, start)
    default: throw Problem(offset: start, message: "no escape sequence", suggestion: "a backslash is written '\\\\'")
    }
    if isBytes {
      content.append(UInt8(truncatingIfNeeded: value))
      return
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw Problem(offset: start, message: "the escape sequence is no code point of Unicode")
    }
    content.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
  }

  private static func plainEscape(_ letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "a"): 0x07
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "v"): 0x0B
    case UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): letter
    default: nil
    }
  }

  private mutating func digits(_ count: Int, radix: UInt32, _ start: Int) throws(Problem) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = Self.hexDigit(peek()), digit < radix else {
        throw Problem(offset: start, message: "the escape sequence has too few digits")
      }
      // Eight hexadecimal digits fill 32 bits and no more.
      value = value &* radix &+ digit
      position += 1
    }
    return value
  }
}
