/// JSON as it was written (RFC 8259), checked whole: UTF-8, no key twice in an object, at most `depthMax` deep. Numbers stay text.
public enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  /// In the order written.
  case object([(key: String, value: JSONValue)])

  static let depthMax = 100

  public init(_ bytes: [UInt8]) throws(JSONError) {
    var parser = Parser(bytes: bytes)
    self = try parser.document()
  }

  private struct Parser {
    let bytes: [UInt8]
    var position = 0
    /// Of the values read.
    var count = 0

    mutating func document() throws(JSONError) -> JSONValue {
      let value = try value(depth: 0)
      skipBlanks()
      guard position == bytes.count else { throw problem("there is more after the value") }
      return value
    }

    func problem(_ message: String) -> JSONError { JSONError("", "at byte \(position): \(message)") }

    mutating func skipBlanks() {
      while position < bytes.count {
        switch bytes[position] {
        case 0x20, 0x09, 0x0A, 0x0D: position += 1
        default: return
        }
      }
    }

    mutating func take(_ byte: UInt8) -> Bool {
      skipBlanks()
      guard position < bytes.count, bytes[position] == byte else { return false }
      position += 1
      return true
    }

    mutating func value(depth: Int) throws(JSONError) -> JSONValue {
      count += 1
      // Nobody waits any more.
      if count.isMultiple(of: 1024), Task.isCancelled { throw problem("it was cancelled") }
      guard depth <= JSONValue.depthMax else { throw problem("it is more than \(JSONValue.depthMax) deep") }
      skipBlanks()
      guard position < bytes.count else { throw problem("a value was expected") }
      switch bytes[position] {
      case UInt8(ascii: "{"): return try object(depth)
      case UInt8(ascii: "["): return try array(depth)
      case UInt8(ascii: "\""): return .string(try string())
      case UInt8(ascii: "t"): return try word("true", .bool(true))
      case UInt8(ascii: "f"): return try word("false", .bool(false))
      case UInt8(ascii: "n"): return try word("null", .null)
      default: return .number(try number())
      }
    }

    mutating func word(_ text: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
      guard bytes[position...].starts(with: text.utf8) else { throw problem("a value was expected") }
      position += text.utf8.count
      return value
    }

    mutating func object(_ depth: Int) throws(JSONError) -> JSONValue {
      position += 1
      var members: [(key: String, value: JSONValue)] = []
      var keys: Set<String> = []
      if take(UInt8(ascii: "}")) { return .object([]) }
      repeat {
        skipBlanks()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw problem("a name in quotes was expected") }
        let key = try string()
        guard keys.insert(key).inserted else { throw problem("the name \(key) stands twice") }
        guard take(UInt8(ascii: ":")) else { throw problem("a colon was expected") }
        members.append((key, try value(depth: depth + 1)))
      } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "}")) else { throw problem("a comma or } was expected") }
      return .object(members)
    }

    mutating func array(_ depth: Int) throws(JSONError) -> JSONValue {
      position += 1
      var items: [JSONValue] = []
      if take(UInt8(ascii: "]")) { return .array([]) }
      repeat { items.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "]")) else { throw problem("a comma or ] was expected") }
      return .array(items)
    }

    mutating func number() throws(JSONError) -> String {
      let start = position
      guard let end = JSONNumber.end(in: bytes, from: start) else { throw problem("a value was expected") }
      guard end - start <= JSONNumber.bytesMax else { throw problem("a number has more than \(JSONNumber.bytesMax) digits") }
      position = end
      return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    mutating func string() throws(JSONError) -> String {
      position += 1
      var text: [UInt8] = []
      while true {
        guard position < bytes.count else { throw problem("a string does not end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""):
          guard let valid = String(validating: text, as: UTF8.self) else { throw problem("a string is not UTF-8") }
          return valid
        case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
        case 0..<0x20: throw problem("a control character must be escaped")
        default: text.append(byte)
        }
      }
    }

    mutating func escape() throws(JSONError) -> Character {
      guard position < bytes.count else { throw problem("a string does not end") }
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return "\""
      case UInt8(ascii: "\\"): return "\\"
      case UInt8(ascii: "/"): return "/"
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "u"):
        let unit = try hexadecimal()
        guard (0xD800..<0xDC00).contains(unit) else {
          guard let scalar = Unicode.Scalar(unit) else { throw problem("half a surrogate pair") }
          return Character(scalar)
        }
        guard bytes[position...].starts(with: "\\u".utf8) else { throw problem("half a surrogate pair") }
        position += 2
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second), let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00)) else {
          throw problem("half a surrogate pair")
        }
        return Character(scalar)
      default: throw problem("there is no escape \\\(Character(Unicode.Scalar(byte)))")
      }
    }

    mutating func hexadecimal() throws(JSONError) -> UInt32 {
      let digits = bytes[position...].prefix(4)
      guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
        let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
      else { throw problem("four hexadecimal digits were expected") }
      position += 4
      return value
    }
  }
}
