import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func listTasks(_ request: Remit_Workflow_V1_ListTasksRequest, _ call: Call) async throws -> Remit_Workflow_V1_ListTasksReply {
    let page = try Page(size: request.pageSize, token: request.pageToken, keys: 4)
    let login = call.principal.name
    let people = try People(try await call.query([People.statement(today: call.businessDate)])[0])
    let (time, order, which) =
      request.done ? ("decided_at", "DESC", "t.decided_by = $1") : ("opened_at", "ASC", "t.state = 'open' AND t.assignee = ANY ($2)")
    var parameters: [Parameter] = [.text(login), .texts(request.done ? [] : people.assignees(of: login)), .int8(Int64(page.size + 1))]
    var after = ""
    if let key = page.after {
      guard let id = UUID(uuidString: key[1]), let visit = Int16(key[2]), let task = Int16(key[3]) else { throw Page.badToken }
      parameters += [.timestamptz(try Page.instant(key)), .uuid(id), .int2(visit), .int2(task)]
      after = "AND (t.\(time), t.case_id, t.visit, t.task) \(request.done ? "<" : ">") ($4, $5, $6, $7)"
    }
    // A person has one vote in a step. Whether one of these is theirs is said by who submitted it too.
    let found = try await call.query([
      Statement(
        """
        SELECT \(CaseLine.columns), t.visit, t.task, v.step, t.assignee, t.opened_at, v.due_at, t.state, t.\(time), f.body,
               array_to_string(i.former, E'\\n')
          FROM workflow.task t JOIN workflow.instance i USING (tenant_id, case_id) JOIN workflow.visit v USING (tenant_id, case_id, visit)
          JOIN workflow.flow f ON (f.tenant_id, f.sha256) = (i.tenant_id, i.flow_sha256)
         WHERE \(which) AND ($2::text[] IS NOT NULL)
           AND (\(request.done) OR i.ended_at IS NULL AND NOT EXISTS (
                  SELECT FROM workflow.task o WHERE (o.case_id, o.visit) = (t.case_id, t.visit) AND o.decided_by = $1 AND o.state <> 'moved')) \(after)
         ORDER BY t.\(time) \(order), t.case_id \(order), t.visit \(order), t.task \(order) LIMIT $3
        """, parameters)
    ])[0].map { row in
      var line = try CaseLine.message(&row)
      var item = Remit_Workflow_V1_WorkItem()
      item.visit = UInt32(clamping: try row.int2())
      item.task = UInt32(clamping: try row.int2())
      item.step = try row.text()
      item.assignee = try row.text()
      if let opened = try row.timestamptzIfPresent() { item.openedAt = opened }
      if let due = try row.timestamptzIfPresent() { item.dueAt = due }
      item.state = TaskState.State(rawValue: try row.text())?.message ?? .unspecified
      let key = Page.text(try row.timestamptz())
      let flow = try CaseLine.flow(try row.bytes(), of: &line, call.tenant.locale)
      item.caseFile = line
      item.title = flow.title(of: item.step, call.tenant.locale)
      let barred = flow.mayDecideOwn ? [] : [line.submitter] + (try row.text()).split(separator: "\n").map(String.init)
      let isTheirs = request.done || people.voice(login, taking: item.assignee, without: barred.contains) != nil
      return (item: item, key: key, isTheirs: isTheirs)
    }
    return .with {
      let (rows, token) = page.cut(found) { [$0.key, $0.item.caseFile.id, "\($0.item.visit)", "\($0.item.task)"] }
      $0.items = rows.filter(\.isTheirs).map(\.item)
      $0.nextPageToken = token
    }
  }
}
