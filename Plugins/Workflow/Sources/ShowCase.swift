import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func getCase(_ request: Remit_Workflow_V1_GetCaseRequest, _ call: Call) async throws -> Remit_Workflow_V1_Case {
    let (file, people, history) = try await CaseFile.read(request.caseID, call)
    try file.mustBeSeen(by: call, people)
    var asked = file.asked
    asked.reply = Data(file.reply)
    let json = try await call.evaluate(asked)
    var shown = file.shown(call, people)
    if json.hasJson { shown.request = json.json }
    if json.hasReply { shown.reply = json.reply }
    if let event = json.events.first { shown.event = event }
    shown.definition = file.flow
    if let given = file.variables.fields["given"] { shown.given = given.structValue }
    shown.entries = try history.map { row in
      var entry = Remit_Workflow_V1_Entry.with { _ in }
      entry.entry = UInt32(clamping: try row.int4())
      entry.at = try row.timestamptz()
      entry.by = try row.text()
      entry.what = try row.text()
      entry.visit = UInt32(clamping: try row.int2())
      entry.comment = try row.text()
      let changes = try row.bytes()
      if !changes.isEmpty { entry.changes = try Remit_Workflow_V1_Entry(serializedBytes: changes).changes }
      return entry
    }
    return shown
  }
}

extension CaseFile {
  /// Refuses who takes no part, as if there were no such case.
  func mustBeSeen(by call: Call, _ people: People) throws(CallError) {
    let login = call.principal.name
    let mine = Set(people.assignees(of: login))
    let takesPart = login == submitter || visits.contains { $0.tasks.contains { $0.decidedBy == login || mine.contains($0.assignee) } }
    guard takesPart || call.may("workflow.case.all") else { throw CaseFile.missing(id.text) }
  }

  /// Without its request and its history.
  func shown(_ call: Call, _ people: People) -> Remit_Workflow_V1_Case {
    .with {
      $0.id = id.text
      $0.flow = flow.name
      $0.flowTitle = flow.title(call.tenant.locale)
      $0.state = state.message
      $0.submitter = submitter
      $0.method = method
      $0.eventType = event?.type ?? ""
      $0.summary = summary
      $0.subject = subject
      if let amount { $0.amount = amount.message }
      $0.round = UInt32(round)
      $0.visits = visits.map { visit in
        var shown = visit.message(flow, call.tenant.locale)
        if visit.state == .open, case .approve(let approve)? = step(visit.step)?.does {
          shown.allow = approve.allow
          if approve.allow.contains(.return) { shown.returnTo = returnSteps(of: approve, from: visit) }
        }
        return shown
      }
      if let problem { $0.problem = problem }
      $0.startedAt = startedAt
      if let endedAt { $0.endedAt = endedAt }
      $0.why = why
      $0.may = may(call, people)
    }
  }

  /// What who calls may do now.
  private func may(_ call: Call, _ people: People) -> [String] {
    guard isOpen else { return [] }
    let login = call.principal.name
    let isOwn = login == submitter
    let mayDecide =
      !call.principal.person.isEmpty && state != .returned
      && openVisits.contains { $0.openAssignees.contains { people.voice(login, taking: $0, without: isBarred) != nil } }
    var may = ["comment"]
    if mayDecide, call.may("workflow.task.decide") { may.append("decide") }
    if isOwn, carriedOutAt == nil, !hasCalled {
      if state == .returned || state == .blocked { may.append("resubmit") }
      if state == .returned || state == .blocked || !hasVotes { may.append("withdraw") }
    }
    if isOwn, state == .running { may.append("remind") }
    if state == .blocked { may += ["retry", "adopt"].filter { call.may("workflow.case.\($0)") } }
    if call.may("workflow.case.stop") { may.append("stop") }
    return may
  }
}

extension CaseFile.Visit {
  fileprivate func message(_ flow: Flow, _ locale: String) -> Remit_Workflow_V1_Visit {
    .with {
      $0.visit = UInt32(number)
      $0.step = step
      $0.title = flow.title(of: step, locale)
      $0.round = UInt32(round)
      $0.state =
        switch state {
        case .open: .open
        case .passed: .passed
        case .rejected: .rejected
        case .returned: .returned
        case .cancelled: .cancelled
        case .failed: .failed
        }
      $0.startedAt = startedAt
      if case .at(let instant)? = due { $0.dueAt = instant }
      if let endedAt { $0.endedAt = endedAt }
      $0.awaits = awaits
      $0.cameFrom = UInt32(cameFrom)
      $0.tasks = seats.enumerated().flatMap { seat, content in content.tasks.map { $0.message(seat: seat + 1) } }
    }
  }
}

extension TaskState {
  fileprivate func message(seat: Int) -> Remit_Workflow_V1_Task {
    .with {
      $0.task = UInt32(number)
      $0.assignee = assignee
      $0.seat = UInt32(seat)
      $0.addedBy = addedBy
      $0.state = state.message
      $0.decidedBy = decidedBy
      $0.comment = comment
    }
  }
}

extension TaskState.State {
  var message: Remit_Workflow_V1_Task.State {
    switch self {
    case .waiting: .waiting
    case .open: .open
    case .approved: .approved
    case .rejected: .rejected
    case .returned: .returned
    case .moved: .moved
    case .skipped: .skipped
    }
  }
}

extension Remit_Document_V1_Text {
  /// Of who reads it: "zh-CN"; nil: there is none.
  func text(_ locale: String) -> String? {
    let wanted = locale.hasPrefix("zh") ? zh : locale.hasPrefix("de") ? de : en
    return [wanted, any, en, zh, de].first { !$0.isEmpty }
  }
}

extension Remit_Workflow_V1_Flow {
  /// In the company's language; its name where it has none.
  func title(_ locale: String) -> String { title.text(locale) ?? name }

  /// Of a step, in the company's language; its name where it has none.
  func title(of name: String, _ locale: String) -> String {
    steps.first { $0.name == name }?.title.text(locale) ?? name
  }
}
