public import RemitAPI

/// A file of separated values, as RFC 4180 has it and as spreadsheets write it: records of fields, quotes around fields with separators or
/// line breaks, a quote in a quoted field doubled. It is read record by record, so that it takes no more memory than the file.
public struct DelimitedText: Sendable {
  public struct Record: Equatable, Sendable {
    /// The line of the file on which it begins, from 1.
    public let line: Int
    /// At most the first 512.
    public let fields: [String]
    /// Of all fields.
    public let count: Int
  }

  public static let delimiters: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")]
  public static let fieldsMax = 512
  public static let fieldBytesMax = 32_768

  static let quote = UInt8(ascii: "\"")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")

  private let text: [UInt8]
  private let separator: UInt8
  private var position = 0
  private var line = 1

  /// - Parameters:
  ///   - text: UTF-8 without a mark.
  ///   - delimiter: nil: the one that most lines have most regularly.
  public init(_ text: [UInt8], delimiter: UInt8? = nil) throws(CallError) {
    self.text = text
    var delimiter = delimiter
    if let hint = Self.hint(in: text) {
      delimiter = delimiter ?? hint.delimiter
      position = hint.end
      line = 2
    }
    separator = if let delimiter { delimiter } else { try Self.delimiter(of: text[position...]) }
  }

  /// The next record that is not blank; nil at the end.
  public mutating func next() throws(CallError) -> Record? {
    while position < text.count {
      let start = line
      var fields: [String] = []
      var count = 0
      var isBlank = true
      while true {
        // A separator at the very end of the file still opens a field.
        let field = try field()
        count += 1
        if isBlank { isBlank = field.utf8.allSatisfy { $0 <= 0x20 } }
        if count <= Self.fieldsMax { fields.append(field) }
        guard position < text.count, text[position] == separator else { break }
        position += 1
      }
      skipLineBreak()
      if !isBlank { return Record(line: start, fields: fields, count: count) }
    }
    return nil
  }

  private mutating func skipLineBreak() {
    guard position < text.count else { return }
    if text[position] == Self.carriageReturn { position += 1 }
    if position < text.count, text[position] == Self.lineFeed { position += 1 }
    line += 1
  }

  private func isEnd(_ byte: UInt8) -> Bool { byte == separator || byte == Self.lineFeed || byte == Self.carriageReturn }

  private mutating func skipBlanks() {
    while position < text.count, text[position] == 0x20 || text[position] == 0x09, text[position] != separator { position += 1 }
  }

  /// Reads one field; `position` is then at the separator, the line break or the end.
  private mutating func field() throws(CallError) -> String {
    let start = position
    skipBlanks()
    if position < text.count, text[position] == Self.quote { return try quotedField() }
    while position < text.count, !isEnd(text[position]) { position += 1 }
    guard position - start <= Self.fieldBytesMax else { throw tooLong(line) }
    return String(decoding: text[start..<position], as: UTF8.self)
  }

  private mutating func quotedField() throws(CallError) -> String {
    let startLine = line
    var bytes: [UInt8] = []
    position += 1
    while true {
      guard position < text.count else { throw .invalid([("file", "has a quote on line \(startLine) that is not closed")]) }
      let byte = text[position]
      position += 1
      if byte == Self.quote {
        guard position < text.count, text[position] == Self.quote else { break }
        position += 1
      } else if byte == Self.lineFeed || (byte == Self.carriageReturn && !(position < text.count && text[position] == Self.lineFeed)) {
        line += 1
      }
      guard bytes.count < Self.fieldBytesMax else { throw tooLong(startLine) }
      bytes.append(byte)
    }
    skipBlanks()
    guard position == text.count || isEnd(text[position]) else {
      throw .invalid([("file", "has text after a closing quote on line \(line); a quote within a quoted field is written twice")])
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func tooLong(_ line: Int) -> CallError {
    .invalid([
      ("file", "has a cell of more than \(Self.fieldBytesMax) bytes on line \(line); is a quote missing, or is it no such file?")
    ])
  }
}
