public import CRemitPlugin
import FoundationEssentials
import RemitAPI
import SwiftProtobuf
import Synchronization

/// Connects a `Module` to the host.
public enum Runtime {
  /// Call it from `remit_plugin_main_v1`, and return what it gives; nil refuses a host of another version.
  public static func start<M: Module>(_: M.Type, host: UnsafePointer<remit_host_v1>?) -> UnsafePointer<remit_plugin_v1>? {
    guard let host = HostPort(host) else { return nil }
    guard let manifest: [UInt8] = try? M().manifest.serializedBytes() else {
      host.log(0, .error, .with { $0.message = "the manifest of \(M.name) cannot be encoded" })
      return nil
    }
    // The table and the manifest live as long as the process.
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: manifest.count)
    _ = bytes.initialize(from: manifest)
    let table = UnsafeMutablePointer<remit_plugin_v1>.allocate(capacity: 1)
    table.initialize(
      to: remit_plugin_v1(
        size: UInt32(MemoryLayout<remit_plugin_v1>.size), abi: REMIT_ABI_V1,
        plugin: Unmanaged.passRetained(RunningModule(M(), host: host)).toOpaque(),
        manifest: remit_bytes(data: bytes.baseAddress, size: bytes.count),
        start: { _, _, done, context in
          let answer = Completion(done, context)
          Task { answer.call() }
        },
        invoke: { plugin, call, context, request in
          RunningModule.at(plugin)?.invoke(call, context: [UInt8](context), request: [UInt8](request))
        },
        cancel: { plugin, call in RunningModule.at(plugin)?.cancel(call) },
        stop: { plugin, done, context in
          let answer = Completion(done, context)
          guard let module = RunningModule.at(plugin) else { return }
          Task {
            await module.stop()
            answer.call()
          }
        }))
    return UnsafePointer(table)
  }
}

/// A `remit_done` that is owed.
private struct Completion: @unchecked Sendable {
  private let done: remit_done?
  private let context: UnsafeMutableRawPointer?

  init(_ done: remit_done?, _ context: UnsafeMutableRawPointer?) {
    self.done = done
    self.context = context
  }

  func call() { done?(context, 0, remit_bytes(data: nil, size: 0)) }
}

/// A module with its calls in flight.
private final class RunningModule: Sendable {
  private let methods: [String: Method]
  private let host: HostPort
  private let tasks = Mutex<[UInt64: Task<Void, Never>]>([:])

  init<M: Module>(_ module: M, host: HostPort) {
    methods = Dictionary(
      module.services.flatMap { service in service.methods.map { ("/\(service.name)/\($0.name)", $0) } },
      uniquingKeysWith: { first, _ in first })
    self.host = host
  }

  static func at(_ pointer: UnsafeMutableRawPointer?) -> RunningModule? {
    pointer.map { Unmanaged<RunningModule>.fromOpaque($0).takeUnretainedValue() }
  }

  func invoke(_ id: UInt64, context: [UInt8], request: [UInt8]) {
    let decoded = Result { try Remit_Plugin_V1_CallContext(serializedBytes: context) }
    let isLong = (try? decoded.get()).flatMap { methods[$0.method]?.isLong } ?? false
    // Made under the lock: the task's end must not come before its entry.
    tasks.withLock { tasks in
      tasks[id] = Task(executorPreference: isLong ? LongWork.shared : nil) {
        let result = await self.answer(id, decoded, request)
        self.tasks.withLock { $0[id] = nil }
        if let result { self.host.reply(id, result) }
      }
    }
  }

  func cancel(_ id: UInt64) { tasks.withLock { $0[id] }?.cancel() }

  func stop() async {
    for task in tasks.withLock({ Array($0.values) }) { await task.value }
  }

  /// The reply that is still owed; nil where a committed write carried it.
  private func answer(_ id: UInt64, _ context: Result<Remit_Plugin_V1_CallContext, any Error>, _ request: [UInt8]) async
    -> Result<[UInt8], CallError>?
  {
    do {
      let call = Call(id: id, context: try context.get(), host: host)
      guard let method = methods[call.context.method] else {
        throw CallError(.unimplemented, "NO_METHOD", "\(call.context.method) is not a method of this module")
      }
      switch try await method.run(request, call) {
      case .reply(let body): return .success(body)
      case .write(let write) where !write.commits: return .success(write.reply)
      case .write(let write):
        try await commit(write, of: id)
        return nil
      }
    } catch let error as CallError {
      return .failure(error)
    } catch is CancellationError {
      return .failure(CallError(.cancelled, "CANCELLED", "the call was cancelled, or its deadline has passed"))
    } catch {
      return .failure(CallError(.internal, "UNEXPECTED", "\(error)"))
    }
  }

  private func commit(_ write: Write<[UInt8]>, of id: UInt64) async throws(CallError) {
    let batch = Remit_Plugin_V1_Batch.with {
      $0.statements = write.statements
      $0.end = .commit
      $0.reply = .with { $0.body = .init(write.reply) }
      $0.resource = write.resource
      $0.title = write.title
      $0.events = write.events
      $0.wakes = write.wakes
    }
    do {
      _ = try await host.execute(id, batch)
    } catch {
      throw error.metadata["constraint"].flatMap { write.refusals[$0] } ?? error
    }
  }
}
