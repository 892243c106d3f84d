import FoundationEssentials
import RemitAPI
import RemitPostgres
import RemitSDK
import SwiftProtobuf

/// Modules that subscribe by their manifest.
struct ModuleSubscribers: EventSubscribers {
  private let plugins: [String: Plugin]
  private let calls: Calls
  private let clock: Clock
  private let metrics: JobMetrics
  private let pool: Pool

  let atOnceMax = 4
  let absenceSecondsMax: Int32 = 60

  init(plugins: [Plugin], calls: Calls, clock: Clock, metrics: JobMetrics, pool: Pool) {
    self.pool = pool
    self.plugins = Dictionary(uniqueKeysWithValues: EventCursors.of(plugins).map { ($0.name, $0) })
    self.calls = calls
    self.clock = clock
    self.metrics = metrics
  }

  var names: [String] { Array(plugins.keys) }

  func subscriber(
    _ name: String, of tenant: Tenant, today: String, now: Google_Protobuf_Timestamp
  ) async throws -> (any EventSubscriber)? {
    guard let plugin = plugins[name] else { return nil }
    return ModuleSubscriber(
      plugin: plugin, types: try await types(plugin, of: tenant), tenant: tenant, today: today, calls: calls, clock: clock, metrics: metrics
    )
  }

  /// Of a subscription to what the company's documents name those count that ever held: what was begun by one that does not hold any more goes on.
  private func types(_ plugin: Plugin, of tenant: Tenant) async throws -> [String] {
    let types = plugin.manifest.subscriptions.map(\.event)
    guard types.contains(Remit_Plugin_V1_Subscription.namedByDocuments) else { return types }
    let kinds = plugin.manifest.documentKinds.map(\.kind)
    return try await pool.host(
      "SELECT DISTINCT unnest(events) FROM host.document WHERE kind = ANY ($1) AND events <> '{}'", [.texts(kinds)], as: tenant.id
    ).map { row in try row.text() } + types
  }
}

/// Is told by ordinary calls, each done once whatever crashes, as its request id is the event's.
private struct ModuleSubscriber: EventSubscriber {
  let plugin: Plugin
  let types: [String]
  let tenant: Tenant
  let today: String
  let calls: Calls
  let clock: Clock
  let metrics: JobMetrics

  var name: String { plugin.name }

  func tell(_ event: DeliveredEvent) async -> DeliveryOutcome {
    let subscriptions = plugin.manifest.subscriptions
    guard
      let path =
        (subscriptions.first { $0.event == event.type } ?? subscriptions.first { $0.event == Remit_Plugin_V1_Subscription.namedByDocuments })?
        .method,
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
