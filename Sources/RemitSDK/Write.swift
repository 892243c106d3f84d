public import RemitAPI
public import SwiftProtobuf

/// What a write decides: the host sends it as one transaction, in one round trip, with the audit row in it.
public struct Write<Reply: Sendable>: Sendable {
  public var statements: [Statement]
  public var reply: Reply
  /// For the audit: "customer/0193e0c2-...".
  public var resource: String
  /// For who reads the audit: "invoice R-1, 119.00 EUR".
  public var title = ""
  /// What others are told once it has committed; at most 1000.
  public var events: [Event] = []
  /// Times at which the module wants to be called.
  public var wakes: [Wakening] = []
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
  public func with<Other>(reply: Other) -> Write<Other> {
    var write = Write<Other>(statements, reply: reply, resource: resource, refusals: refusals)
    write.commits = commits
    write.title = title
    write.events = events
    write.wakes = wakes
    return write
  }

  public init(
    _ statements: [Statement], reply: Reply, resource: String, title: String = "", events: [Event] = [], wakes: [Wakening] = [],
    refusals: [String: CallError] = [:]
  ) {
    self.title = title
    self.events = events
    self.wakes = wakes
    self.statements = statements
    self.reply = reply
    self.resource = resource
    self.refusals = refusals
  }
}

public typealias Event = Remit_Plugin_V1_Event
public typealias Wakening = Remit_Plugin_V1_Wakening

extension Event {
  /// - Parameters:
  ///   - message: of the module, with the option remit.api.v1.event; at most 64 KiB.
  ///   - aggregate: what it is about, "customer/0193e0c2-...": subscribers are told in order of what is about the same.
  public init(_ message: some Message, about aggregate: String) throws {
    self.init()
    type = Swift.type(of: message).protoMessageName
    self.aggregate = aggregate
    payload = try message.serializedBytes()
  }
}

extension Wakening {
  /// - Parameters:
  ///   - key: at most 100 characters; a second time for it takes the place of the first.
  ///   - at: nil: at no time any more.
  public init(_ key: String, at instant: Google_Protobuf_Timestamp?) {
    self.init()
    self.key = key
    if let instant { at = instant }
  }

  /// - Parameter local: "2026-11-30T15:00:00" in the company's time zone.
  public init(_ key: String, local: String) {
    self.init()
    self.key = key
    self.local = local
  }
}
