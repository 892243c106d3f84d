import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// What customers were: a row for each version, so that reports as known at an instant have numbers, names, payers and merges as recorded then.
enum CustomerVersions {
  /// Keeps the versions that customers have now. It comes before a change too: those from before there were versions have none yet.
  ///
  /// - Parameter condition: on ledger.customer c.
  static func keep(where condition: String, _ parameters: [Parameter]) -> Statement {
    Statement(
      """
      INSERT INTO ledger.customer_version (customer_id, recorded_at, number, name, payer_id, merged_into, posting_profile, version)
      SELECT c.customer_id, c.recorded_at, c.number, c.name, c.payer_id, c.merged_into, c.posting_profile, c.version FROM ledger.customer c
       WHERE \(condition) ON CONFLICT DO NOTHING
      """, parameters)
  }

  /// ledger.customer as known at the instant of a parameter.
  static func asKnown(at parameter: String) -> String {
    """
    (SELECT c.customer_id, c.tenant_id, c.custom, coalesce(v.number, c.number) AS number, coalesce(v.name, c.name) AS name,
            CASE WHEN v.customer_id IS NULL THEN c.payer_id ELSE v.payer_id END AS payer_id,
            CASE WHEN v.customer_id IS NULL THEN c.merged_into ELSE v.merged_into END AS merged_into,
            CASE WHEN v.customer_id IS NULL THEN c.posting_profile ELSE v.posting_profile END AS posting_profile,
            coalesce(v.version, c.version) AS version, coalesce(v.recorded_at, c.recorded_at) AS recorded_at
       FROM ledger.customer c LEFT JOIN LATERAL (
            SELECT * FROM ledger.customer_version x WHERE x.customer_id = c.customer_id AND x.recorded_at <= \(parameter)
             ORDER BY x.recorded_at DESC, x.version DESC LIMIT 1) v ON true)
    """
  }
}
