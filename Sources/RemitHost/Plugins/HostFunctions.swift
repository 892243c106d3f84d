import CRemitPlugin
import FoundationEssentials
import Logging
import RemitAPI
import SwiftProtobuf

/// remit_host_v1 as one plugin sees it: each function looks the call up among that plugin's own.
final class HostFunctions: Sendable {
  private let plugin: String
  private let calls: CallTable
  private let logger: Logger

  init(plugin: String, calls: CallTable, logger: Logger) {
    self.plugin = plugin
    self.calls = calls
    self.logger = logger
  }

  /// The C table; like this object it lives as long as the process.
  func table() -> UnsafePointer<remit_host_v1> {
    let table = UnsafeMutablePointer<remit_host_v1>.allocate(capacity: 1)
    table.initialize(
      to: remit_host_v1(
        size: UInt32(MemoryLayout<remit_host_v1>.size), abi: REMIT_ABI_V1, host: Unmanaged.passRetained(self).toOpaque(),
        log: { host, call, level, record in HostFunctions.at(host)?.log(call, level, [UInt8](record)) },
        reply: { host, call, status, body in HostFunctions.at(host)?.reply(call, status, [UInt8](body)) },
        send: { host, call, body, done, context in
          HostFunctions.at(host)?.send(call, [UInt8](body), Done(done: done, context: context))
        },
        execute: { host, call, batch, done, context in
          HostFunctions.at(host)?.execute(call, [UInt8](batch), Done(done: done, context: context))
        },
        invoke: { host, call, invoke, done, context in
          HostFunctions.at(host)?.invoke(call, [UInt8](invoke), Done(done: done, context: context))
        }))
    return UnsafePointer(table)
  }

  private static func at(_ pointer: UnsafeMutableRawPointer?) -> HostFunctions? {
    pointer.map { Unmanaged<HostFunctions>.fromOpaque($0).takeUnretainedValue() }
  }

  private func log(_ call: UInt64, _ level: remit_level, _ record: [UInt8]) {
    guard let record = try? Remit_Plugin_V1_LogRecord(serializedBytes: record) else {
      return logger.warning("a plugin sent a log record that cannot be read", metadata: ["plugin": "\(plugin)"])
    }
    var metadata: Logger.Metadata = ["plugin": "\(plugin)"]
    for (key, value) in record.attributes { metadata[key] = "\(value)" }
    if let order = calls.call(call, of: plugin)?.order {
      metadata["tenant"] = "\(order.caller.tenant.name)"
      metadata["request"] = "\(order.requestID)"
    }
    let levels: [Logger.Level] = [.trace, .debug, .info, .warning, .error]
    logger.log(level: levels[min(max(Int(level), 0), 4)], "\(record.message)", metadata: metadata)
  }

  private func reply(_ id: UInt64, _ status: remit_status, _ body: [UInt8]) {
    // After cancel or a committed write a late reply finds no call, and is dropped.
    guard let call = calls.call(id, of: plugin) else { return }
    guard status != 0 else { return call.end(.answered(body)) }
    var error = (try? CallError(serializedBytes: body)) ?? CallError(.unknown, "MALFORMED_STATUS", "the plugin failed without saying why")
    error.code = status
    call.end(.failed(error))
  }

  private func send(_ id: UInt64, _ body: [UInt8], _ done: Done) { call(id, or: done)?.send(body, done: done) }

  private func execute(_ id: UInt64, _ batch: [UInt8], _ done: Done) { call(id, or: done)?.execute(batch, done: done) }

  private func invoke(_ id: UInt64, _ invoke: [UInt8], _ done: Done) { call(id, or: done)?.invoke(invoke, done: done) }

  /// The call; where it has ended, `done` hears of it.
  private func call(_ id: UInt64, or done: Done) -> PluginCall? {
    let call = calls.call(id, of: plugin)
    if call == nil { Task { done(.failure(CallError(.cancelled, "CALL_ENDED", "the call has ended"))) } }
    return call
  }
}

/// A `remit_done` that is owed exactly once.
struct Done: @unchecked Sendable {
  let done: remit_done?
  let context: UnsafeMutableRawPointer?

  func callAsFunction(_ result: Result<[UInt8], CallError>) {
    switch result {
    case .success(let body): body.withRemitBytes { done?(context, 0, $0) }
    case .failure(let error):
      // A status of strings and numbers cannot fail to encode.
      let body: [UInt8] = (try? error.serializedBytes()) ?? []
      body.withRemitBytes { done?(context, error.code, $0) }
    }
  }
}
