import CRemitPlugin
import Logging
import RemitAPI
import SwiftProtobuf

/// A plugin that was loaded: what the host calls on it.
final class Plugin: Sendable {
  let name: String
  let manifest: Remit_Plugin_V1_Manifest
  let methods: [ServedMethod]
  /// Full names of the messages that it may tell.
  let events: Set<String>
  private let library: PluginLibrary

  /// Loads and checks it; it is not started yet.
  init(_ source: PluginSource, calls: CallTable, logger: Logger) throws(PluginProblem) {
    library = try PluginLibrary.open(source, host: HostFunctions(plugin: source.name, calls: calls, logger: logger).table())
    name = source.name
    manifest = library.manifest
    methods = library.methods
    events = Set(library.manifest.declaredEvents().keys)
  }

  /// What it may do when nobody calls: all of its own, and of the modules that it says it calls; of the host's nothing: nobody is asked who might give it.
  var ownPermissions: PermissionSet {
    PermissionSet(
      ([name] + manifest.calls.compactMap { $0.split(separator: ".").dropFirst().first.map(String.init) })
        .filter { $0 != "platform" }.map { "\($0).*" })
  }

  func start(settings: [String: String] = [:]) async throws {
    let bytes: [UInt8] = try Remit_Plugin_V1_Start.with { $0.settings = settings }.serializedBytes()
    let (status, body) = await wait { done, context in
      bytes.withRemitBytes { self.library.table.pointee.start(self.library.table.pointee.plugin, $0, done, context) }
    }
    guard status == 0 else {
      let message = (try? CallError(serializedBytes: body))?.message ?? "status \(status)"
      throw PluginProblem(plugin: name, message: "it did not start: \(message)")
    }
  }

  func invoke(_ call: UInt64, context: [UInt8], request: [UInt8]) {
    context.withRemitBytes { context in
      request.withRemitBytes { library.table.pointee.invoke(library.table.pointee.plugin, call, context, $0) }
    }
  }

  func cancel(_ call: UInt64) { library.table.pointee.cancel(library.table.pointee.plugin, call) }

  /// After it the plugin is silent.
  func stop() async {
    _ = await wait { done, context in self.library.table.pointee.stop(self.library.table.pointee.plugin, done, context) }
  }

  private func wait(_ begin: (remit_done, UnsafeMutableRawPointer) -> Void) async -> (remit_status, [UInt8]) {
    await withCheckedContinuation { continuation in
      begin(
        { context, status, body in
          guard let context else { return }
          Unmanaged<Waiter>.fromOpaque(context).takeRetainedValue().continuation.resume(returning: (status, [UInt8](body)))
        }, Unmanaged.passRetained(Waiter(continuation)).toOpaque())
    }
  }
}

private final class Waiter: Sendable {
  let continuation: CheckedContinuation<(remit_status, [UInt8]), Never>
  init(_ continuation: CheckedContinuation<(remit_status, [UInt8]), Never>) { self.continuation = continuation }
}
