import FoundationEssentials
import GRPCCore
import RemitAPI
import RemitPostgres
import SwiftProtobuf
import Synchronization

typealias MessageSink = @Sendable ([UInt8]) async throws -> Void
typealias MessageSource = RPCAsyncSequence<[UInt8], any Error>

/// What a caller asked for, after the front admitted it.
struct CallOrder: Sendable {
  let method: ServedMethod
  let caller: Caller
  /// The idempotency key; made by the host where the caller gave none.
  let requestID: String
  let request: [UInt8]
  let now: Google_Protobuf_Timestamp
  let deadline: ContinuousClock.Instant
  /// The requests of a client stream; nil where the one is `request`.
  var source: MessageSource? = nil
  /// Takes the messages of a server stream but the last; waits until there is room. nil where the method does not stream.
  var sink: MessageSink? = nil

  /// Over method and body: a repeat with the same key must be the same request.
  var bodySHA256: [UInt8] { Digest.sha256(Array(method.path.utf8) + [0] + request) }
}

/// One call in a plugin's hands, with its transaction. Ends exactly once.
final class PluginCall: Sendable {
  enum Ending: Sendable {
    case answered([UInt8])
    case failed(CallError)
    /// Nobody waits any more.
    case cancelled
    case deadlinePassed
  }

  private struct State {
    var continuation: CheckedContinuation<Result<[UInt8], CallError>, Never>?
    var hasEnded = false
    /// The last thing asked of the transaction: they run in the order made.
    var last: Task<Void, Never>?
  }

  let id: UInt64
  let plugin: Plugin
  let order: CallOrder
  private let table: CallTable
  private let transaction: CallTransaction
  private let state = Mutex(State())

  init(_ order: CallOrder, plugin: Plugin, table: CallTable, pool: Pool) {
    id = table.newID()
    self.plugin = plugin
    self.order = order
    self.table = table
    transaction = CallTransaction(order, module: plugin.name, pool: pool)
  }

  /// How often it went to the database.
  var roundTrips: Int { transaction.roundTrips.load(ordering: .relaxed) }

  /// Hands the call to the plugin and waits for its end.
  func answer() async -> Result<[UInt8], CallError> {
    let context: [UInt8]
    do {
      context = try order.context.serializedBytes()
    } catch {
      return .failure(CallError(.internal, "CONTEXT", "the context of the call cannot be encoded: \(error)"))
    }
    // Before the call can end: an end takes the entry out again.
    table.insert(self)
    return await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.continuation = continuation }
        return state.hasEnded
      }
      guard !hasEnded else {
        table.remove(id)
        return continuation.resume(returning: .failure(PluginCall.cancelledError))
      }
      plugin.invoke(id, context: context, request: order.request)
    }
  }

  /// Ends the call; what is open in the database is rolled back. A second end does nothing.
  func end(_ ending: Ending) {
    let (isFirst, continuation) = state.withLock { state in
      guard !state.hasEnded else { return (false, nil as CheckedContinuation<Result<[UInt8], CallError>, Never>?) }
      state.hasEnded = true
      state.last = Task { [last = state.last, transaction] in
        await last?.value
        await transaction.abandon()
      }
      defer { state.continuation = nil }
      return (true, state.continuation)
    }
    guard isFirst else { return }
    table.remove(id)
    // Without a continuation the plugin has not been handed the call, and never will be.
    guard let continuation else { return }
    switch ending {
    case .answered(let body): continuation.resume(returning: .success(body))
    case .failed(let error): continuation.resume(returning: .failure(error))
    case .cancelled:
      plugin.cancel(id)
      continuation.resume(returning: .failure(Self.cancelledError))
    case .deadlinePassed:
      plugin.cancel(id)
      continuation.resume(
        returning: .failure(CallError(.deadlineExceeded, "DEADLINE_EXCEEDED", "the call took longer than its deadline")))
    }
  }

  private static let cancelledError = CallError(.cancelled, "CANCELLED", "the caller cancelled the call")

  /// Runs an encoded Batch after those before it, and answers with Results.
  func execute(_ bytes: [UInt8], done: Done) {
    state.withLock { state in
      state.last = Task { [last = state.last] in
        await last?.value
        done(await self.run(bytes))
      }
    }
  }

  /// Gives the caller one message of a stream, after what was asked before.
  func send(_ body: [UInt8], done: Done) {
    state.withLock { state in
      state.last = Task { [last = state.last] in
        await last?.value
        done(await self.deliver(body))
      }
    }
  }

  private func deliver(_ body: [UInt8]) async -> Result<[UInt8], CallError> {
    guard !state.withLock({ $0.hasEnded }) else { return .failure(CallError(.cancelled, "CALL_ENDED", "the call has ended")) }
    guard let sink = order.sink else {
      return .failure(CallError(.failedPrecondition, "NO_STREAM", "\(order.method.path) has one reply and is no stream"))
    }
    do {
      try await sink(body)
      return .success([])
    } catch {
      return .failure(CallError(.cancelled, "CALLER_GONE", "the caller takes no more messages"))
    }
  }

  private func run(_ bytes: [UInt8]) async -> Result<[UInt8], CallError> {
    guard !state.withLock({ $0.hasEnded }) else { return .failure(CallError(.cancelled, "CALL_ENDED", "the call has ended")) }
    do {
      let batch = try Remit_Plugin_V1_Batch(serializedBytes: bytes)
      for statement in batch.statements { try SQLGuard.check(statement.sql) }
      switch try await transaction.run(batch) {
      case .rows(let rows):
        let results: [UInt8] = try Remit_Plugin_V1_Results.with { $0.results = rows }.serializedBytes()
        if batch.end == .commit, batch.hasReply { end(.answered(Array(batch.reply.body))) }
        return .success(results)
      case .replay(let reply):
        end(.answered(reply))
        return .failure(CallError(.cancelled, "REPLAYED", "the same request was answered before"))
      }
    } catch let error as CallError {
      return .failure(error)
    } catch {
      return .failure(CallError(.invalidArgument, "MALFORMED_BATCH", "the batch cannot be read: \(error)"))
    }
  }
}

extension CallOrder {
  var context: Remit_Plugin_V1_CallContext {
    .with {
      $0.method = method.path
      $0.tenant = .with {
        $0.id = UInt32(caller.tenant.id)
        $0.name = caller.tenant.name
        $0.baseCurrency = caller.tenant.baseCurrency
        $0.timeZone = caller.tenant.timeZone
        $0.locale = caller.tenant.locale
      }
      $0.principal = .with {
        $0.id = caller.keyID
        $0.name = caller.principal
        $0.roles = caller.roles
        $0.permissions = caller.permissions.patterns
      }
      $0.requestID = requestID
      $0.now = now
      $0.businessDate = caller.businessDate
      let left = (deadline - .now).components
      $0.deadline = Google_Protobuf_Timestamp(
        seconds: now.seconds + left.seconds, nanos: now.nanos)
    }
  }
}
