import LedgerMessages
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
    let today = try call.today
    if let endsOn, endsOn > today, [.closed, .softClosed].contains(period.state) {
      violations.add("period.ends_on", "is after today, \(today): what is not over is not closed")
    }
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
      // Who closed it, when and why stays.
      if other.state == period.state { return .nothing(reply: other) }
      if other.state == .closed { try call.require("ledger.period.reopen") }
      if other.state == .softClosed, period.state == .open, !call.may("ledger.period.reopen") {
        try call.require("ledger.period.post_soft_closed")
      }
      if other.state == .closed, period.reason.isEmpty {
        throw CallError.invalid([("period.reason", "must be given: why a closed period is opened again")])
      }
    }
    period.history = []
    period.recordedAt = call.now
    period.recordedBy = call.principal.name
    return Write(
      [
        Statement(
          """
          INSERT INTO ledger.period AS p (starts_on, ends_on, state, reason, recorded_at, recorded_by) VALUES ($1, $2, $3, $4, $5, $6)
          ON CONFLICT (tenant_id, starts_on) DO UPDATE
             SET (state, reason, recorded_at, recorded_by, version) = ($3, $4, $5, $6, p.version + 1)
          """, days + [.text(state), .text(period.reason), .timestamptz(call.now), .text(call.principal.name)]),
        Statement(
          insertInto: "ledger.period_change",
          [
            "starts_on": .date(startsOn), "change_id": .uuid(call.newID()), "state": .text(state), "reason": .text(period.reason),
            "recorded_at": .timestamptz(call.now), "recorded_by": .text(call.principal.name),
          ]),
      ], reply: period, resource: "period/\(startsOn)", title: "\(startsOn) to \(endsOn) \(state.replacing("_", with: "-"))",
      events: [
        try Event(
          Remit_Ledger_V1_PeriodSet.with {
            $0.startsOn = "\(startsOn)"
            $0.endsOn = "\(endsOn)"
            $0.state = state
          }, about: "period/\(startsOn)")
      ])
  }

  func listPeriods(_: Remit_Ledger_V1_ListPeriodsRequest, _ call: Call) async throws -> Remit_Ledger_V1_ListPeriodsReply {
    let results = try await call.query([
      Statement("SELECT starts_on, ends_on, state, reason, recorded_by, recorded_at FROM ledger.period ORDER BY starts_on"),
      Statement(
        "SELECT starts_on, state, reason, recorded_by, recorded_at FROM ledger.period_change ORDER BY starts_on, recorded_at DESC, change_id DESC"
      ),
    ])
    let changes = Dictionary(
      grouping: try results[1].map { row in
        (
          startsOn: "\(try row.date())",
          change: try Remit_Ledger_V1_PeriodChange.with {
            $0.state = .init(name: try row.text())
            $0.reason = try row.text()
            $0.recordedBy = try row.text()
            $0.recordedAt = try row.timestamptz()
          }
        )
      }, by: \.startsOn)
    return try .with {
      $0.periods = try results[0].map { row in
        var period = try Remit_Ledger_V1_Period(row: &row)
        period.history = changes[period.startsOn]?.map(\.change) ?? []
        return period
      }
    }
  }
}

extension Remit_Ledger_V1_Period {
  /// - Parameter row: starts_on, ends_on, state, reason, recorded_by, recorded_at.
  fileprivate init(row: inout CellReader) throws {
    self.init()
    startsOn = "\(try row.date())"
    endsOn = "\(try row.date())"
    state = .init(name: try row.text())
    reason = try row.text()
    recordedBy = try row.text()
    recordedAt = try row.timestamptz()
  }
}

extension Remit_Ledger_V1_Period.State {
  fileprivate init(name: String) { self = [.open, .softClosed, .closed].first { $0.name == name } ?? .unspecified }

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
