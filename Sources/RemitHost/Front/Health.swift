import GRPCCore
import GRPCNIOTransportHTTP2Posix
import RemitAPI
import RemitPostgres
import ServiceLifecycle
import SwiftProtobuf
import Synchronization

/// gRPC health checks, without a key. The whole server is SERVING while its database can be reached and it does not shut down; so is each service.
final class Health: Service {
  static let service = "grpc.health.v1.Health"
  private static let period = Duration.seconds(1)
  private static let silenceMax = Duration.seconds(5)

  private let services: Set<String>
  private let front: Front
  private let pool: Pool
  private static let watchersMax = 10_000
  /// Of the last answer of the database: one that is frozen gives none.
  private let answeredAt = Mutex<ContinuousClock.Instant?>(.now)
  /// Who is told when it changes whether the server serves.
  private let watchers = Mutex<(isServing: Bool, byID: [UInt64: AsyncStream<Void>.Continuation], lastID: UInt64)>((true, [:], 0))

  init(services: [String], front: Front, pool: Pool) {
    self.services = Set(services)
    self.front = front
    self.pool = pool
  }

  /// Asks the database now and then, so that a check costs nothing.
  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        let answeredAt: ContinuousClock.Instant?
        do throws(PostgresError) {
          try await self.pool.run([Statement("SELECT 1")])
          answeredAt = .now
        } catch {
          answeredAt = nil
        }
        self.answeredAt.withLock { $0 = answeredAt }
        self.tellWatchers()
        // Cancelled at shutdown: then the loop ends.
        try? await Task.sleep(for: Self.period)
      }
    }
  }

  /// Also when the server begins to shut down.
  func tellWatchers() {
    let isServing = isServing
    let told = watchers.withLock { watchers -> [AsyncStream<Void>.Continuation] in
      guard isServing != watchers.isServing else { return [] }
      watchers.isServing = isServing
      return Array(watchers.byID.values)
    }
    for watcher in told { watcher.yield() }
  }

  /// Something for each time that it may have changed; the first at once.
  private func changes() throws -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id = try watchers.withLock { watchers throws(RPCError) in
      guard watchers.byID.count < Self.watchersMax else {
        throw RPCError(code: .resourceExhausted, message: "too many watch the health of this server")
      }
      watchers.lastID += 1
      watchers.byID[watchers.lastID] = continuation
      return watchers.lastID
    }
    continuation.onTermination = { _ in self.watchers.withLock { $0.byID[id] = nil } }
    continuation.yield()
    return stream
  }

  func register(in router: inout RPCRouter<HTTP2ServerTransport.Posix>) {
    router.registerHandler(
      forMethod: MethodDescriptor(fullyQualifiedService: Self.service, method: "Check"), deserializer: RawBytes(), serializer: RawBytes()
    ) { request, _ in
      let status = self.status(of: try await Self.asked(request))
      guard status != .serviceUnknown else { throw RPCError(code: .notFound, message: "no such service is served") }
      return StreamingServerResponse(single: ServerResponse(message: try Self.encoded(status)))
    }
    router.registerHandler(
      forMethod: MethodDescriptor(fullyQualifiedService: Self.service, method: "Watch"), deserializer: RawBytes(), serializer: RawBytes()
    ) { request, context in
      let service = try await Self.asked(request)
      let changes = try self.changes()
      return StreamingServerResponse { writer in
        var last: Status?
        // Ends when the client goes away, too: the task is cancelled.
        for await _ in changes {
          let status = self.status(of: service)
          if status != last { try await writer.write(try Self.encoded(status)) }
          last = status
          if self.isDraining { break }
        }
        return [:]
      }
    }
  }

  var isServing: Bool { !isDraining && reachesDatabase }
  var isDraining: Bool { front.drains }
  var reachesDatabase: Bool { answeredAt.withLock { $0.map { $0 + Self.silenceMax > .now } ?? false } }

  private typealias Status = Grpc_Health_V1_HealthCheckResponse.ServingStatus

  private func status(of service: String) -> Status {
    guard service.isEmpty || services.contains(service) else { return .serviceUnknown }
    return isServing ? .serving : .notServing
  }

  private static func asked(_ request: StreamingServerRequest<[UInt8]>) async throws -> String {
    let bytes: [UInt8]
    do {
      bytes = try await ServerRequest(stream: request).message
    } catch {
      throw RPCError(code: .unimplemented, message: "a check has one request")
    }
    guard let check = try? Grpc_Health_V1_HealthCheckRequest(serializedBytes: bytes) else {
      throw RPCError(code: .invalidArgument, message: "the request is not a HealthCheckRequest message")
    }
    return check.service
  }

  private static func encoded(_ status: Status) throws -> [UInt8] {
    try Grpc_Health_V1_HealthCheckResponse.with { $0.status = status }.serializedBytes()
  }
}
