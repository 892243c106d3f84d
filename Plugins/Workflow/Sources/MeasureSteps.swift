import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func measureSteps(
    _ request: Remit_Workflow_V1_MeasureStepsRequest, _ call: Call
  ) async throws -> Remit_Workflow_V1_MeasureStepsReply {
    let flow = try await call.flow(request.flow)
    let days = request.days == 0 ? 90 : request.days
    // What waits is told whenever it came.
    let measured = try await call.rows(
      Statement(
        """
        SELECT v.step, count(*), count(*) FILTER (WHERE v.state = 'open'), min(v.started_at) FILTER (WHERE v.state = 'open'),
               coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY s.seconds) FILTER (WHERE v.ended_at IS NOT NULL), 0),
               coalesce(percentile_disc(0.9) WITHIN GROUP (ORDER BY s.seconds) FILTER (WHERE v.ended_at IS NOT NULL), 0),
               count(*) FILTER (WHERE v.late = 'given' OR v.due_at < coalesce(v.ended_at, $3)), count(*) FILTER (WHERE v.state = 'rejected'),
               count(*) FILTER (WHERE v.state = 'returned'), count(*) FILTER (WHERE v.state = 'failed')
          FROM workflow.instance i JOIN workflow.visit v USING (tenant_id, case_id)
          CROSS JOIN LATERAL (SELECT extract(epoch FROM v.ended_at - v.started_at)::bigint AS seconds) s
         WHERE i.flow = $1 AND (v.started_at >= $3 - $2 * interval '1 day' OR v.state = 'open')
         GROUP BY v.step
        """, [.text(flow.name), .int4(Int32(days)), .timestamptz(call.now)])
    ) { row in
      var measure = Remit_Workflow_V1_StepMeasure()
      func count() throws -> UInt64 { UInt64(clamping: try row.int8()) }
      measure.step = try row.text()
      measure.came = try count()
      measure.waiting = try count()
      if let oldest = try row.timestamptzIfPresent() { measure.oldestAt = oldest }
      measure.medianSeconds = try count()
      measure.slowSeconds = try count()
      measure.late = try count()
      measure.rejected = try count()
      measure.returned = try count()
      measure.failed = try count()
      return measure
    }
    let found = Dictionary(measured.map { ($0.step, $0) }, uniquingKeysWith: { first, _ in first })
    let gone = found.keys.filter { name in !flow.steps.contains { $0.name == name } }.sorted()
    return .with {
      $0.definition = flow
      $0.steps = (flow.steps.map(\.name) + gone).map { name in
        var measure = found[name] ?? .with { $0.step = name }
        measure.title = flow.title(of: name, call.tenant.locale)
        return measure
      }
    }
  }
}
