/// Patterns of permissions: a star stands for one part ("ledger.*.get"), at the end for all that follow ("ledger.*", "*").
public struct PermissionSet: Sendable {
  public let patterns: [String]
  private let parts: [[Substring]]

  public init(_ patterns: [String]) {
    self.patterns = patterns
    parts = patterns.map { $0.split(separator: ".") }
  }

  public func allows(_ permission: String) -> Bool { covers(permission) }

  /// Whether it allows all that a pattern allows.
  public func covers(_ pattern: String) -> Bool {
    let other = pattern.split(separator: ".")[...]
    return parts.contains { Self.covers($0[...], other) }
  }

  /// What both allow.
  public func intersection(_ other: PermissionSet) -> PermissionSet {
    PermissionSet(
      Array(Set(parts.flatMap { own in other.parts.compactMap { Self.common(own[...], $0[...])?.joined(separator: ".") } })).sorted())
  }

  /// The pattern of what two patterns allow; nil: nothing.
  private static func common(_ one: ArraySlice<Substring>, _ other: ArraySlice<Substring>) -> [Substring]? {
    guard let first = one.first, let next = other.first else { return one.isEmpty && other.isEmpty ? [] : nil }
    if first == "*" && one.count == 1 { return Array(other) }
    if next == "*" && other.count == 1 { return Array(one) }
    guard first == next || first == "*" || next == "*" else { return nil }
    return common(one.dropFirst(), other.dropFirst()).map { [first == "*" ? next : first] + $0 }
  }

  private static func covers(_ own: ArraySlice<Substring>, _ other: ArraySlice<Substring>) -> Bool {
    guard let first = own.first, let next = other.first else { return own.isEmpty && other.isEmpty }
    if first == "*" && own.count == 1 { return true }
    // A star at the end of the other stands for more than one part.
    if next == "*" && other.count == 1 { return false }
    return (first == "*" || first == next) && covers(own.dropFirst(), other.dropFirst())
  }
}
