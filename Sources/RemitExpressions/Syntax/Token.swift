struct Token: Sendable {
  enum Kind: Sendable, Equatable {
    case identifier(String)
    /// In backticks, the name of a field only.
    case quotedIdentifier(String)
    /// A word that may be the name of a field or a method only.
    case reserved(String)
    case bool(Bool)
    case null
    case keywordIn
    /// Without its sign, so that the least integer can be written.
    case int(UInt64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case mark(Mark)
    case end
  }

  enum Mark: String, Sendable {
    case parenthesisOpen = "("
    case parenthesisClose = ")"
    case bracketOpen = "["
    case bracketClose = "]"
    case braceOpen = "{"
    case braceClose = "}"
    case dot = "."
    case comma = ","
    case colon = ":"
    case question = "?"
    case plus = "+"
    case minus = "-"
    case star = "*"
    case slash = "/"
    case percent = "%"
    case not = "!"
    case less = "<"
    case lessEqual = "<="
    case greater = ">"
    case greaterEqual = ">="
    case equal = "=="
    case notEqual = "!="
    case and = "&&"
    case or = "||"
  }

  let kind: Kind
  /// In UTF-8 bytes.
  let offset: Int

  /// To be shown in a message.
  var text: String {
    switch kind {
    case .identifier(let name), .quotedIdentifier(let name), .reserved(let name): "'\(name)'"
    case .bool(let value): "'\(value)'"
    case .null: "'null'"
    case .keywordIn: "'in'"
    case .int, .uint, .double: "a number"
    case .string: "a string"
    case .bytes: "bytes"
    case .mark(let mark): "'\(mark.rawValue)'"
    case .end: "the end"
    }
  }
}
