import FoundationEssentials
import RemitAPI
import RemitJSON
import RemitPostgres
import SwiftProtobuf

/// The webhooks of all companies.
struct WebhookSubscribers: EventSubscribers {
  let pool: Pool
  let messages: MessageSchema
  /// Hosts that the operator allows.
  let allowed: Set<String>
  /// Rings when an event was told.
  let told: Bell

  let names = ["webhook/"]
  let atOnceMax = 16
  let absenceSecondsMax: Int32 = 3600

  func subscriber(
    _ name: String, of tenant: Tenant, today: String, now: Google_Protobuf_Timestamp
  ) async throws -> (any EventSubscriber)? {
    let webhook = String(name.dropFirst("webhook/".count))
    let found = try await pool.host(
      [
        SQL(
          "SELECT url, array_to_string(types, ' '), version, created_at, filter FROM host.webhook WHERE name = $1 AND switched_off_at IS NULL",
          [.text(webhook)]),
        SQL(
          "SELECT secret FROM host.webhook_secret WHERE (tenant_id, webhook) = ($1, $2) AND good_until > now() ORDER BY good_until DESC",
          [.int4(tenant.id), .text(webhook)]),
      ], as: tenant.id)
    let secrets = try found[1].map { row in WebhookSecret(bytes: try row.bytes()) }
    let row = try found[0].map { row in (try row.text(), try row.text(), try row.int8(), try row.timestamptz(), try row.text()) }.first
    guard let (url, types, version, createdAt, filter) = row, !secrets.isEmpty else { return nil }
    return WebhookSubscriber(
      webhook: webhook, version: version, createdAt: createdAt, url: url,
      types: types.split(separator: " ").map(String.init) + [WebhookSubscriber.tested],
      // One that a newer module reads otherwise filters nothing.
      filter: try? EventFilter(filter, types: types.split(separator: " ").map(String.init), messages), secrets: secrets,
      tenant: tenant, subscribers: self)
  }
}

