import RemitAPI
import SwiftProtobuf

/// What a write of the host decides: its last statements, which go with the audit row, and its reply. As `Write` is of modules.
struct HostWrite<Reply: Message & Sendable>: Sendable {
  var statements: [SQL]
  let reply: Reply
  /// Of the reply, what is kept for a repeat; nil: all. Secrets are told once.
  var kept: Reply?
  /// For the audit: "key/0193e0c2".
  var resource: String
  /// Whom it is about: what an operator does to a company stands in that company's trail too.
  var about: Int32?
  /// What the caller is told when the database finds a constraint broken, by the constraint's name.
  var refusals: [String: CallError] = [:]

  /// The same with another reply.
  func replying<Other: Message & Sendable>(_ reply: Other) -> HostWrite<Other> {
    HostWrite<Other>(statements: statements, reply: reply, resource: resource, about: about, refusals: refusals)
  }

  func commit(_ call: HostCall) async throws {
    do {
      try await call.commit(statements, reply: kept ?? reply, resource: resource, about: about)
    } catch let error as CallError {
      throw refusals[error.metadata["constraint"] ?? ""] ?? error
    }
  }
}
