/// All that is wrong with a decision table, column by column and then row by row; never empty.
public struct TableErrors: Error, Sendable, CustomStringConvertible {
  /// Which of a table's texts is meant.
  public enum Part: String, Sendable {
    case table, name, type, cell
    /// The expression that computes an input.
    case computation = "is"
  }

  /// One of what is wrong.
  public struct Item: Sendable, Hashable, CustomStringConvertible {
    public let part: Part
    /// From 0; nil where no row is meant.
    public let row: Int?
    /// From 0, those of `given` before those of `gives`; nil where no column is meant.
    public let column: Int?
    /// The column's name.
    public let name: String?
    /// Where in the text of that part.
    public let place: Place?
    /// A sentence without a full stop.
    public let message: String
    /// What could stand there instead.
    public let suggestion: String?

    /// "row 2, amount, 1:4: undeclared name 'limt'; did you mean 'limit'?", with rows counted from 1.
    public var description: String {
      var parts: [String] = []
      if let row { parts.append("row \(row + 1)") }
      if let name { parts.append(part == .cell || part == .table ? name : "\(part.rawValue) of \(name)") }
      if let place { parts.append("\(place)") }
      let head = parts.isEmpty ? "" : parts.joined(separator: ", ") + ": "
      return "\(head)\(message)\(suggestion.map { "; \($0)" } ?? "")"
    }
  }

  /// The first hundred at most.
  public let items: [Item]

  public var description: String { items.map(\.description).joined(separator: "\n") }
}

/// Gathers what is wrong, up to a hundred.
struct TableProblems {
  private(set) var items: [TableErrors.Item] = []
  private static let itemMax = 100

  var isEmpty: Bool { items.isEmpty }
  var isFull: Bool { items.count >= Self.itemMax }
  var errors: TableErrors { TableErrors(items: items) }

  /// Where something is wrong: a column's text, or a cell's.
  struct Location {
    var part = TableErrors.Part.table
    var row: Int?
    var column: Int?
    var name: String?
  }

  mutating func add(_ location: Location, _ message: String, suggestion: String? = nil, at place: Place? = nil) {
    guard !isFull else { return }
    items.append(
      TableErrors.Item(
        part: location.part, row: location.row, column: location.column, name: location.name, place: place, message: message,
        suggestion: suggestion))
  }

  mutating func add(_ location: Location, _ problem: Problem, in text: String) {
    add(location, problem.message, suggestion: problem.suggestion, at: Place(utf8Offset: problem.offset, in: text))
  }

  /// - Parameter shift: how many code points the expression has before the text.
  mutating func add(_ location: Location, _ errors: ExpressionErrors, in text: String, shift: Int = 0, suggestion: String? = nil) {
    for item in errors.items {
      let place = Place(codePointOffset: item.place.offset - shift, in: text)
      // A name that is not there was not meant as a literal.
      let isUndeclared = item.message.hasPrefix("undeclared")
      add(location, item.message, suggestion: item.suggestion ?? (isUndeclared ? nil : suggestion), at: place)
    }
  }
}

extension Place {
  /// Of a code point in the text, or the nearest that there is.
  init(codePointOffset: Int, in text: String) {
    let bytes = text.unicodeScalars.prefix(max(0, codePointOffset)).reduce(0) { $0 + UTF8.width($1) }
    self.init(utf8Offset: bytes, in: text)
  }
}
