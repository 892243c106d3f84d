import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import RemitAPI
import RemitJSON

/// GET /events, as server-sent events: sequence, type and aggregate of each event whose content the key may see. `Last-Event-ID` goes on after the last that
/// the client had; what is older than events are kept is told as `event: reset`. Who does not read is dropped.
struct EventStream: Sendable {
  let front: Front
  let feed: EventFeed
  /// Full name of an event -> the permission of who may see it.
  let permissions: [String: String]

  private static let heartbeat = Duration.seconds(15)
  private static let readingMax = Duration.seconds(30)

  func answer(_ request: Request) async -> Response {
    do {
      let headers = try CallHeaders(request)
      let caller = try await front.caller(headers)
      guard !caller.isOperator else { throw CallError(.permissionDenied, "COMPANIES_ONLY", "events are of companies; use a key of one") }
      let types = Set(permissions.filter { caller.permissions.allows($0.value) }.keys)
      let lastID = request.headers[.lastEventID] ?? request.uri.queryParameters["after"].map(String.init)
      guard let after = lastID.map({ Int64($0) ?? -1 }), after >= 0 else {
        guard lastID == nil else { throw CallError.invalid([("Last-Event-ID", "is the id of an event that was told")]) }
        return try stream(headers, caller, types, after: nil)
      }
      return try stream(headers, caller, types, after: after)
    } catch {
      return ConnectError(error as? CallError ?? CallError(.internal, "UNEXPECTED", "\(error)"), module: "platform").response
    }
  }

  private func stream(_ headers: CallHeaders, _ caller: Caller, _ types: Set<String>, after: Int64?) throws -> Response {
    let tenant = caller.tenant.id
    guard let (id, told) = feed.listen(tenant, types: types) else {
      throw CallError(.resourceExhausted, "LISTENERS", "\(EventFeed.ofCompanyMax) listen already; ask for events from time to time instead")
    }
    let body = ResponseBody { writer in
      defer { feed.leave(tenant, id) }
      let pipe = BodyPipe(writer)
      func write(_ text: String) async throws { try await Self.inTime { try await pipe.write(Array(text.utf8)) } }
      try await write(": events of \(caller.tenant.name)\n\n")
      var last = try await catchUp(tenant, types, after: after, write)
      let beats = Beats(told, every: Self.heartbeat)
      for await beat in beats.stream {
        switch beat {
        case .told(let event) where event.sequence > last:
          last = event.sequence
          try await write(Self.text(event))
        case .told: break
        case .silence:
          // Who may not listen any more hears no more.
          let now = try? await front.caller(headers)
          guard let now, Set(permissions.filter { now.permissions.allows($0.value) }.keys) == types else { return try await pipe.finish() }
          try await write(":\n\n")
        }
      }
      try await pipe.finish()
    }
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no"], body: body)
  }

  private struct SlowReader: Error {}

  /// Who takes nothing for so long is left.
  private static func inTime(_ body: @escaping @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup { group in
      group.addTask { try await body() }
      group.addTask {
        try await Task.sleep(for: readingMax)
        throw SlowReader()
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// What came while the client was away.
  private func catchUp(
    _ tenant: Int32, _ types: Set<String>, after: Int64?, _ write: (String) async throws -> Void
  ) async throws -> Int64 {
    let span = try await feed.span(tenant)
    feed.begin(tenant, at: span.last)
    guard var last = after else { return span.last }
    if last > span.last || last + 1 < span.first {
      try await write("event: reset\nid: \(span.last)\ndata: {}\n\n")
      return span.last
    }
    while true {
      let found = try await feed.missed(by: types, of: tenant, after: last, to: span.last)
      if !found.isEmpty { try await write(found.map(Self.text).joined()) }
      guard let end = found.last?.sequence else { return max(last, span.last) }
      last = end
    }
  }

  private static func text(_ event: EventFeed.Told) -> String {
    let data = JSONValue.object([("type", .string(event.type)), ("aggregate", .string(event.aggregate))]).text
    return "id: \(event.sequence)\ndata: \(data)\n\n"
  }
}

/// What is told, and silences between.
private struct Beats: Sendable {
  enum Beat: Sendable {
    case told(EventFeed.Told)
    case silence
  }

  let stream: AsyncStream<Beat>

  init(_ told: AsyncStream<EventFeed.Told>, every interval: Duration) {
    stream = AsyncStream(bufferingPolicy: .bufferingOldest(1000)) { continuation in
      let task = Task {
        await withTaskGroup { group in
          group.addTask {
            for await event in told {
              // Too much is unread.
              if case .dropped = continuation.yield(.told(event)) { return }
            }
          }
          group.addTask {
            while !Task.isCancelled {
              try? await Task.sleep(for: interval)
              continuation.yield(.silence)
            }
          }
          // When there is no more to be told, it ends.
          await group.next()
          group.cancelAll()
        }
        continuation.finish()
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }
}

extension HTTPField.Name {
  fileprivate static let lastEventID = Self("last-event-id") ?? .ifMatch
  fileprivate static let accelBuffering = Self("x-accel-buffering") ?? .server
}
