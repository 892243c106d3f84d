import RemitAPI
import RemitPostgres
import SwiftProtobuf

extension Platform {
  private static let webhooksMax = 20

  func createWebhook(
    _ request: Remit_Platform_V1_CreateWebhookRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_CreateWebhookReply> {
    guard request.name.wholeMatch(of: /[a-z][a-z0-9-]{0,39}/) != nil else {
      throw CallError.invalid([("name", "must have a-z, 0-9 and -, begin with a letter, and at most 40 characters")])
    }
    guard !request.types.isEmpty else { throw CallError.invalid([("types", "must have at least one; see remit event list")]) }
    try checkAddress(request.url)
    let types = try types(request.types, for: call)
    _ = try EventFilter(request.filter, types: types, messages)
    let tenant = try await call.tenant(request.tenant)
    let count = try await call.query([
      .actFor(tenant), SQL("SELECT FROM host.event_tail WHERE tenant_id = $1 FOR UPDATE", [.int4(tenant)]),
      SQL("SELECT count(*) FROM host.webhook"),
    ])[2].map { row in try row.int8() }.first
    guard count ?? 0 < Self.webhooksMax else {
      throw CallError(.resourceExhausted, "TOO_MANY", "a company has at most \(Self.webhooksMax) webhooks")
    }
    let secret = try WebhookSecret()
    let webhook = Remit_Platform_V1_Webhook.with {
      $0.name = request.name
      $0.url = request.url
      $0.types = types
      $0.filter = request.filter
      $0.version = 1
      $0.createdBy = call.caller.principal
      $0.createdAt = call.order.now
    }
    return HostWrite(
      statements: [
        SQL(
          """
          INSERT INTO host.webhook (name, url, types, created_by, created_at, filter) VALUES ($1, $2, string_to_array($3, ' '), $4, $5, $6)
          """,
          [
            .text(webhook.name), .text(webhook.url), .text(types.joined(separator: " ")), .text(webhook.createdBy),
            .timestamptz(webhook.createdAt), .text(webhook.filter),
          ]),
        SQL(
          "INSERT INTO host.webhook_secret (tenant_id, webhook, secret) VALUES ($1, $2, $3)",
          [.int4(tenant), .text(webhook.name), .bytea(secret.bytes)]),
        SQL(
          "INSERT INTO host.cursor (tenant_id, subscriber, position) SELECT tenant_id, $2, last FROM host.event_tail WHERE tenant_id = $1",
          [.int4(tenant), .text(webhook.subscriber)]),
      ],
      reply: .with {
        $0.webhook = webhook
        $0.secret = secret.text
      }, kept: .with { $0.webhook = webhook }, resource: webhook.subscriber, about: tenant,
      refusals: [
        "webhook_pkey": CallError(.alreadyExists, "NAME_TAKEN", "there is a webhook \(request.name) already", field: "name")
      ])
  }

  func updateWebhook(
    _ request: Remit_Platform_V1_UpdateWebhookRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_Webhook> {
    let wanted = request.webhook
    if !wanted.url.isEmpty { try checkAddress(wanted.url) }
    let types = try types(wanted.types, for: call)
    return try await changed(wanted.name, of: request.tenant, call) { webhook, tenant in
      guard wanted.version == webhook.version else {
        throw CallError(
          .failedPrecondition, "CHANGED_MEANWHILE",
          "the webhook has version \(webhook.version): look at it, and give that version", field: "webhook.version"
        )
      }
      if !wanted.url.isEmpty { webhook.url = wanted.url }
      if !types.isEmpty { webhook.types = types }
      if !wanted.filter.isEmpty { webhook.filter = wanted.filter == "true" ? "" : wanted.filter }
      _ = try EventFilter(webhook.filter, types: webhook.types, messages)
      webhook.version += 1
      try requireSight(of: webhook.types, call)
      // It is tried at once; who tells the one before just now ends.
      let anew = webhook.hasSwitchedOffAt ? [] : webhook.resumed(of: tenant, "lease_until = '-infinity', leased_by = NULL")
      return anew + [
        SQL(
          "UPDATE host.webhook SET url = $2, types = string_to_array($3, ' '), version = $4, filter = $5 WHERE name = $1",
          [
            .text(webhook.name), .text(webhook.url), .text(webhook.types.joined(separator: " ")), .int8(Int64(clamping: webhook.version)),
            .text(webhook.filter),
          ])
      ]
    }
  }

  func getWebhook(_ request: Remit_Platform_V1_GetWebhookRequest, _ call: HostCall) async throws -> Remit_Platform_V1_Webhook {
    try await call.webhook(request.name, of: try await call.tenant(request.tenant))
  }

  func listWebhooks(
    _ request: Remit_Platform_V1_ListWebhooksRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_ListWebhooksReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    let tenant = try await call.tenant(request.tenant)
    let found = try await call.query([
      .actFor(tenant),
      SQL(
        "SELECT \(Remit_Platform_V1_Webhook.columns) WHERE w.name > $2 ORDER BY w.name LIMIT $3",
        [.int4(tenant), .text(page.after?[0] ?? ""), .int8(Int64(page.size + 1))]),
    ])[1].map { row in try Remit_Platform_V1_Webhook(from: &row) }
    let (webhooks, token) = page.cut(found) { [$0.name] }
    return .with {
      $0.webhooks = webhooks
      $0.nextPageToken = token
    }
  }

  func rotateWebhookSecret(
    _ request: Remit_Platform_V1_RotateWebhookSecretRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_RotateWebhookSecretReply> {
    let tenant = try await call.tenant(request.tenant)
    let webhook = try await call.webhook(request.name, of: tenant)
    try requireSight(of: webhook.types, call)
    let secret = try WebhookSecret()
    let key: [Parameter] = [.int4(tenant), .text(webhook.name)]
    let until = try await call.query([
      SQL("DELETE FROM host.webhook_secret WHERE (tenant_id, webhook) = ($1, $2) AND good_until < 'infinity'", key),
      SQL(
        "UPDATE host.webhook_secret SET good_until = now() + interval '1 day' WHERE (tenant_id, webhook) = ($1, $2) RETURNING good_until",
        key
      ),
    ])[1].map { row in try row.timestamptz() }.first
    let reply = Remit_Platform_V1_RotateWebhookSecretReply.with { if let until { $0.earlierUntil = until } }
    return HostWrite(
      statements: [
        SQL("INSERT INTO host.webhook_secret (tenant_id, webhook, secret) VALUES ($1, $2, $3)", key + [.bytea(secret.bytes)]),
        SQL("UPDATE host.webhook SET version = version + 1 WHERE name = $1", [.text(webhook.name)]),
      ],
      reply: .with {
        $0 = reply
        $0.secret = secret.text
      }, kept: reply, resource: webhook.subscriber, about: tenant)
  }

  func testWebhook(
    _ request: Remit_Platform_V1_TestWebhookRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_TestWebhookReply> {
    let tenant = try await call.tenant(request.tenant)
    let webhook = try await call.webhook(request.name, of: tenant)
    guard !webhook.hasSwitchedOffAt else {
      throw CallError(.failedPrecondition, "SWITCHED_OFF", "nothing is sent to \(webhook.name) until it is resumed")
    }
    let event = Remit_Platform_V1_WebhookTested.with {
      $0.name = webhook.name
      $0.by = call.caller.principal
    }
    return HostWrite(
      statements: [try call.telling(event, of: webhook.subscriber, to: tenant)], reply: .init(), resource: webhook.subscriber, about: tenant
    )
  }

  func suspendWebhook(
    _ request: Remit_Platform_V1_SuspendWebhookRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_Webhook> {
    try await changed(request.name, of: request.tenant, call) { webhook, _ in
      if !webhook.hasSwitchedOffAt {
        webhook.switchedOffAt = call.order.now
        webhook.switchedOffBecause = "\(call.caller.principal) suspended it"
      }
      return [
        SQL(
          "UPDATE host.webhook SET switched_off_at = $2, switched_off_because = $3 WHERE name = $1",
          [.text(webhook.name), .timestamptz(webhook.switchedOffAt), .text(webhook.switchedOffBecause)])
      ]
    }
  }

  func resumeWebhook(
    _ request: Remit_Platform_V1_ResumeWebhookRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_Webhook> {
    try await changed(request.name, of: request.tenant, call) { webhook, tenant in
      let hasSecret = try await call.query([
        SQL(
          "SELECT count(*) > 0 FROM host.webhook_secret WHERE (tenant_id, webhook) = ($1, $2) AND good_until > now()",
          [.int4(tenant), .text(webhook.name)])
      ])[0].map { row in try row.bool() }.first
      guard hasSecret == true else {
        throw CallError(
          .failedPrecondition, "NO_SECRET", "\(webhook.name) has no secret, as its company was imported; rotate its secret first")
      }
      try requireSight(of: webhook.types, call)
      // Who tells it just now, or found it off, has no say any more.
      return webhook.resumed(
        of: tenant, "position = greatest(position, (SELECT oldest FROM kept)), lease_until = '-infinity', leased_by = NULL")
    }
  }

  func replayWebhook(
    _ request: Remit_Platform_V1_ReplayWebhookRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_Webhook> {
    try await changed(request.name, of: request.tenant, call) { webhook, tenant in
      guard !webhook.hasSwitchedOffAt else {
        throw CallError(.failedPrecondition, "SWITCHED_OFF", "nothing is sent to \(webhook.name) until it is resumed")
      }
      try requireSight(of: webhook.types, call)
      // Who tells it just now ends without keeping its place.
      return webhook.resumed(
        of: tenant,
        """
        position = least(position, greatest($3, (SELECT oldest FROM kept))), lease_until = '-infinity', leased_by = NULL
        """, .int8(Int64(clamping: request.after)))
    }
  }

  func deleteWebhook(
    _ request: Remit_Platform_V1_DeleteWebhookRequest, _ call: HostCall
  ) async throws -> HostWrite<Remit_Platform_V1_DeleteWebhookReply> {
    let tenant = try await call.tenant(request.tenant)
    let webhook = try await call.webhook(request.name, of: tenant)
    return HostWrite(
      statements: [
        SQL("DELETE FROM host.cursor WHERE (tenant_id, subscriber) = ($1, $2)", [.int4(tenant), .text(webhook.subscriber)]),
        SQL("DELETE FROM host.webhook_secret WHERE (tenant_id, webhook) = ($1, $2)", [.int4(tenant), .text(webhook.name)]),
        SQL("DELETE FROM host.delivery WHERE subscriber = $1", [.text(webhook.subscriber)]),
        SQL("DELETE FROM host.webhook WHERE name = $1", [.text(webhook.name)]),
      ], reply: .init(), resource: webhook.subscriber, about: tenant)
  }

  private func changed(
    _ name: String, of slug: String, _ call: HostCall,
    by body: (inout Remit_Platform_V1_Webhook, Int32) async throws -> [SQL]
  ) async throws -> HostWrite<Remit_Platform_V1_Webhook> {
    let tenant = try await call.tenant(slug)
    var webhook = try await call.webhook(name, of: tenant)
    let statements = try await body(&webhook, tenant)
    return HostWrite(statements: statements, reply: webhook, resource: webhook.subscriber, about: tenant)
  }

  /// Who has events sent anywhere must be one who may see them.
  private func requireSight(of types: [String], _ call: HostCall) throws(CallError) {
    let permissions = eventPermissions
    for type in types {
      guard let permission = permissions[type], !call.caller.permissions.allows(permission) else { continue }
      throw CallError(.permissionDenied, "EVENTS", "the webhook tells of \(type), which needs the permission \(permission)")
    }
  }

  private func checkAddress(_ url: String) throws(CallError) {
    do {
      _ = try WebhookSender.Target(url, allowed: webhookHosts)
    } catch {
      throw .invalid([("url", "\(error)")])
    }
  }

  /// Full names of events that the caller may see, of names or their ends.
  private func types(_ names: [String], for call: HostCall) throws(CallError) -> [String] {
    let seen = eventPermissions.filter { call.caller.permissions.allows($0.value) }.keys.sorted()
    var types: [String] = []
    for (place, name) in names.enumerated() {
      let found = seen.filter { $0 == name || $0.hasSuffix(".\(name)") }
      guard found.count == 1 else {
        let all = seen.joined(separator: ", ").cut(toBytes: 1000)
        throw .invalid([("types[\(place)]", found.isEmpty ? "is no event that you may see; there are \(all)" : "may be \(found)")])
      }
      if !types.contains(found[0]) { types.append(found[0]) }
    }
    return types
  }
}

extension HostCall {
  /// One webhook of a company, locked in a write.
  fileprivate func webhook(_ name: String, of tenant: Int32) async throws -> Remit_Platform_V1_Webhook {
    let found = try await query([
      .actFor(tenant),
      SQL(
        "SELECT \(Remit_Platform_V1_Webhook.columns) WHERE w.name = $2\(order.method.isWrite ? " FOR UPDATE OF w" : "")",
        [.int4(tenant), .text(name)]),
    ])[1].map { row in try Remit_Platform_V1_Webhook(from: &row) }
    guard let webhook = found.first else {
      throw CallError(.notFound, "NO_WEBHOOK", "there is no webhook \(name.cut(toBytes: 60)); see remit webhook list", field: "name")
    }
    return webhook
  }
}

extension Remit_Platform_V1_Webhook {
  /// With $1, the company.
  fileprivate static let columns = """
    w.name, w.url, array_to_string(w.types, ' '), w.version, w.created_by, w.created_at, coalesce(c.position, 0), w.delivered_at, w.failing_since,
    w.error, w.switched_off_at, w.switched_off_because, w.filter
      FROM host.webhook w LEFT JOIN host.cursor c ON (c.tenant_id, c.subscriber) = ($1, 'webhook/' || w.name)
    """

  fileprivate init(from row: inout CellReader) throws {
    self.init()
    name = try row.text()
    url = try row.text()
    types = try row.text().split(separator: " ").map(String.init)
    version = UInt64(clamping: try row.int8())
    createdBy = try row.text()
    createdAt = try row.timestamptz()
    delivered = UInt64(clamping: try row.int8())
    if let at = try row.timestamptzIfPresent() { deliveredAt = at }
    if let at = try row.timestamptzIfPresent() { failingSince = at }
    error = try row.text()
    if let at = try row.timestamptzIfPresent() { switchedOffAt = at }
    switchedOffBecause = try row.text()
    filter = try row.text()
  }

  fileprivate var subscriber: String { "webhook/\(name)" }

  /// It is told at once, from where a change of its cursor says.
  fileprivate mutating func resumed(of tenant: Int32, _ change: String, _ parameter: Parameter? = nil) -> [SQL] {
    clearFailingSince()
    clearSwitchedOffAt()
    (error, switchedOffBecause) = ("", "")
    return [
      SQL(
        """
        UPDATE host.webhook SET switched_off_at = NULL, switched_off_because = '', failing_since = NULL, error = '' WHERE name = $1
        """, [.text(name)]),
      SQL(
        "DELETE FROM host.delivery d WHERE subscriber = $1 AND NOT EXISTS (SELECT FROM host.event e WHERE e.sequence = d.sequence)",
        [.text(subscriber)]),
      SQL(
        """
        WITH kept AS (SELECT coalesce((SELECT min(sequence) - 1 FROM host.event), 0) AS oldest)
        UPDATE host.cursor SET \(change), failures = 0, retry_at = now()
         WHERE (tenant_id, subscriber) = ($1, $2)
        """, [.int4(tenant), .text(subscriber)] + (parameter.map { [$0] } ?? [])),
    ]
  }
}
