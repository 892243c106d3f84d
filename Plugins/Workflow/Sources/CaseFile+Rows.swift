import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension CaseFile {
  /// A case in which who calls takes part, with who there is, read for a change: nobody else changes it until the call has ended.
  static func load(_ text: String, _ call: Call) async throws -> (file: CaseFile, people: People, localNow: LocalTime) {
    let found = try await wake(text, call)
    try found.file.mustBeSeen(by: call, found.people)
    return found
  }

  /// The same for time, which takes part in all.
  ///
  /// - Parameter locks: nobody else changes it meanwhile, which a read cannot ask for.
  static func wake(_ text: String, _ call: Call, locks: Bool = true) async throws -> (file: CaseFile, people: People, localNow: LocalTime) {
    guard let id = UUID(uuidString: text) else { throw missing(text) }
    let found = try await call.query(statements(id, locks: locks) + [People.statement(today: call.businessDate), localNow(call)])
    guard let file = try CaseFile(found, id) else { throw missing(text) }
    return (file, try People(found[4]), try localNow(found[5]))
  }

  /// The same to be shown.
  static func read(_ text: String, _ call: Call) async throws -> (file: CaseFile, people: People, history: Rows) {
    guard let id = UUID(uuidString: text) else { throw missing(text) }
    let history = Statement(
      "SELECT entry, at, by, what, visit, comment, changes FROM workflow.entry WHERE case_id = $1 ORDER BY entry LIMIT 5000", [.uuid(id)])
    let found = try await call.query(statements(id, locks: false) + [People.statement(today: call.businessDate), history])
    guard let file = try CaseFile(found, id) else { throw missing(text) }
    return (file, try People(found[4]), found[5])
  }

  static func missing(_ id: String) -> CallError {
    CallError(.notFound, "NO_CASE", "there is no case \(id.prefix(60)) in which you take part", field: "case_id")
  }

  static func localNow(_ call: Call) -> Statement {
    Statement(
      "SELECT to_char($1::timestamptz AT TIME ZONE $2, 'YYYY-MM-DD\"T\"HH24:MI:SS')", [.timestamptz(call.now), .text(call.tenant.timeZone)])
  }

  static func localNow(_ rows: Rows) throws -> LocalTime {
    guard let text = try rows.map({ row in try row.text() }).first, let time = LocalTime(text) else {
      throw CallError(.internal, "CLOCK", "the host gave no time that there is")
    }
    return time
  }

  private static func statements(_ id: UUID, locks: Bool) -> [Statement] {
    [
      Statement(
        """
        SELECT submitter, submit_call, method, request, approval, why, started_at, state, subject, summary, currency, amount_minor, round, entries,
               variables::text, problem, reply, carried_out_at, reminded_at, ended_at, array_to_string(former, E'\\n'), event_type, event
          FROM workflow.instance WHERE case_id = $1\(locks ? " FOR UPDATE" : "")
        """, [.uuid(id)]),
      Statement(
        "SELECT f.body FROM workflow.flow f JOIN workflow.instance i USING (tenant_id) WHERE i.case_id = $1 AND f.sha256 = i.flow_sha256",
        [.uuid(id)]),
      Statement(
        """
        SELECT visit, step, coalesce(came_from, 0::smallint), splits::text, round, state, late, started_at, due_at, ended_at, awaits, awaits_about
          FROM workflow.visit
         WHERE case_id = $1 ORDER BY visit
        """, [.uuid(id)]),
      Statement(
        """
        SELECT visit, seat, weight, task, assignee, added_by, state, decided_by, comment FROM workflow.task
         WHERE case_id = $1 ORDER BY visit, seat, turn
        """, [.uuid(id)]),
    ]
  }

  private init?(_ found: [Rows], _ id: UUID) throws {
    guard let body = try found[1].map({ row in try row.bytes() }).first else { return nil }
    let flow = try Flow(serializedBytes: body)
    let read = try found[0].map { row in
      var file = CaseFile(
        id: id, isNew: false, flow: flow, submitter: try row.text(), submitCall: try row.text(), method: try row.text(),
        request: try row.bytes(), approval: try row.text(), why: try row.text(), startedAt: try row.timestamptz())
      file.state = State(rawValue: try row.text()) ?? .stopped
      file.subject = try row.text()
      file.summary = try row.text()
      let currency = try row.text()
      let minor = try row.int8()
      file.amount = Currency(currency).map { Money(minor: minor, currency: $0) }
      file.round = Int(try row.int2())
      file.writtenEntries = Int(try row.int4())
      file.variables = try Google_Protobuf_Struct(jsonString: try row.text())
      let problem = try row.bytes()
      file.problem = problem.isEmpty ? nil : try CallError(serializedBytes: problem)
      file.reply = try row.bytes()
      file.carriedOutAt = try row.timestamptzIfPresent()
      file.remindedAt = try row.timestamptzIfPresent()
      file.endedAt = try row.timestamptzIfPresent()
      file.former = try row.text().split(separator: "\n").map(String.init)
      let (type, payload) = (try row.text(), try row.bytes())
      if !type.isEmpty { file.event = .start(type, Data(payload)) }
      return file
    }.first
    guard var file = read else { return nil }
    file.visits = try found[2].map { row in
      var visit = Visit(
        number: Int(try row.int2()), step: try row.text(), cameFrom: Int(try row.int2()),
        splits: try row.text().dropFirst().dropLast().split(separator: ",").compactMap { Int($0) }, round: Int(try row.int2()),
        state: Visit.State(rawValue: try row.text()) ?? .cancelled, startedAt: Google_Protobuf_Timestamp())
      let late = try row.text()
      (visit.isGiven, visit.isCalled) = (late == "given", late == "called")
      visit.startedAt = try row.timestamptz()
      visit.due = try row.timestamptzIfPresent().map { .at($0) }
      visit.endedAt = try row.timestamptzIfPresent()
      visit.awaits = try row.text()
      visit.awaitsAbout = try row.text()
      return visit
    }
    var last = (visit: 0, seat: 0)
    for row in try found[3].map({ row in
      (
        visit: Int(try row.int2()), seat: Int(try row.int2()), weight: Int(try row.int2()),
        task: TaskState(
          number: Int(try row.int2()), assignee: try row.text(), addedBy: try row.text(),
          state: .init(rawValue: try row.text()) ?? .skipped,
          decidedBy: try row.text(), comment: try row.text())
      )
    }) where file.visits.indices.contains(row.visit - 1) {
      if (row.visit, row.seat) != last { file.visits[row.visit - 1].seats.append(Vote.Seat(tasks: [], weight: row.weight)) }
      last = (row.visit, row.seat)
      file.visits[row.visit - 1].seats[file.visits[row.visit - 1].seats.count - 1].tasks.append(row.task)
    }
    self = file
  }

  // ---- writing

  /// All that changed, and what is told of it.
  func write<Reply>(_ reply: Reply, _ call: Call, title: String = "") throws -> Write<Reply> {
    let body: [UInt8] = try flow.serializedBytes()
    let digest = FileDigest.sha256(body)
    var statements: [Statement] = []
    if isNew || hasOtherFlow {
      statements.append(
        Statement(
          insertInto: "workflow.flow", ["sha256": .bytea(digest), "name": .text(flow.name), "body": .bytea(body)],
          ending: "ON CONFLICT DO NOTHING"))
    }
    statements.append(try instance(digest))
    let changed = visits.filter { touched.contains($0.number) }
    if !changed.isEmpty {
      statements.append(upsert(changed, call))
      let tasks = changed.flatMap { visit in
        visit.seats.enumerated().flatMap { seat, content in
          content.tasks.enumerated().map { (visit: visit.number, seat: seat + 1, turn: $0 + 1, weight: content.weight, task: $1) }
        }
      }
      if !tasks.isEmpty { statements.append(upsert(tasks, call)) }
    }
    if !entries.isEmpty { statements.append(try insertEntries(call)) }
    return Write(
      statements, reply: reply, resource: resource, title: title.isEmpty ? summary : title, events: try events, wakes: wakenings)
  }

  private func instance(_ digest: [UInt8]) throws -> Statement {
    let columns: KeyValuePairs<String, Parameter> = [
      "case_id": .uuid(id), "flow": .text(flow.name), "flow_sha256": .bytea(digest), "state": .text(state.rawValue),
      "submitter": .text(submitter), "former": .texts(former).asOneValue, "submit_call": .text(submitCall), "method": .text(method),
      "request": .bytea(request),
      "approval": .text(approval), "subject": .text(subject), "summary": .text(summary), "currency": .text(amount?.currency.code ?? ""),
      "amount_minor": .int8(amount?.minor ?? 0), "why": .text(why), "may_decide_own": .bool(flow.mayDecideOwn),
      "round": .int2(Int16(clamping: round)),
      "visits": .int2(Int16(clamping: visits.count)), "entries": .int4(Int32(clamping: writtenEntries + entries.count)),
      "variables": .json(try variables.jsonString()), "problem": .bytea(try problem?.serializedBytes() ?? []), "reply": .bytea(reply),
      "carried_out_at": .timestamptzIfPresent(carriedOutAt),
      "reminded_at": .timestamptzIfPresent(remindedAt), "started_at": .timestamptz(startedAt),
      "event_type": .text(event?.type ?? ""), "event": .bytea(event.map { Array($0.payload) } ?? []),
      "ended_at": .timestamptzIfPresent(endedAt),
    ]
    let changeable = columns.map(\.key).filter { !["case_id", "method", "started_at", "event_type", "event"].contains($0) }
    let ending =
      isNew
      ? ""
      : "ON CONFLICT (tenant_id, case_id) DO UPDATE SET (\(changeable.joined(separator: ", "))) = ROW(\(changeable.map { "EXCLUDED.\($0)" }.joined(separator: ", ")))"
    return Statement(insertInto: "workflow.instance", columns, ending: ending)
  }

  private func upsert(_ visits: [Visit], _ call: Call) -> Statement {
    func local(_ due: Due?) -> String? { if case .local(let time)? = due { "\(time)" } else { nil } }
    func instant(_ due: Due?) -> Google_Protobuf_Timestamp? { if case .at(let instant)? = due { instant } else { nil } }
    return Statement(
      """
      INSERT INTO workflow.visit (case_id, visit, step, came_from, splits, round, state, late, started_at, due_at, ended_at, awaits,
                                  awaits_about)
      SELECT $1, u.visit, u.step, nullif(u.came_from, 0), u.splits::smallint[], u.round, u.state, u.late, u.started_at,
             coalesce(u.due_at, u.due_local::timestamp AT TIME ZONE $2), u.ended_at, u.awaits, u.awaits_about
        FROM unnest($3::smallint[], $4::text[], $5::smallint[], $6::text[], $7::smallint[], $8::text[], $9::text[], $10::timestamptz[],
                    $11::timestamptz[], $12::text[], $13::timestamptz[], $14::text[], $15::text[])
             u (visit, step, came_from, splits, round, state, late, started_at, due_at, due_local, ended_at, awaits, awaits_about)
      ON CONFLICT (tenant_id, case_id, visit) DO UPDATE
         SET (step, state, late, due_at, ended_at, awaits, awaits_about)
           = ROW(EXCLUDED.step, EXCLUDED.state, EXCLUDED.late, EXCLUDED.due_at, EXCLUDED.ended_at, EXCLUDED.awaits, EXCLUDED.awaits_about)
      """,
      [
        .uuid(id), .text(call.tenant.timeZone), .int2s(visits.map { Int16(clamping: $0.number) }), .texts(visits.map(\.step)),
        .int2s(visits.map { Int16(clamping: $0.cameFrom) }),
        .texts(visits.map { "{\($0.splits.map(String.init).joined(separator: ","))}" }), .int2s(visits.map { Int16(clamping: $0.round) }),
        .texts(visits.map(\.state.rawValue)), .texts(visits.map { $0.isCalled ? "called" : $0.isGiven ? "given" : "" }),
        .timestamptzs(visits.map(\.startedAt)), .timestamptzs(visits.map { instant($0.due) }), .texts(visits.map { local($0.due) }),
        .timestamptzs(visits.map(\.endedAt)), .texts(visits.map(\.awaits)), .texts(visits.map(\.awaitsAbout)),
      ])
  }

  private func upsert(_ tasks: [(visit: Int, seat: Int, turn: Int, weight: Int, task: TaskState)], _ call: Call) -> Statement {
    func int2s(_ values: [Int]) -> Parameter { .int2s(values.map { Int16(clamping: $0) }) }
    return Statement(
      """
      INSERT INTO workflow.task AS t (case_id, visit, task, seat, turn, weight, assignee, added_by, state, opened_at, decided_at, decided_by, comment)
      SELECT $1, u.visit, u.task, u.seat, u.turn, u.weight, u.assignee, u.added_by, u.state, CASE WHEN u.state = 'open' THEN $2::timestamptz END,
             CASE WHEN u.decided_by <> '' THEN $2::timestamptz END, u.decided_by, u.comment
        FROM unnest($3::smallint[], $4::smallint[], $5::smallint[], $6::smallint[], $7::smallint[], $8::text[], $9::text[], $10::text[],
                    $11::text[], $12::text[]) u (visit, task, seat, turn, weight, assignee, added_by, state, decided_by, comment)
      ON CONFLICT (tenant_id, case_id, visit, task) DO UPDATE
         SET (seat, turn, weight, state, opened_at, decided_at, decided_by, comment)
           = ROW(EXCLUDED.seat, EXCLUDED.turn, EXCLUDED.weight, EXCLUDED.state, coalesce(t.opened_at, EXCLUDED.opened_at),
                 coalesce(t.decided_at, EXCLUDED.decided_at), EXCLUDED.decided_by, EXCLUDED.comment)
      """,
      [
        .uuid(id), .timestamptz(call.now), int2s(tasks.map(\.visit)), int2s(tasks.map(\.task.number)), int2s(tasks.map(\.seat)),
        int2s(tasks.map(\.turn)), int2s(tasks.map(\.weight)), .texts(tasks.map(\.task.assignee)), .texts(tasks.map(\.task.addedBy)),
        .texts(tasks.map(\.task.state.rawValue)), .texts(tasks.map(\.task.decidedBy)), .texts(tasks.map(\.task.comment)),
      ])
  }

  private func insertEntries(_ call: Call) throws -> Statement {
    Statement(
      insertInto: "workflow.entry",
      [
        "case_id": .uuid(id), "entry": .int4s(entries.indices.map { Int32(clamping: writtenEntries + $0 + 1) }),
        "at": .timestamptz(call.now),
        "by": .texts(entries.map(\.by)), "what": .texts(entries.map(\.what)), "visit": .int2s(entries.map { Int16(clamping: $0.visit) }),
        "comment": .texts(entries.map(\.comment)),
        "changes": .byteas(
          try entries.map { entry in
            entry.changes.isEmpty
              ? [] : try Remit_Workflow_V1_Entry.with { $0.changes = Array(entry.changes.prefix(200)) }.serializedBytes()
          }),
      ])
  }

  private var wakenings: [Wakening] {
    wakes.sorted { $0.key < $1.key }.map { key, due in
      switch due {
      case .at(let instant): Wakening(key, at: instant)
      case .local(let time): Wakening(key, local: "\(time)")
      case nil: Wakening(key, at: nil)
      }
    }
  }

  private var events: [Event] {
    get throws {
      let told: Event =
        isOpen
        ? try Event(
          Remit_Workflow_V1_CaseMoved.with {
            $0.caseID = id.text
            $0.flow = flow.name
            $0.state = state.message
            $0.subject = subject
            $0.assignees = Array(Set(openVisits.flatMap(\.openAssignees)).sorted().prefix(200))
          }, about: resource)
        : try Event(
          Remit_Workflow_V1_CaseEnded.with {
            $0.caseID = id.text
            $0.flow = flow.name
            $0.state = state.message
            $0.method = method
            $0.subject = subject
          }, about: resource)
      return [told] + (try notices.map { try Event($0, about: resource) })
    }
  }
}

extension CaseFile.State {
  var message: Remit_Workflow_V1_Case.State {
    switch self {
    case .running: .running
    case .returned: .returned
    case .blocked: .blocked
    case .done: .done
    case .rejected: .rejected
    case .withdrawn: .withdrawn
    case .stopped: .stopped
    }
  }
}

extension Remit_Platform_V1_ToldEvent {
  /// That begins a case.
  static func start(_ type: String, _ payload: Data) -> Self { told("start", type, payload) }

  /// That a case waited for.
  static func heard(_ type: String, _ payload: Data) -> Self { told("event", type, payload) }

  private static func told(_ name: String, _ type: String, _ payload: Data) -> Self {
    .with {
      $0.name = name
      $0.type = type
      $0.payload = payload
    }
  }
}
