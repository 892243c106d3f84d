/// Patterns such as "ledger.*", "*" and "ledger.customer.get".
public struct PermissionSet: Sendable {
  public let patterns: [String]

  public init(_ patterns: [String]) { self.patterns = patterns }

  public func allows(_ permission: String) -> Bool {
    patterns.contains { pattern in pattern.hasSuffix("*") ? permission.hasPrefix(pattern.dropLast()) : pattern == permission }
  }
}
