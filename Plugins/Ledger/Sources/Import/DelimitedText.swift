import RemitAPI
import RemitSDK

/// A file of separated values, as RFC 4180 has it and as spreadsheets write it: records of fields, quotes around fields with separators or
/// line breaks, a quote in a quoted field doubled.
struct DelimitedText {
  struct Record: Equatable {
    /// The line of the file on which it begins, from 1.
    let line: Int
    let fields: [String]
  }

  static let delimiters: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")]

  /// Without blank lines.
  private(set) var records: [Record] = []

  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// - Parameters:
  ///   - text: UTF-8 without a mark.
  ///   - delimiter: nil: the one that parts the first record into most fields.
  init(_ text: [UInt8], delimiter: UInt8? = nil) throws(CallError) {
    var text = text[...]
    var line = 1
    var delimiter = delimiter
    // A hint that Excel writes and reads: "sep=;".
    if text.starts(with: "sep=".utf8), text.count > 5, Self.delimiters.contains(text[4]),
      [Self.lineFeed, Self.carriageReturn].contains(text[5])
    {
      delimiter = delimiter ?? text[4]
      text = text[(text.dropFirst(5).firstIndex(of: Self.lineFeed).map { $0 + 1 } ?? text.endIndex)...]
      line = 2
    }
    let separator = if let delimiter { delimiter } else { try Self.found(in: text) }
    var fields: [String] = []
    var start = line
    var position = text.startIndex
    while position < text.endIndex {
      let field = try Self.field(in: text, &position, separator, &line)
      fields.append(field)
      if position < text.endIndex, text[position] == separator {
        position += 1
        // A separator at the very end of the file still opens a field.
        if position == text.endIndex { fields.append("") }
        if position < text.endIndex { continue }
      }
      Self.skipLineBreak(in: text, &position, &line)
      if fields.contains(where: { !$0.isEmpty }) { records.append(Record(line: start, fields: fields)) }
      fields = []
      start = line
    }
  }

  private static func skipLineBreak(in text: ArraySlice<UInt8>, _ position: inout Int, _ line: inout Int) {
    guard position < text.endIndex else { return }
    if text[position] == carriageReturn { position += 1 }
    if position < text.endIndex, text[position] == lineFeed { position += 1 }
    line += 1
  }

  /// Reads one field; `position` is then at the separator, the line break or the end.
  private static func field(
    in text: ArraySlice<UInt8>, _ position: inout Int, _ separator: UInt8, _ line: inout Int
  ) throws(CallError) -> String {
    guard text[position] == quote else {
      let start = position
      while position < text.endIndex, text[position] != separator, text[position] != lineFeed, text[position] != carriageReturn {
        position += 1
      }
      return String(decoding: text[start..<position], as: UTF8.self)
    }
    let startLine = line
    var bytes: [UInt8] = []
    position += 1
    while true {
      guard position < text.endIndex else {
        throw .invalid([("file", "has a quote on line \(startLine) that is not closed")])
      }
      let byte = text[position]
      position += 1
      if byte == quote {
        guard position < text.endIndex, text[position] == quote else { break }
        position += 1
      } else if byte == lineFeed || (byte == carriageReturn && !(position < text.endIndex && text[position] == lineFeed)) {
        line += 1
      }
      bytes.append(byte)
    }
    guard position == text.endIndex || [separator, lineFeed, carriageReturn].contains(text[position]) else {
      throw .invalid([("file", "has text after a closing quote on line \(line); a quote within a quoted field is written twice")])
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func found(in text: ArraySlice<UInt8>) throws(CallError) -> UInt8 {
    var counts = [UInt8: Int]()
    var isQuoted = false
    for byte in text {
      if byte == quote { isQuoted.toggle() }
      if isQuoted { continue }
      if byte == lineFeed || byte == carriageReturn {
        if counts.isEmpty { continue }
        break
      }
      if delimiters.contains(byte) { counts[byte, default: 0] += 1 }
    }
    let most = counts.values.max() ?? 0
    let candidates = counts.filter { $0.value == most }.keys
    // A file of one column has none.
    guard candidates.count <= 1 else {
      throw .invalid([("delimiter", "must be given: the header has as many of one separator as of another")])
    }
    return candidates.first ?? delimiters[0]
  }
}
