import FoundationEssentials
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

extension Ledger {
  func setNumberSeries(
    _ request: Remit_Ledger_V1_SetNumberSeriesRequest, _ call: Call
  ) async throws -> Write<Remit_Ledger_V1_NumberSeries> {
    let series = request.series
    try Self.check(series)
    let reply = Remit_Ledger_V1_NumberSeries.with {
      $0.kind = series.kind
      $0.pattern = series.pattern
      $0.digits = series.digits
    }
    let resource = "number_series/\(series.kind)"
    guard !series.pattern.isEmpty else {
      return Write(
        [Statement("DELETE FROM ledger.number_series WHERE kind = $1", [.text(series.kind)])], reply: reply, resource: resource)
    }
    return Write(
      [
        Statement(
          """
          INSERT INTO ledger.number_series AS s (kind, pattern, digits, recorded_at, recorded_by) VALUES ($1, $2, $3, $4, $5)
          ON CONFLICT (tenant_id, kind) DO UPDATE
             SET (pattern, digits, recorded_at, recorded_by, version) = (excluded.pattern, excluded.digits, $4, $5, s.version + 1)
          """,
          [.text(series.kind), .text(series.pattern), .int2(Int16(series.digits)), .timestamptz(call.now), .text(call.principal.name)])
      ], reply: reply, resource: resource)
  }

  func listNumberSeries(
    _: Remit_Ledger_V1_ListNumberSeriesRequest, _ call: Call
  ) async throws -> Remit_Ledger_V1_ListNumberSeriesReply {
    let results = try await call.query([
      Statement("SELECT kind, pattern, digits FROM ledger.number_series ORDER BY kind"),
      Statement("SELECT kind, year, last FROM ledger.number_counter ORDER BY kind, year"),
    ])
    let counters = try results[1].map { row in
      (
        kind: try row.text(),
        counter: try Remit_Ledger_V1_NumberCounter.with {
          $0.year = try row.int4()
          $0.last = try row.int8()
        }
      )
    }
    return try .with {
      $0.series = try results[0].map { row in
        try .with { series in
          series.kind = try row.text()
          series.pattern = try row.text()
          series.digits = Int32(try row.int2())
          let kind = series.kind
          series.counters = counters.filter { $0.kind == kind }.map(\.counter)
        }
      }
    }
  }

  private static func check(_ series: Remit_Ledger_V1_NumberSeries) throws(CallError) {
    var violations = Violations()
    if !Posting.kinds.contains(series.kind) {
      violations.add("series.kind", "must be one of \(Posting.kinds.joined(separator: ", "))")
    }
    violations.text(series.pattern, "series.pattern", charactersMax: 48, mayBeEmpty: true)
    let literal = series.pattern.replacing("{year}", with: "").replacing("{number}", with: "", maxReplacements: 1)
    if !series.pattern.isEmpty, !series.pattern.contains("{number}") || literal.contains(where: { "{}".contains($0) }) {
      violations.add("series.pattern", "must have {number} once, may have {year}, and no other braces, such as RE-{year}-{number}")
    }
    if !(0...12).contains(series.digits) { violations.add("series.digits", "must be 0 to 12") }
    try violations.throwIfAny()
  }
}
