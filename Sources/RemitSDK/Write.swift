public import RemitAPI

/// What a write decides: the host sends it as one transaction, in one round trip, with the audit row in it.
public struct Write<Reply: Sendable>: Sendable {
  public var statements: [Statement]
  public var reply: Reply
  /// For the audit: "customer/0193e0c2-...".
  public var resource: String
  /// For who reads the audit: "invoice R-1, 119.00 EUR".
  public var title = ""
  /// What the caller is told when the database finds a constraint broken, by the constraint's name.
  public var refusals: [String: CallError]

  /// Whether there is anything to write; else the reply is only an answer, and what was written before it is rolled back.
  public private(set) var commits = true

  /// Writes nothing, not even the audit row.
  public static func nothing(reply: Reply) -> Write {
    var write = Write([], reply: reply, resource: "")
    write.commits = false
    return write
  }

  /// The same with another reply.
  func replying<Other>(_ reply: Other) -> Write<Other> {
    var write = Write<Other>(statements, reply: reply, resource: resource, refusals: refusals)
    write.commits = commits
    write.title = title
    return write
  }

  public init(_ statements: [Statement], reply: Reply, resource: String, title: String = "", refusals: [String: CallError] = [:]) {
    self.title = title
    self.statements = statements
    self.reply = reply
    self.resource = resource
    self.refusals = refusals
  }
}
