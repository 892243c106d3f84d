import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  /// What time does: late/<case>/<visit>, remind/<case>/<visit>, wait/<case>/<visit>; and heard/<event>/<case>.
  func wakeCase(_ wake: Remit_Plugin_V1_Wake, _ call: Call) async throws -> Write<Remit_Plugin_V1_DeliveryReply> {
    let parts = wake.key.split(separator: "/").map(String.init)
    if parts.count == 3, parts[0] == "heard", let sequence = Int64(parts[1]) { return try await hearMore(sequence, after: parts[2], call) }
    guard parts.count == 3, let number = Int(parts[2]) else { return .nothing(reply: .init()) }
    var (file, people, localNow) = try await CaseFile.wake(parts[1], call)
    guard file.isOpen, file.state != .returned, let visit = file.visit(number), visit.state == .open, let step = file.step(visit.step)
    else {
      return .nothing(reply: .init())
    }
    // Whoever may call this changes no deadline.
    if parts[0] != "remind", case .at(let due)? = visit.due, (due.seconds, due.nanos) > (call.now.seconds, call.now.nanos) {
      return .nothing(reply: .init())
    }
    switch (parts[0], step.does) {
    case ("wait", .wait?):
      return try await walked(file, people, localNow, call) { walk in try await walk.pass(number) }.with(reply: .init())
    case ("remind", .approve(let approve)?):
      file.note("reminded", by: "", visit: number)
      file.tell(visit.openAssignees.flatMap(people.logins), file.summary, why: "reminder")
      let times = try await history(of: file, "reminded", visit: number, call)
      let most = approve.remind.times == 0 ? 3 : Int(approve.remind.times)
      return try await walked(file, people, localNow, call) { walk in
        guard times + 1 < most, let again = try await walk.deadlines(of: approve).reminder else { return }
        walk.file.wake("remind", number, at: again)
      }.with(reply: .init())
    case ("late", .approve(let approve)?) where !visit.isGiven:
      file.note("late", by: "", visit: number)
      return try await walked(file, people, localNow, call) { walk in try await walk.beLate(visit, approve) }.with(reply: .init())
    case ("late", .wait(let wait)?):
      file.note("late", by: "", visit: number)
      return try await walked(file, people, localNow, call) { walk in try await walk.beLate(visit, wait.late) }.with(reply: .init())
    default: return .nothing(reply: .init())
    }
  }

  private func history(of file: CaseFile, _ what: String, visit: Int, _ call: Call) async throws -> Int {
    try await call.rows(
      Statement(
        "SELECT count(*) FROM workflow.entry WHERE case_id = $1 AND what = $2 AND visit = $3",
        [.uuid(file.id), .text(what), .int2(Int16(clamping: visit))])
    ) { row in Int(try row.int8()) }[0]
  }
}

extension CaseWalk {
  mutating func beLate(_ visit: CaseFile.Visit, _ approve: Remit_Workflow_V1_Approve) async throws {
    let number = visit.number
    guard case .giveTo(let role)? = approve.late.then else { return try await beLate(visit, approve.late) }
    let assignee = mayDecide("role/\(role)") ? "role/\(role)" : "role/\(file.flow.fallback)"
    var vote = approve.vote(visit.seats)
    vote.give(theRestTo: assignee)
    file.change(number) { visit in
      visit.seats = vote.seats
      visit.isGiven = true
    }
    file.wake("late", number, at: nil)
    file.tell(world.people.logins(of: assignee), file.summary, why: "late")
  }

  mutating func beLate(_ visit: CaseFile.Visit, _ late: Remit_Workflow_V1_Late) async throws {
    let number = visit.number
    switch late.then {
    case .go(let step)?:
      file.end(number, as: .passed, at: world.now)
      try await come(to: step, from: number, splits: visit.splits)
    case .pass?: try await pass(number)
    case .reject?: try await reject(number, by: "")
    case .giveTo?, nil: break
    }
  }
}
