public import RemitAPI

/// What a write decides: the host sends it as one transaction, in one round trip, with the audit row in it.
public struct Write<Reply: Sendable>: Sendable {
  public var statements: [Statement]
  public var reply: Reply
  /// For the audit: "customer/0193e0c2-...".
  public var resource: String
  /// What the caller is told when the database finds a constraint broken, by the constraint's name.
  public var refusals: [String: CallError]

  public init(_ statements: [Statement], reply: Reply, resource: String, refusals: [String: CallError] = [:]) {
    self.statements = statements
    self.reply = reply
    self.resource = resource
    self.refusals = refusals
  }
}
