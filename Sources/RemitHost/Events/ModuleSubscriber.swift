import FoundationEssentials
import RemitAPI
import SwiftProtobuf

/// Modules that subscribe by their manifest.
struct ModuleSubscribers: EventSubscribers {
  private let plugins: [String: Plugin]
  private let calls: Calls
  private let clock: Clock
  private let metrics: JobMetrics

  let atOnceMax = 4
  let absenceSecondsMax: Int32 = 60

  init(plugins: [Plugin], calls: Calls, clock: Clock, metrics: JobMetrics) {
    self.plugins = Dictionary(uniqueKeysWithValues: EventCursors.of(plugins).map { ($0.name, $0) })
    self.calls = calls
    self.clock = clock
    self.metrics = metrics
  }

  var names: [String] { Array(plugins.keys) }

  func subscriber(_ name: String, of tenant: Tenant, today: String, now: Google_Protobuf_Timestamp) -> (any EventSubscriber)? {
    plugins[name].map { ModuleSubscriber(plugin: $0, tenant: tenant, today: today, calls: calls, clock: clock, metrics: metrics) }
  }
}

/// Is told by ordinary calls, each done once whatever crashes, as its request id is the event's.
private struct ModuleSubscriber: EventSubscriber {
  let plugin: Plugin
  let tenant: Tenant
  let today: String
  let calls: Calls
  let clock: Clock
  let metrics: JobMetrics

  var name: String { plugin.name }
  var types: [String] { plugin.manifest.subscriptions.map(\.event) }

  func tell(_ event: DeliveredEvent) async -> DeliveryOutcome {
    guard let path = plugin.manifest.subscriptions.first(where: { $0.event == event.type })?.method,
      let method = plugin.methods.first(where: { $0.path == path })
    else { return .done }
    let caller = Caller("event \(plugin.name)", of: plugin, for: tenant, today: today)
    var order = CallOrder(
      method: method, caller: caller, requestID: "event/\(plugin.name)/\(event.sequence)", request: [], now: clock.now,
      deadline: .now + method.timeout)
    order.hops = event.hops + 1
    do {
      order.request = try Remit_Plugin_V1_Delivery.with {
        $0.sequence = UInt64(clamping: event.sequence)
        $0.event = .with {
          $0.type = event.type
          $0.aggregate = event.aggregate
          $0.payload = Data(event.payload)
        }
        $0.recordedAt = event.recordedAt
      }.serializedBytes()
    } catch {
      return .refused("it cannot be encoded: \(error)")
    }
    let admitted = order
    let answer = await calls.perform(Endpoint(method: method, provider: .plugin(plugin)), handle: CallHandle(), trace: nil) {
      try Calls.requirePermission(method, caller)
      return (admitted, nil)
    }
    guard case .failure(let error) = answer.result else {
      metrics.ran(plugin.name, "event", failed: false)
      return .done
    }
    metrics.ran(plugin.name, "event", failed: true)
    if Task.isCancelled || error.code == CallError.Code.unavailable.value { return .away(error.message) }
    return .refused("\(error.reason): \(error.message)".cut(toBytes: 500))
  }

  func end() async {}
  func close() async {}
}
