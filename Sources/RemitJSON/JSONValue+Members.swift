/// Values by the names of their members, and as text.
extension JSONValue {
  /// nil where it is no string.
  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The member of an object; nil where there is none.
  public subscript(_ key: String) -> JSONValue? {
    get {
      guard case .object(let members) = self else { return nil }
      return members.first { $0.key == key }?.value
    }
    set {
      var members: [(key: String, value: JSONValue)] = []
      if case .object(let before) = self { members = before.filter { $0.key != key } }
      if let newValue { members.append((key, newValue)) }
      self = .object(members)
    }
  }

  /// The member of a member and so on; what is between is made where it is set.
  public subscript(_ path: [String]) -> JSONValue? {
    get { path.reduce(self) { value, key in value?[key] } }
    set {
      guard let first = path.first else { return self = newValue ?? .null }
      guard path.count > 1 else { return self[first] = newValue }
      var inner = self[first] ?? .object([])
      inner[Array(path.dropFirst())] = newValue
      self[first] = inner
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = ""
    quoted.appendQuoted(text)
    return quoted
  }

  /// As it is written, in one line.
  public var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(let text): text
    case .string(let text): Self.quoted(text)
    case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
    case .object(let members): "{" + members.map { "\(Self.quoted($0.key)):\($0.value.text)" }.joined(separator: ",") + "}"
    }
  }
}
