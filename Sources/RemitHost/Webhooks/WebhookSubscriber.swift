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
        SQL("SELECT url, array_to_string(types, ' ') FROM host.webhook WHERE name = $1 AND switched_off_at IS NULL", [.text(webhook)]),
        SQL(
          "SELECT secret FROM host.webhook_secret WHERE (tenant_id, webhook) = ($1, $2) AND good_until > now() ORDER BY good_until DESC",
          [.int4(tenant.id), .text(webhook)]),
      ], as: tenant.id)
    let secrets = try found[1].map { row in WebhookSecret(bytes: try row.bytes()) }
    guard let (url, types) = try found[0].map({ row in (try row.text(), try row.text()) }).first, !secrets.isEmpty else { return nil }
    return WebhookSubscriber(
      webhook: webhook, url: url, types: types.split(separator: " ").map(String.init) + [WebhookSubscriber.tested], secrets: secrets,
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
  private let url: String
  private let secrets: [WebhookSecret]
  private let tenant: Tenant
  private let subscribers: WebhookSubscribers
  private var sender: WebhookSender?
  private var hasDelivered = false
  /// Why the receiver wants no more.
  private var end: String?

  init(webhook: String, url: String, types: [String], secrets: [WebhookSecret], tenant: Tenant, subscribers: WebhookSubscribers) {
    self.webhook = webhook
    self.url = url
    self.types = types
    self.secrets = secrets
    self.tenant = tenant
    self.subscribers = subscribers
  }

  nonisolated var name: String { "webhook/\(webhook)" }

  func tell(_ event: DeliveredEvent) async -> DeliveryOutcome {
    // Those who wanted to know whether another arrives.
    if event.type == Self.tested, event.aggregate != name { return .done }
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
      if failure.isEnd { end = failure.why }
      return failure.isOfMessage ? .refused(failure.why) : .away(failure.why)
    } catch {
      return .refused("\(error)".cut(toBytes: 300))
    }
  }

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
    Array(
      try Remit_Platform_V1_WebhookMessage.with {
        $0.type = event.type
        $0.timestamp = event.recordedAt
        $0.tenant = tenant.name
        $0.sequence = UInt64(clamping: event.sequence)
        $0.aggregate = event.aggregate
        $0.data = subscribers.messages.structure(fromWire: event.payload, as: event.type)
      }.jsonUTF8Data())
  }

  func end(absence: String?) async throws {
    await sender?.close()
    sender = nil
    let rows = try await subscribers.pool.host(
      """
      UPDATE host.webhook SET delivered_at = CASE WHEN $2 THEN now() ELSE delivered_at END, error = coalesce($3, CASE WHEN $2 THEN '' ELSE error END),
             failing_since = CASE WHEN $3::text IS NULL THEN CASE WHEN $2 THEN NULL ELSE failing_since END ELSE coalesce(failing_since, now()) END
       WHERE name = $1 AND ($2 OR $3 IS NOT NULL)
      RETURNING coalesce(failing_since < now() - $4 * interval '1 day', false)
      """, [.text(webhook), .bool(hasDelivered), .text(absence), .int4(Self.failingDaysMax)], as: tenant.id)
    let failsForDays = try rows.map { row in try row.bool() }.first ?? false
    if let why = end ?? (failsForDays ? "it failed for \(Self.failingDaysMax) days: \(absence ?? "")" : nil) { try await switchOff(why) }
  }

  private func switchOff(_ why: String) async throws {
    let event = Remit_Platform_V1_WebhookSwitchedOff.with {
      $0.name = webhook
      $0.because = why
    }
    _ = try await subscribers.pool.host(
      [
        SQL(
          "UPDATE host.webhook SET switched_off_at = now(), switched_off_because = $2 WHERE name = $1 AND switched_off_at IS NULL",
          [.text(webhook), .text(why)]),
        SQL(
          "UPDATE host.cursor SET lease_until = 'infinity', leased_by = NULL WHERE (tenant_id, subscriber) = ($1, $2)",
          [.int4(tenant.id), .text(name)]),
        SQL(
          """
          INSERT INTO host.outbox (tenant_id, type, aggregate, payload, hops, recorded_at, request_id) VALUES ($1, $2, $3, $4, 0, now(), $3)
          """,
          [
            .int4(tenant.id), .text(Remit_Platform_V1_WebhookSwitchedOff.protoMessageName), .text(name),
            .bytea(try event.serializedBytes()),
          ]),
      ], as: tenant.id)
    subscribers.told.ring(tenant.id)
  }
}

extension MessageSchema {
  /// As JSON has it; empty where it is no such message, or that is known no more.
  func structure(fromWire payload: [UInt8], as type: String) -> Google_Protobuf_Struct {
    guard knows(type), let json = try? json(fromWire: payload, as: type) else { return .init() }
    return (try? Google_Protobuf_Struct(jsonString: json)) ?? .init()
  }
}
