/// Where something stands in an expression's text, counted in Unicode code points.
public struct Place: Sendable, Hashable, CustomStringConvertible {
  /// From 0.
  public let offset: Int
  /// From 1.
  public let line: Int
  /// From 1.
  public let column: Int

  /// - Parameter utf8Offset: of a code point's first byte in the text, or the text's end.
  init(utf8Offset: Int, in text: String) {
    var (offset, line, column) = (0, 1, 1)
    var bytes = 0
    for scalar in text.unicodeScalars {
      guard bytes < utf8Offset else { break }
      bytes += UTF8.width(scalar)
      offset += 1
      if scalar == "\n" {
        line += 1
        column = 1
      } else {
        column += 1
      }
    }
    (self.offset, self.line, self.column) = (offset, line, column)
  }

  /// "2:14"
  public var description: String { "\(line):\(column)" }
}
