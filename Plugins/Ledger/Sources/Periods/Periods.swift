import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func setPeriod(_ request: Remit_Ledger_V1_SetPeriodRequest, _ call: Call) async throws -> Write<Remit_Ledger_V1_Period> {
    var period = request.period
    var violations = Violations()
    let startsOn = violations.date(period.startsOn, "period.starts_on")
    let endsOn = violations.date(period.endsOn, "period.ends_on")
    if let startsOn, let endsOn, endsOn < startsOn { violations.add("period.ends_on", "is before starts_on") }
    if period.state.name == nil { violations.add("period.state", "must be OPEN, SOFT_CLOSED or CLOSED") }
    violations.text(period.reason, "period.reason", charactersMax: 255, mayBeEmpty: true)
    try violations.throwIfAny()
    guard let startsOn, let endsOn, let state = period.state.name else {
      throw CallError(.internal, "UNEXPECTED", "a field is missing without a violation")
    }
    let days: [Parameter] = [.date(startsOn), .date(endsOn)]
    let results = try await call.query([
      Statement("SELECT host.lock($1, true)", [.text(ClosedPeriods.lock)]),
      Statement(
        "SELECT starts_on, ends_on, state, reason, recorded_by, recorded_at FROM ledger.period WHERE starts_on <= $2 AND ends_on >= $1",
        days),
    ])
    if let other = try results[1].map(Remit_Ledger_V1_Period.init(row:)).first {
      guard other.startsOn == period.startsOn, other.endsOn == period.endsOn else {
        throw CallError(
          .failedPrecondition, "PERIODS_OVERLAP", "there is a period \(other.startsOn) to \(other.endsOn) already",
          field: "period.starts_on")
      }
      guard other.state != .closed || period.state == .closed || call.may("ledger.period.reopen") else {
        throw CallError(
          .permissionDenied, "NO_PERMISSION", "\(call.principal.name) has no permission ledger.period.reopen: the period is closed")
      }
    }
    period.recordedAt = call.now
    period.recordedBy = call.principal.name
    return Write(
      [
        Statement(
          """
          INSERT INTO ledger.period AS p (starts_on, ends_on, state, reason, recorded_at, recorded_by) VALUES ($1, $2, $3, $4, $5, $6)
          ON CONFLICT (tenant_id, starts_on) DO UPDATE
             SET (state, reason, recorded_at, recorded_by, version) = ($3, $4, $5, $6, p.version + 1)
          """, days + [.text(state), .text(period.reason), .timestamptz(call.now), .text(call.principal.name)])
      ], reply: period, resource: "period/\(startsOn)")
  }

  func listPeriods(_: Remit_Ledger_V1_ListPeriodsRequest, _ call: Call) async throws -> Remit_Ledger_V1_ListPeriodsReply {
    let results = try await call.query([
      Statement("SELECT starts_on, ends_on, state, reason, recorded_by, recorded_at FROM ledger.period ORDER BY starts_on")
    ])
    return try .with { $0.periods = try results[0].map(Remit_Ledger_V1_Period.init(row:)) }
  }
}

extension Remit_Ledger_V1_Period {
  /// - Parameter row: starts_on, ends_on, state, reason, recorded_by, recorded_at.
  fileprivate init(row: inout CellReader) throws {
    self.init()
    startsOn = "\(try row.date())"
    endsOn = "\(try row.date())"
    let name = try row.text()
    state = [.open, .softClosed, .closed].first { $0.name == name } ?? .unspecified
    reason = try row.text()
    recordedBy = try row.text()
    recordedAt = try row.timestamptz()
  }
}

extension Remit_Ledger_V1_Period.State {
  /// As in ledger.period; nil where it is none.
  fileprivate var name: String? {
    switch self {
    case .open: "open"
    case .softClosed: "soft_closed"
    case .closed: "closed"
    default: nil
    }
  }
}
