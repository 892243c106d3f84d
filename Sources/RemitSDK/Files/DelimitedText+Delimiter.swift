import RemitAPI

extension DelimitedText {
  /// Enough of the file to tell its delimiter by.
  private static let linesRead = 30
  private static let bytesRead = 1 << 20

  /// A line that Excel writes and reads, "sep=;", also in quotes: the delimiter, and where the line after it begins.
  static func hint(in text: [UInt8]) -> (delimiter: UInt8, end: Int)? {
    let line = text.prefix(10).prefix { $0 != lineFeed && $0 != carriageReturn }
    let hint = line.filter { $0 != quote && $0 != 0x20 }
    guard hint.count == 5, hint.starts(with: "sep=".utf8), delimiters.contains(hint[4]) else { return nil }
    var end = line.endIndex
    if end < text.count, text[end] == carriageReturn { end += 1 }
    if end < text.count, text[end] == lineFeed { end += 1 }
    return (hint[4], end)
  }

  /// The delimiter that most lines have equally often. So neither a title above the header misleads, nor decimal commas.
  static func delimiter(of text: ArraySlice<UInt8>) throws(CallError) -> UInt8 {
    let lines = counts(in: text)
    let found: [(delimiter: UInt8, lines: Int, count: Int)] = delimiters.compactMap { delimiter in
      let often = Dictionary(grouping: lines.compactMap { $0[delimiter] }) { $0 }
      let most = often.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
      return most.map { (delimiter, $0.value.count, $0.key) }
    }
    // A file of one column has none.
    guard let best = found.max(by: { ($0.lines, $0.count) < ($1.lines, $1.count) }) else { return delimiters[0] }
    guard found.count(where: { ($0.lines, $0.count) == (best.lines, best.count) }) == 1 else {
      throw .invalid([("delimiter", "must be given: the lines have as many of one separator as of another")])
    }
    return best.delimiter
  }

  /// How many of each delimiter are on the first lines, those in quotes left out.
  private static func counts(in text: ArraySlice<UInt8>) -> [[UInt8: Int]] {
    var lines: [[UInt8: Int]] = [[:]]
    var isQuoted = false
    // A quote opens only where a field begins, and closes only where no other follows.
    var mayOpen = true
    for byte in text.prefix(bytesRead) {
      if isQuoted {
        if byte == quote { (isQuoted, mayOpen) = (false, true) }
      } else if byte == quote {
        isQuoted = mayOpen
      } else if byte == lineFeed || byte == carriageReturn {
        if !lines[lines.count - 1].isEmpty { lines.append([:]) }
        if lines.count > linesRead { break }
        mayOpen = true
      } else if delimiters.contains(byte) {
        lines[lines.count - 1][byte, default: 0] += 1
        mayOpen = true
      } else if byte != 0x20 {
        mayOpen = false
      }
    }
    return lines
  }
}
