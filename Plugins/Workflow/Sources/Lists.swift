import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func listTasks(_ request: Remit_Workflow_V1_ListTasksRequest, _ call: Call) async throws -> Remit_Workflow_V1_ListTasksReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 4)
    let login = call.principal.name
    let mine = try await call.query([People.statement(today: call.businessDate)])
    let assignees = try People(mine[0]).assignees(of: login)
    let (time, order, which) =
      request.done ? ("decided_at", "DESC", "t.decided_by = $1") : ("opened_at", "ASC", "t.state = 'open' AND t.assignee = ANY ($2)")
    var parameters: [Parameter] = [.text(login), .texts(request.done ? [] : assignees), .int8(Int64(page.size + 1))]
    var after = ""
    if let key = page.after {
      guard let id = UUID(uuidString: key[1]), let visit = Int16(key[2]), let task = Int16(key[3]) else { throw Page.badToken }
      parameters += [.timestamptz(try Page.instant(key)), .uuid(id), .int2(visit), .int2(task)]
      after = "AND (t.\(time), t.case_id, t.visit, t.task) \(request.done ? "<" : ">") ($4, $5, $6, $7)"
    }
    // What a person submitted themselves waits for others, unless the flow lets them; and they have one vote in a step.
    let found = try await call.query([
      Statement(
        """
        SELECT \(CaseLine.columns), t.visit, t.task, v.step, t.assignee, t.opened_at, v.due_at, t.state, t.\(time), f.body
          FROM workflow.task t JOIN workflow.instance i USING (tenant_id, case_id) JOIN workflow.visit v USING (tenant_id, case_id, visit)
          JOIN workflow.flow f ON (f.tenant_id, f.sha256) = (i.tenant_id, i.flow_sha256)
         WHERE \(which) AND ($2::text[] IS NOT NULL) AND (\(request.done) OR i.submitter <> $1 OR i.may_decide_own)
           AND (\(request.done) OR i.ended_at IS NULL AND NOT EXISTS (
                  SELECT FROM workflow.task o WHERE (o.case_id, o.visit) = (t.case_id, t.visit) AND o.decided_by = $1 AND o.state <> 'moved')) \(after)
         ORDER BY t.\(time) \(order), t.case_id \(order), t.visit \(order), t.task \(order) LIMIT $3
        """, parameters)
    ])[0].map { row in
      let line = try CaseLine.message(&row)
      var item = Remit_Workflow_V1_WorkItem()
      item.caseFile = line
      item.visit = UInt32(clamping: try row.int2())
      item.task = UInt32(clamping: try row.int2())
      item.step = try row.text()
      item.assignee = try row.text()
      if let opened = try row.timestamptzIfPresent() { item.openedAt = opened }
      if let due = try row.timestamptzIfPresent() { item.dueAt = due }
      item.state = TaskState.State(rawValue: try row.text())?.message ?? .unspecified
      let key = Page.text(try row.timestamptz())
      item.title = try Flow(serializedBytes: try row.bytes()).title(of: item.step, call.tenant.locale)
      return (item: item, key: key)
    }
    return .with {
      let (rows, token) = page.cut(found) { [$0.key, $0.item.caseFile.id, "\($0.item.visit)", "\($0.item.task)"] }
      $0.items = rows.map(\.item)
      $0.nextPageToken = token
    }
  }

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
        SELECT \(CaseLine.columns) FROM workflow.instance i WHERE \((conditions + ["true"]).joined(separator: " AND "))
         ORDER BY i.case_id DESC LIMIT $1
        """, parameters)
    ])[0].map { row in try CaseLine.message(&row) }
    return .with { ($0.cases, $0.nextPageToken) = page.cut(found) { [$0.id] } }
  }
}

/// A case in a list.
private enum CaseLine {
  static let columns = """
    i.case_id, i.flow, i.state, i.submitter, i.method, i.summary, i.subject, i.currency, i.amount_minor, i.round, i.problem, i.why, i.started_at,
    i.ended_at
    """

  static func message(_ row: inout CellReader) throws -> Remit_Workflow_V1_Case {
    var line = Remit_Workflow_V1_Case()
    line.id = try row.uuid().text
    line.flow = try row.text()
    line.state = CaseFile.State(rawValue: try row.text())?.message ?? .unspecified
    line.submitter = try row.text()
    line.method = try row.text()
    line.summary = try row.text()
    line.subject = try row.text()
    let currency = Currency(try row.text())
    let minor = try row.int8()
    if let currency { line.amount = Money(minor: minor, currency: currency).message }
    line.round = UInt32(clamping: try row.int2())
    let problem = try row.bytes()
    if !problem.isEmpty { line.problem = try CallError(serializedBytes: problem) }
    line.why = try row.text()
    line.startedAt = try row.timestamptz()
    if let ended = try row.timestamptzIfPresent() { line.endedAt = ended }
    return line
  }
}
