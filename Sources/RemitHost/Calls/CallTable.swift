import FoundationEssentials
import Synchronization

/// The calls that are in plugins' hands, by the number the plugins know them by; and the methods by which plugins call each other.
final class CallTable: Sendable {
  private let calls = Mutex<[UInt64: PluginCall]>([:])
  private let last = Atomic<UInt64>(0)

  private let served = Mutex<(endpoints: [String: Endpoint], settling: Duration)>(([:], .zero))

  /// From now on plugins can call these.
  func serve(_ endpoints: [Endpoint]) {
    served.withLock { served in
      for endpoint in endpoints { served.endpoints[endpoint.method.path] = endpoint }
      served.settling = served.endpoints.values.filter(\.isPlugins).map(\.method.timeout).max() ?? .zero
    }
  }

  /// The longest that a call of a plugin's method lasts: what began longer ago has ended.
  var settling: Duration { served.withLock { $0.settling } }

  /// - Parameter path: "/remit.ledger.v1.LedgerService/PostInvoice".
  func endpoint(_ path: String) -> Endpoint? { served.withLock { $0.endpoints[path] } }

  func newID() -> UInt64 { last.add(1, ordering: .relaxed).newValue }

  func insert(_ call: PluginCall) { calls.withLock { $0[call.id] = call } }

  func remove(_ id: UInt64) { calls.withLock { $0[id] = nil } }

  /// The call, if this plugin has it.
  func call(_ id: UInt64, of plugin: String) -> PluginCall? {
    guard let call = calls.withLock({ $0[id] }), call.plugin.name == plugin else { return nil }
    return call
  }

  var count: Int { calls.withLock { $0.count } }

  /// Ends the calls whose deadline has passed.
  func endOverdue() {
    let now = ContinuousClock.now
    for call in calls.withLock({ $0.values.filter { $0.order.deadline <= now } }) { call.end(.deadlinePassed) }
  }
}
