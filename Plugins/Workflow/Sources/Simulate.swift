import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func simulate(_ request: Remit_Workflow_V1_SimulateRequest, _ call: Call) async throws -> Remit_Workflow_V1_SimulateReply {
    let (people, localNow) = try await call.peopleAndTime()
    var file = try await wanted(request, people, call)
    if !request.submitter.isEmpty {
      guard
        request.submitter.utf8.elementsEqual(call.principal.name.utf8)
          || call.may("workflow.case.all") && people.all[request.submitter] != nil
      else {
        throw CallError(.invalidArgument, "SUBMITTER", "that is nobody as whom you may try it", field: "submitter")
      }
      file.submitter = request.submitter
    }
    let now = request.hasAt ? try await call.instants(of: [.at(request.at)])[0] : (call.now, localNow)
    if !file.submitter.isEmpty || file.event != nil {
      file.variables.fields["submitter"] = file.submitterFacts(people, file.submitter == call.principal.name ? call.principal.roles : [])
    }
    try await file.describe(call)
    var simulation = try await Simulation(file, request.answers, passesUnanswered: true, people: people, now: now, call)
    try await simulation.run()
    return .with {
      var shown = simulation.walk.file.shown(call, people)
      shown.id = request.caseID
      shown.may = []
      shown.definition = simulation.walk.file.flow
      shown.entries = simulation.walk.file.entries.enumerated().map { index, entry in
        .with {
          $0.entry = UInt32(index + 1)
          $0.by = entry.by
          $0.what = entry.what
          $0.visit = UInt32(entry.visit)
          $0.comment = entry.comment
        }
      }
      $0.caseFile = shown
    }
  }

  /// The case that is to be simulated, as it would begin.
  private func wanted(_ request: Remit_Workflow_V1_SimulateRequest, _ people: People, _ call: Call) async throws -> CaseFile {
    if !request.caseID.isEmpty {
      let (file, _, _) = try await CaseFile.read(request.caseID, call)
      try file.mustBeSeen(by: call, people)
      return file.anew(by: try await call.flow(request.flow.isEmpty ? file.flow.name : request.flow))
    }
    func file(_ flow: Flow, _ method: String, _ bytes: [UInt8], _ approval: String) -> CaseFile {
      CaseFile(
        id: UUID(), isNew: true, flow: flow, submitter: call.principal.name, submitCall: call.requestID, method: method, request: bytes,
        approval: approval, why: "", startedAt: call.now)
    }
    guard request.method.isEmpty else {
      let method = request.method.hasPrefix("/") ? String(request.method.dropFirst()) : request.method
      let admitted = try await call.admitted(method, .json(request.request), mustBeHeld: request.flow.isEmpty)
      let flow = try await request.flow.isEmpty ? call.flow(of: admitted.hold, for: method) : call.flow(request.flow)
      guard flow.method == method else {
        throw CallError(.failedPrecondition, "OTHER_METHOD", "the flow \(flow.name) is for \(flow.method)", field: "flow")
      }
      return file(flow, method, Array(admitted.request), admitted.hold.approval)
    }
    let flow = try await call.flow(request.flow)
    guard flow.canStart else {
      throw CallError(
        .failedPrecondition, "NOT_BY_HAND", "of the flow \(flow.name) a request or a case must be given", field: "method")
    }
    var made = file(flow, "", [], "")
    made.variables.fields["given"] = try flow.checked(request.given)
    return made
  }

  // ---- many

  private static let casesMax = 1000
  private static let othersMax = 200
  private static let timeMax = Duration.seconds(20)

  func simulateCases(
    _ request: Remit_Workflow_V1_SimulateCasesRequest, _ call: Call
  ) async throws -> Remit_Workflow_V1_SimulateCasesReply {
    guard call.may("workflow.case.all") else {
      throw CallError(
        .permissionDenied, "NO_PERMISSION", "cases of others are seen with workflow.case.all, which \(call.principal.name) lacks")
    }
    let flow = try await call.flow(request.flow)
    let (begun, people) = (ContinuousClock.now, try await call.peopleAndTime().people)
    let count = request.count == 0 ? Self.casesMax : Int(request.count)
    let ids = try await call.rows(
      Statement(
        "SELECT case_id FROM workflow.instance WHERE flow = $1 ORDER BY case_id DESC LIMIT $2", [.text(flow.name), .int8(Int64(count))])
    ) { row in try row.uuid().text }
    var reply = Remit_Workflow_V1_SimulateCasesReply()
    for id in ids where ContinuousClock.now - begun < Self.timeMax {
      let (real, _, _) = try await CaseFile.read(id, call)
      reply.tried += 1
      let other = try await otherWay(real, by: flow, people, call)
      if let other {
        if reply.others.count < Self.othersMax { reply.others.append(other) }
      } else {
        reply.same += 1
      }
    }
    return reply
  }

  /// nil: it would have gone the same way.
  private func otherWay(_ real: CaseFile, by flow: Flow, _ people: People, _ call: Call) async throws -> Remit_Workflow_V1_OtherWay? {
    // What was tried again counts once.
    let round = real.visits.filter { visit in
      visit.round == real.round
        && !(visit.state == .failed && real.visits.contains { $0.cameFrom == visit.number && $0.step == visit.step })
    }
    let was = round.map(\.step)
    func other(_ way: [String], _ problem: CallError?) -> Remit_Workflow_V1_OtherWay {
      .with {
        $0.caseID = real.id.text
        $0.summary = real.summary
        $0.was = was
        $0.is = way
        $0.problem = problem?.message ?? ""
      }
    }
    var file = real.anew(by: flow)
    file.variables.fields["submitter"] = file.submitterFacts(people, [])
    do {
      try await file.describe(call)
    } catch let error as CallError where CaseWalk.isRefusal(error) {
      return other([], error)
    }
    let start = try await call.instants(of: [.at(real.startedAt)])[0]
    var simulation = try await Simulation(file, round.flatMap(\.answers), passesUnanswered: false, people: people, now: start, call)
    try await simulation.run()
    let simulated = simulation.walk.file
    let way = simulated.visits.map(\.step)
    // Ways beside each other are gone in any order.
    return way.sorted() == was.sorted() && (simulated.state == .blocked) == (real.state == .blocked)
      ? nil : other(way, simulated.state == .blocked ? simulated.problem : nil)
  }
}

extension CaseFile {
  /// The same, as it would begin by a flow.
  fileprivate func anew(by flow: Flow) -> CaseFile {
    var file = CaseFile(
      id: id, isNew: true, flow: flow, submitter: submitter, submitCall: submitCall, method: method, request: request, approval: approval,
      why: why, startedAt: startedAt)
    file.former = former
    file.event = event
    file.variables.fields["given"] = variables.fields["given"]
    return file
  }
}

extension CaseFile.Visit {
  /// What was decided of it, as a simulation is told.
  fileprivate var answers: [Remit_Workflow_V1_Answer] {
    let last: Remit_Workflow_V1_Answer.Kind? =
      switch state {
      case .passed: .pass
      case .rejected, .failed: .reject
      case .returned: .return
      case .open, .cancelled: nil
      }
    return ((isGiven ? [.late] : []) + [last].compactMap { $0 }).map { kind in
      .with {
        $0.step = step
        $0.kind = kind
      }
    }
  }
}
