/// All that is wrong with an expression's text, in its order; never empty.
public struct ExpressionErrors: Error, Sendable, CustomStringConvertible {
  /// One of what is wrong.
  public struct Item: Sendable, Hashable, CustomStringConvertible {
    /// Where it is wrong.
    public let place: Place
    /// A sentence without a full stop.
    public let message: String
    /// What could stand there instead: "did you mean 'issued_on'?"
    public let suggestion: String?

    /// "1:5: undeclared name 'isued_on'; did you mean 'issued_on'?"
    public var description: String { "\(place): \(message)\(suggestion.map { "; \($0)" } ?? "")" }
  }

  /// The first hundred at most.
  public let items: [Item]

  init(_ problems: [Problem], in text: String) {
    items = problems.sorted { $0.offset < $1.offset }.prefix(Self.itemMax).map {
      Item(place: Place(utf8Offset: $0.offset, in: text), message: $0.message, suggestion: $0.suggestion)
    }
  }

  /// A text that is wrong in more places is shown the first of them.
  private static let itemMax = 100

  public var description: String { items.map(\.description).joined(separator: "\n") }
}

/// One of what is wrong, by its offset in the text's UTF-8 bytes.
struct Problem: Error, Hashable {
  let offset: Int
  let message: String
  var suggestion: String?
}
