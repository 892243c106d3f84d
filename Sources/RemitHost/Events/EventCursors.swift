import RemitAPI
import RemitPostgres

/// Where modules begin to be told: a company that is new from its first event on; one that was there before the module at the first event that is kept,
/// or with the next, as the manifest says.
enum EventCursors {
  static func of(_ plugins: [Plugin]) -> [Plugin] { plugins.filter { !$0.manifest.subscriptions.isEmpty } }

  /// For companies that were there before.
  static func addMissing(for plugins: [Plugin], in pool: Pool) async throws {
    let subscribers = of(plugins)
    guard !subscribers.isEmpty else { return }
    _ = try await pool.host(
      """
      INSERT INTO host.cursor (tenant_id, subscriber, position)
      SELECT t.tenant_id, s.subscriber, CASE WHEN s.from_beginning THEN 0 ELSE t.last END
        FROM host.event_tail t, unnest($1::text[], $2::bool[]) s (subscriber, from_beginning)
      ON CONFLICT DO NOTHING
      """, [.texts(subscribers.map(\.name)), .bools(subscribers.map(\.manifest.eventsFromBeginning))])
  }

  /// Of a company that is made; one that was imported has cursors already.
  static func begin(for tenant: Int32, _ plugins: [Plugin]) -> [Remit_Plugin_V1_Statement] {
    [
      .init("INSERT INTO host.event_tail (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING", [.int4(tenant)]),
      .init(
        """
        INSERT INTO host.cursor (tenant_id, subscriber, position)
        SELECT $1, s.subscriber, CASE WHEN s.from_beginning THEN 0 ELSE t.last END
          FROM host.event_tail t, unnest($2::text[], $3::bool[]) s (subscriber, from_beginning) WHERE t.tenant_id = $1
        ON CONFLICT DO NOTHING
        """,
        [.int4(tenant), .texts(of(plugins).map(\.name)), .bools(of(plugins).map(\.manifest.eventsFromBeginning))]),
    ]
  }
}
