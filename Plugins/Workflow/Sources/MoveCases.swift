import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  /// How many cases one call moves.
  private static let casesMax = 100

  func planMove(_ request: Remit_Workflow_V1_MoveRequest, _ call: Call) async throws -> Remit_Workflow_V1_MoveReply {
    try await moved(request, call, locks: false).reply
  }

  func move(_ request: Remit_Workflow_V1_MoveRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_MoveReply> {
    let (files, reply) = try await moved(request, call, locks: true)
    return files.isEmpty ? .nothing(reply: reply) : try CaseFile.write(files, call).with(reply: reply)
  }

  private func moved(
    _ request: Remit_Workflow_V1_MoveRequest, _ call: Call, locks: Bool
  ) async throws -> (files: [CaseFile], reply: Remit_Workflow_V1_MoveReply) {
    let flow = try await call.flow(request.flow)
    let digest = FileDigest.sha256(try flow.serializedBytes())
    let others = try await call.rows(
      Statement(
        """
        SELECT case_id, count(*) OVER () FROM workflow.instance
         WHERE flow = $1 AND ended_at IS NULL AND flow_sha256 <> $2 ORDER BY case_id LIMIT $3
        """, [.text(flow.name), .bytea(digest), .int8(Int64(Self.casesMax))])
    ) { row in (id: try row.uuid().text, count: try row.int8()) }
    let ids = request.caseIds.isEmpty ? others.map(\.id) : Set(request.caseIds.map { $0.lowercased() }).sorted()
    let names = Dictionary(request.steps.map { ($0.from, $0.to) }, uniquingKeysWith: { first, _ in first })
    var files: [CaseFile] = []
    var reply = Remit_Workflow_V1_MoveReply()
    for id in ids {
      do {
        let (file, people, localNow) = try await CaseFile.wake(id, call, locks: locks)
        let mover = CaseMover(flow: flow, names: names)
        let moved = try await mover.move(try file.byFlow(flow), call)
        // Deadlines are of the calendar that holds now.
        var walk = CaseWalk(moved, in: try await call.world(moved, people, localNow))
        for visit in moved.openVisits { try await walk.timeAnew(visit.number) }
        files.append(walk.file)
      } catch let error as CallError where CaseWalk.isRefusal(error) {
        reply.refused.append(
          .with {
            $0.caseID = id
            $0.why = error.message
          })
      }
    }
    reply.moved = UInt32(files.count)
    reply.left = UInt32(clamping: max(0, (others.first?.count ?? 0) - Int64(files.count)))
    return (files, reply)
  }
}

extension CaseFile {
  /// The same, which goes by another version of its flow.
  fileprivate func byFlow(_ flow: Flow) throws(CallError) -> CaseFile {
    try mustBeOpen()
    guard self.flow.name == flow.name else {
      throw CallError(.failedPrecondition, "OTHER_FLOW", "the case goes by the flow \(self.flow.name)")
    }
    return self
  }
}

/// Has a case go by the flow that holds now.
private struct CaseMover {
  let flow: Flow
  /// Of steps that have another name now.
  let names: [String: String]

  func move(_ before: CaseFile, _ call: Call) async throws -> CaseFile {
    var file = before
    let (open, stuck) = (file.openVisits, file.stuckVisits)
    let splits = Set((open + stuck).flatMap(\.splits)).compactMap { file.visit($0) }
    for visit in open + stuck + splits {
      let name = names[visit.step] ?? visit.step
      guard let old = file.step(visit.step), let new = flow.steps.first(where: { $0.name == name }) else {
        throw CallError(.failedPrecondition, "NO_STEP", "the case is at the step \(visit.step), and the flow has no step \(name)")
      }
      guard old.kind == new.kind else {
        throw CallError(.failedPrecondition, "OTHER_STEP", "the step \(visit.step) is \(old.kind), and \(name) is \(new.kind)")
      }
      file.change(visit.number) { $0.step = name }
    }
    file.flow = flow
    try await mustKnow(file, from: (open + stuck).compactMap { file.visit($0.number)?.step }, call)
    file.note("moved", by: call.principal.name)
    return file
  }

  /// What comes must find the values that it speaks of.
  private func mustKnow(_ file: CaseFile, from steps: [String], _ call: Call) async throws {
    var check = FlowCheck(flow)
    check.checkSteps()
    var asked = file.asked
    let (expressions, decided) = check.asked(from: steps)
    for name in decided where asked.values.fields[name] == nil { asked.values.fields[name] = .init() }
    asked.checkOnly = true
    asked.expressions = expressions
    guard let fault = try await call.evaluate(asked).faults.first else { return }
    throw CallError(.failedPrecondition, "UNKNOWN", "the case does not have what comes speaks of: \(fault.message)")
  }
}

extension Remit_Workflow_V1_Step {
  fileprivate var kind: String {
    switch does {
    case .approve?: "approve"
    case .decide?: "decide"
    case .carry?: "carry"
    case .call?: "call"
    case .notify?: "notify"
    case .wait?: "wait"
    case .split?: "split"
    case .join?: "join"
    case .end?: "end"
    case nil: "nothing"
    }
  }
}
