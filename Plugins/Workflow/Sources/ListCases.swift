import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func listCases(_ request: Remit_Workflow_V1_ListCasesRequest, _ call: Call) async throws -> Remit_Workflow_V1_ListCasesReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 1)
    var (conditions, parameters): ([String], [Parameter]) = ([], [.int8(Int64(page.size + 1))])
    func place(_ parameter: Parameter) -> String {
      parameters.append(parameter)
      return "$\(parameters.count)"
    }
    if request.state != .unspecified { conditions.append("i.state = \(place(.text("\(request.state)".lowercased())))") }
    if request.open { conditions.append("i.ended_at IS NULL") }
    for (column, value) in [("flow", request.flow), ("submitter", request.submitter), ("subject", request.subject)] where !value.isEmpty {
      conditions.append("i.\(column) = \(place(.text(value)))")
    }
    if let key = page.after {
      guard let id = UUID(uuidString: key[0]) else { throw Page.badToken }
      conditions.append("i.case_id < \(place(.uuid(id)))")
    }
    if !call.may("workflow.case.all") {
      let login = call.principal.name
      let people = try await call.query([People.statement(today: call.businessDate)])
      let me = place(.text(login))
      let mine = place(.texts(try People(people[0]).assignees(of: login)))
      conditions.append(
        """
        (i.submitter = \(me) OR EXISTS (SELECT FROM workflow.task t WHERE t.case_id = i.case_id AND (t.decided_by = \(me) OR t.assignee = ANY (\(mine)))))
        """)
    }
    let found = try await call.query([
      Statement(
        """
        SELECT \(CaseLine.columns), f.body FROM workflow.instance i JOIN workflow.flow f ON (f.tenant_id, f.sha256) = (i.tenant_id, i.flow_sha256)
         WHERE \((conditions + ["true"]).joined(separator: " AND "))
         ORDER BY i.case_id DESC LIMIT $1
        """, parameters)
    ])[0].map { row in
      var line = try CaseLine.message(&row)
      _ = try CaseLine.flow(try row.bytes(), of: &line, call.tenant.locale)
      return line
    }
    var reply = Remit_Workflow_V1_ListCasesReply()
    (reply.cases, reply.nextPageToken) = page.cut(found) { [$0.id] }
    try await addOpenVisits(to: &reply.cases, call)
    return reply
  }

  /// Where they are, with the tasks that are open there.
  private func addOpenVisits(to cases: inout [Remit_Workflow_V1_Case], _ call: Call) async throws {
    let open = cases.filter { !$0.hasEndedAt }.compactMap { UUID(uuidString: $0.id) }
    guard !open.isEmpty else { return }
    var found: [UUID: [Remit_Workflow_V1_Visit]] = [:]
    let results = try await call.query([
      Statement(
        """
        SELECT i.case_id, f.body, v.visit, v.step, v.round, v.started_at, v.due_at, v.awaits
          FROM workflow.instance i JOIN workflow.flow f ON (f.tenant_id, f.sha256) = (i.tenant_id, i.flow_sha256)
          JOIN workflow.visit v ON (v.tenant_id, v.case_id) = (i.tenant_id, i.case_id) AND v.state = 'open'
         WHERE i.case_id = ANY ($1) ORDER BY i.case_id, v.visit
        """, [.uuids(open)]),
      Statement(
        "SELECT case_id, visit, task, seat, assignee, added_by FROM workflow.task WHERE case_id = ANY ($1) AND state = 'open' ORDER BY visit, seat, turn",
        [.uuids(open)]),
    ])
    _ = try results[0].map { row in
      let id = try row.uuid()
      let flow = try Flow(serializedBytes: try row.bytes())
      var visit = Remit_Workflow_V1_Visit()
      visit.visit = UInt32(clamping: try row.int2())
      visit.step = try row.text()
      visit.title = flow.title(of: visit.step, call.tenant.locale)
      visit.round = UInt32(clamping: try row.int2())
      visit.state = .open
      visit.startedAt = try row.timestamptz()
      if let due = try row.timestamptzIfPresent() { visit.dueAt = due }
      visit.awaits = try row.text()
      found[id, default: []].append(visit)
    }
    _ = try results[1].map { row in
      let (id, number) = (try row.uuid(), UInt32(clamping: try row.int2()))
      var task = Remit_Workflow_V1_Task()
      task.task = UInt32(clamping: try row.int2())
      task.seat = UInt32(clamping: try row.int2())
      task.assignee = try row.text()
      task.addedBy = try row.text()
      task.state = .open
      guard let place = found[id]?.firstIndex(where: { $0.visit == number }) else { return }
      found[id]?[place].tasks.append(task)
    }
    for place in cases.indices { cases[place].visits = UUID(uuidString: cases[place].id).flatMap { found[$0] } ?? [] }
  }
}
