import RemitAPI
public import SwiftProtobuf

/// A method of a module's service: its name and what it does.
public struct Method: Sendable {
  enum Outcome: Sendable {
    case reply([UInt8])
    case write(Write<[UInt8]>)
  }

  let name: String
  /// Whether it computes for long.
  let isLong: Bool
  let run: @Sendable ([UInt8], Call) async throws -> Outcome

  /// Answers from what is there, read only.
  public static func read<Request: Message, Reply: Message>(
    _ name: String, _ body: @escaping @Sendable (Request, Call) async throws -> Reply
  ) -> Method {
    Method(name: name, isLong: false) { bytes, call in .reply(try await body(decode(bytes), call).serializedBytes()) }
  }

  /// Decides what to write; the host writes it.
  ///
  /// - Parameter isLong: it computes for longer than some milliseconds, and does so on threads of its own; it asks `Task.checkCancellation()` now and then.
  public static func write<Request: Message, Reply: Message>(
    _ name: String, isLong: Bool = false, _ body: @escaping @Sendable (Request, Call) async throws -> Write<Reply>
  ) -> Method {
    Method(name: name, isLong: isLong) { bytes, call in
      let write = try await body(decode(bytes), call)
      return .write(write.with(reply: try write.reply.serializedBytes()))
    }
  }

  private static func decode<Request: Message>(_ bytes: [UInt8]) throws -> Request {
    do {
      return try Request(serializedBytes: bytes)
    } catch {
      throw CallError(.invalidArgument, "MALFORMED_REQUEST", "the request is not a \(Request.protoMessageName) message")
    }
  }
}