/// A system of a company's own. It is told at least once, each event with the same id; one that fails for days, or says that it wants no more, is switched
/// off, and the company is told so by an event.
private actor WebhookSubscriber: EventSubscriber {
  static let tested = "remit.platform.v1.WebhookTested"
  private static let failingDaysMax: Int32 = 3

  nonisolated let webhook: String
  nonisolated let types: [String]
  /// With the version, tells it from one that took its place.
  private let createdAt: Google_Protobuf_Timestamp
  private let version: Int64
  private let url: String
  private let filter: EventFilter?
  private let secrets: [WebhookSecret]
  private let tenant: Tenant
  private let subscribers: WebhookSubscribers
  private var sender: WebhookSender?
  private var hasDelivered = false
  /// Why the last was not told, where nothing could be.
  private var absence: String?
  /// Why the receiver wants no more.
  private var end: String?

  init(
    webhook: String, version: Int64, createdAt: Google_Protobuf_Timestamp, url: String, types: [String], filter: EventFilter?,
    secrets: [WebhookSecret], tenant: Tenant, subscribers: WebhookSubscribers
  ) {
    self.webhook = webhook
    self.version = version
    self.createdAt = createdAt
    self.url = url
    self.types = types
    self.filter = filter
    self.secrets = secrets
    self.tenant = tenant
    self.subscribers = subscribers
  }

  nonisolated var name: String { "webhook/\(webhook)" }

  func tell(_ event: DeliveredEvent) async -> DeliveryOutcome {
    // Those who wanted to know whether another arrives.
    if event.type == Self.tested, event.aggregate != name { return .done }
    if let filter, !filter.wants(event) { return .done }
    // Where the database cannot say, the place is not kept either, and it is tried again.
    guard await (try? isCurrent()) ?? false else { return .changed }
    do {
      let body = try body(of: event)
      // Receivers compare it with the time that it is, whatever a company's clock says.
      let (id, time) = ("evt_\(tenant.name)_\(event.sequence)", Int64(Date().timeIntervalSince1970))
      let signatures = secrets.map { $0.signature(id: id, time: time, body: body) }
      try await readySender().send(
        body,
        headers: [("webhook-id", id), ("webhook-timestamp", "\(time)"), ("webhook-signature", signatures.joined(separator: " "))])
      hasDelivered = true
      return .done
    } catch let failure as WebhookSender.Failure {
      // The server stops, or somebody else tells it by now: that is no failure of the receiver.
      if Task.isCancelled { return .changed }
      if failure.isEnd { end = failure.why }
      if failure.isOfMessage { return .refused(failure.why) }
      absence = failure.why
      return .away(failure.why)
    } catch {
      return .refused("\(error)".cut(toBytes: 300))
    }
  }

  /// Whether it is as it was when the lease was taken: what is changed, suspended or deleted is sent nothing more.
  private func isCurrent() async throws -> Bool {
    let rows = try await subscribers.pool.host(
      "SELECT true FROM host.webhook WHERE \(Self.same) AND switched_off_at IS NULL", key, as: tenant.id)
    return try rows.map { row in try row.bool() }.first ?? false
  }

  private static let same = "(name, version, created_at) = ($1, $2, $3)"
  private var key: [Parameter] { [.text(webhook), .int8(version), .timestamptz(createdAt)] }

  private func readySender() async throws -> WebhookSender {
    if let sender { return sender }
    let target: WebhookSender.Target
    do {
      target = try WebhookSender.Target(url, allowed: subscribers.allowed)
    } catch {
      throw WebhookSender.Failure(why: "its address \(error)")
    }
    let made = try await WebhookSender(target, allowed: subscribers.allowed)
    sender = made
    return made
  }

  private func body(of event: DeliveredEvent) throws -> [UInt8] {
    guard subscribers.messages.knows(event.type), let json = try? subscribers.messages.json(fromWire: event.payload, as: event.type) else {
      throw CallError(.internal, "NO_EVENT", "this remitd does not know \(event.type), or not in this form")
    }
    let head = Remit_Platform_V1_WebhookMessage.with {
      $0.type = event.type
      $0.timestamp = event.recordedAt
      $0.tenant = tenant.name
      $0.sequence = UInt64(clamping: event.sequence)
      $0.aggregate = event.aggregate
    }
    // Each server writes the same, as one id is always one message; and whole numbers without a fraction, as no Struct could.
    guard case .object(let members) = try JSONValue(Array(try head.jsonUTF8Data())) else {
      throw CallError(.internal, "NO_EVENT", "the event cannot be written")
    }
    let order = ["type", "timestamp", "tenant", "sequence", "aggregate"]
    let ordered = order.compactMap { name in members.first { $0.key == name } }
    return Array(JSONValue.object(ordered + [("data", try JSONValue(Array(json.utf8)))]).text.utf8)
  }

  func close() async {
    await sender?.close()
    sender = nil
  }

  func end() async throws {
    let rows = try await subscribers.pool.host(
      """
      UPDATE host.webhook SET delivered_at = CASE WHEN $4 THEN now() ELSE delivered_at END, error = coalesce($5, CASE WHEN $4 THEN '' ELSE error END),
             failing_since = CASE WHEN $5::text IS NULL THEN CASE WHEN $4 THEN NULL ELSE failing_since END
                                  WHEN $4 THEN now() ELSE coalesce(failing_since, now()) END
       WHERE \(Self.same) AND ($4 OR $5 IS NOT NULL)
      RETURNING coalesce(failing_since < now() - $6 * interval '1 day', false)
      """, key + [.bool(hasDelivered), .text(absence), .int4(Self.failingDaysMax)], as: tenant.id)
    let failsForDays = try rows.map { row in try row.bool() }.first ?? false
    if let why = end ?? (failsForDays ? "it failed for \(Self.failingDaysMax) days: \(absence ?? "")" : nil) { try await switchOff(why) }
  }

  private func switchOff(_ why: String) async throws {
    let event = Remit_Platform_V1_WebhookSwitchedOff.with {
      $0.name = webhook
      $0.because = why
    }
    _ = try await subscribers.pool.host(
      """
      WITH off AS (
        UPDATE host.webhook SET switched_off_at = now(), switched_off_because = $4 WHERE \(Self.same) AND switched_off_at IS NULL RETURNING name),
      asleep AS (
        UPDATE host.cursor SET lease_until = 'infinity', leased_by = NULL FROM off WHERE (tenant_id, subscriber) = ($5, $6))
      INSERT INTO host.outbox (tenant_id, type, aggregate, payload, hops, recorded_at, request_id) SELECT $5, $7, $6, $8, 0, now(), $6 FROM off
      """,
      key + [
        .text(why), .int4(tenant.id), .text(name), .text(Remit_Platform_V1_WebhookSwitchedOff.protoMessageName),
        .bytea(try event.serializedBytes()),
      ], as: tenant.id)
    subscribers.told.ring(tenant.id)
  }
}

extension MessageSchema {
  /// As JSON has it; nil where it is no such message, or that is known no more.
  func structure(fromWire payload: [UInt8], as type: String) -> Google_Protobuf_Struct? {
    guard knows(type), let json = try? json(fromWire: payload, as: type) else { return nil }
    return try? Google_Protobuf_Struct(jsonString: json)
  }
}
