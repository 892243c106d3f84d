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

  private static func covers(_ own: ArraySlice<Substring>, _ other: ArraySlice<Substring>) -> Bool {
    guard let first = own.first, let next = other.first else { return own.isEmpty && other.isEmpty }
    if first == "*" && own.count == 1 { return true }
    // A star at the end of the other stands for more than one part.
    if next == "*" && other.count == 1 { return false }
    return (first == "*" || first == next) && covers(own.dropFirst(), other.dropFirst())
  }
}
