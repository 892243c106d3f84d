import CRemitPlugin
import RemitAPI
import SwiftProtobuf

/// The host's function table, in Swift.
struct HostPort: @unchecked Sendable {
  /// Valid for the life of the process.
  private let table: UnsafePointer<remit_host_v1>

  /// nil where the table is none of this version.
  init?(_ table: UnsafePointer<remit_host_v1>?) {
    guard let table, table.pointee.abi == REMIT_ABI_V1, table.pointee.size == UInt32(MemoryLayout<remit_host_v1>.size) else {
      return nil
    }
    self.table = table
  }

  func log(_ call: UInt64, _ level: LogLevel, _ record: Remit_Plugin_V1_LogRecord) {
    // A record of strings cannot fail to encode.
    let bytes: [UInt8] = (try? record.serializedBytes()) ?? []
    bytes.withRemitBytes { table.pointee.log(table.pointee.host, call, level.rawValue, $0) }
  }

  func reply(_ call: UInt64, _ result: Result<[UInt8], CallError>) {
    switch result {
    case .success(let body): body.withRemitBytes { table.pointee.reply(table.pointee.host, call, 0, $0) }
    case .failure(let error):
      error.encoded.withRemitBytes { table.pointee.reply(table.pointee.host, call, error.code, $0) }
    }
  }

  func execute(_ call: UInt64, _ batch: Remit_Plugin_V1_Batch) async throws(CallError) -> Remit_Plugin_V1_Results {
    do {
      let bytes: [UInt8] = try batch.serializedBytes()
      let body = try await wait { done, context in
        bytes.withRemitBytes { table.pointee.execute(table.pointee.host, call, $0, done, context) }
      }
      return try Remit_Plugin_V1_Results(serializedBytes: body)
    } catch let error as CallError {
      throw error
    } catch {
      throw CallError(.internal, "MALFORMED_RESULTS", "the host's answer to a batch cannot be read: \(error)")
    }
  }

  func invoke(_ call: UInt64, _ invoke: Remit_Plugin_V1_Invoke) async throws -> [UInt8] {
    let bytes: [UInt8] = try invoke.serializedBytes()
    return try await wait { done, context in
      bytes.withRemitBytes { table.pointee.invoke(table.pointee.host, call, $0, done, context) }
    }
  }

  func send(_ call: UInt64, _ body: [UInt8]) async throws(CallError) {
    _ = try await wait { done, context in
      body.withRemitBytes { table.pointee.send(table.pointee.host, call, $0, done, context) }
    }
  }

  /// Starts what ends with a `remit_done`, and waits for it.
  private func wait(_ start: (remit_done, UnsafeMutableRawPointer) -> Void) async throws(CallError) -> [UInt8] {
    let result: Result<[UInt8], CallError> = await withCheckedContinuation { continuation in
      start(
        { context, status, body in
          guard let context else { return }
          let waiter = Unmanaged<Waiter>.fromOpaque(context).takeRetainedValue()
          let bytes = [UInt8](body)
          waiter.continuation.resume(returning: status == 0 ? .success(bytes) : .failure(CallError(code: status, encoded: bytes)))
        }, Unmanaged.passRetained(Waiter(continuation)).toOpaque())
    }
    return try result.get()
  }
}

/// Who waits for a `remit_done`.
private final class Waiter: Sendable {
  let continuation: CheckedContinuation<Result<[UInt8], CallError>, Never>
  init(_ continuation: CheckedContinuation<Result<[UInt8], CallError>, Never>) { self.continuation = continuation }
}

extension CallError {
  init(code: Int32, encoded: [UInt8]) {
    do {
      self = try CallError(serializedBytes: encoded)
    } catch {
      self = CallError(.unknown, "MALFORMED_STATUS", "an error came without a readable status")
    }
    self.code = code
  }

  var encoded: [UInt8] { (try? serializedBytes()) ?? [] }
}

extension [UInt8] {
  init(_ bytes: remit_bytes) { self = Array(UnsafeBufferPointer(start: bytes.data, count: bytes.size)) }

  func withRemitBytes<Value>(_ body: (remit_bytes) -> Value) -> Value {
    withUnsafeBufferPointer { body(remit_bytes(data: $0.baseAddress, size: $0.count)) }
  }
}
