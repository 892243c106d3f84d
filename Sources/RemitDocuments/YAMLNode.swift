/// A document's text as a tree, before anything is known of what it should say.
struct YAMLNode {
  enum Style: Sendable {
    /// Without quotes, on a line.
    case plain
    case quoted
    /// After | or >, the lines below.
    case literal, folded
  }

  indirect enum Value {
    case scalar(String, Style)
    case list([YAMLNode])
    case map([(key: Key, value: YAMLNode)])
  }

  struct Key {
    let name: String
    let place: DocumentPlace
  }

  let value: Value
  let place: DocumentPlace

  /// `key:` with nothing after it.
  var isEmpty: Bool {
    if case .scalar("", .plain) = value { return true }
    return false
  }
}
