import CRemitPlugin
import Glibc
import RemitAPI
import SwiftProtobuf

/// Why a plugin cannot be used: one line.
public struct PluginProblem: Error, Sendable, CustomStringConvertible {
  public var plugin: String
  public var message: String

  public var description: String { "plugin \(plugin): \(message)" }
}

/// Where the host finds a plugin.
public struct PluginSource: Sendable {
  /// Its module's name: "ledger".
  public var name: String
  /// The shared library.
  public var path: String

  public init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}

/// A shared library that was opened, and what it says it is, checked whole.
struct PluginLibrary: @unchecked Sendable {
  let manifest: Remit_Plugin_V1_Manifest
  let methods: [ServedMethod]
  /// Valid for the life of the process.
  let table: UnsafePointer<remit_plugin_v1>

  /// - Parameter host: handed to the plugin; must live as long as the process.
  static func open(_ source: PluginSource, host: UnsafePointer<remit_host_v1>) throws(PluginProblem) -> PluginLibrary {
    func problem(_ message: String) -> PluginProblem { PluginProblem(plugin: source.name, message: message) }
    guard let handle = dlopen(source.path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
      throw problem("\(String(cString: dlerror())); check the path, and that it is a plugin built for this machine")
    }
    guard let symbol = dlsym(handle, "remit_plugin_main_v1") else {
      throw problem("\(source.path) is not a Remit plugin: it exports no remit_plugin_main_v1")
    }
    typealias Main = @convention(c) (UnsafePointer<remit_host_v1>?) -> UnsafePointer<remit_plugin_v1>?
    guard let table = unsafeBitCast(symbol, to: Main.self)(host) else { throw problem("it refuses this remitd; see the log line above") }
    guard table.pointee.abi == REMIT_ABI_V1, table.pointee.size == UInt32(MemoryLayout<remit_plugin_v1>.size) else {
      throw problem("it was built for another version of remit_plugin.h; build it again")
    }
    guard table.pointee.start != nil, table.pointee.invoke != nil, table.pointee.cancel != nil, table.pointee.stop != nil else {
      throw problem("it lacks start, invoke, cancel or stop")
    }
    guard let manifest = try? Remit_Plugin_V1_Manifest(serializedBytes: [UInt8](table.pointee.manifest)) else {
      throw problem("its manifest is not a remit.plugin.v1.Manifest")
    }
    guard manifest.name == source.name else { throw problem("its manifest names it \(manifest.name)") }
    do throws(ManifestError) {
      return PluginLibrary(manifest: manifest, methods: try manifest.checkedMethods(), table: table)
    } catch {
      throw problem(error.message)
    }
  }
}

extension [UInt8] {
  init(_ bytes: remit_bytes) { self = Array(UnsafeBufferPointer(start: bytes.data, count: bytes.size)) }

  /// Lends the bytes. In a debug build they are overwritten afterwards, so that a plugin that keeps them is found out.
  func withRemitBytes<Value>(_ body: (remit_bytes) -> Value) -> Value {
    #if DEBUG
      let lent = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count)
      _ = lent.initialize(from: self)
      defer {
        lent.update(repeating: 0xDD)
        lent.deallocate()
      }
      return body(remit_bytes(data: lent.baseAddress, size: count))
    #else
      return withUnsafeBufferPointer { body(remit_bytes(data: $0.baseAddress, size: $0.count)) }
    #endif
  }
}
