import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func setRatePolicy(_ request: Remit_Ledger_V1_SetRatePolicyRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_RatePolicy> {
    let policy = request.policy
    var violations = Violations()
    violations.text(policy.source, "policy.source", charactersMax: 32)
    if !(0...366).contains(policy.daysMax) { violations.add("policy.days_max", "must be 0 to 366") }
    try violations.throwIfAny()
    return Write(
      [
        Statement(
          """
          INSERT INTO ledger.rate_policy AS p (source, days_max, recorded_at, recorded_by) VALUES ($1, $2, $3, $4)
          ON CONFLICT (tenant_id) DO UPDATE SET (source, days_max, recorded_at, recorded_by, version) = ($1, $2, $3, $4, p.version + 1)
          """, [.text(policy.source), .int2(Int16(policy.daysMax)), .timestamptz(call.now), .text(call.principal.name)])
      ], reply: policy, resource: "rate_policy")
  }
}
