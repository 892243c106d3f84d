import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func decide(_ request: Remit_Workflow_V1_DecideRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    let (file, people, localNow) = try await CaseFile.load(request.caseID, call)
    let login = try call.person
    var desk = try TaskDesk(file, people, visit: request.visit, task: request.task, login)
    if request.decision == .return {
      try file.mustNotBeDone()
      guard !request.comment.isEmpty else { throw CallError.invalid([("comment", "must say what is to be changed")]) }
      let step = try desk.returnStep(request.returnTo)
      try desk.change { vote, task throws(Vote.Refusal) in try vote.sendBack(task, by: login, comment: request.comment) }
      desk.file.note("returned", by: login, visit: desk.visit.number, request.comment)
      return try await walked(desk.file, people, localNow, call) { [desk] walk in try await walk.sendBack(desk.visit, to: step) }
    }
    guard request.decision == .approve || request.decision == .reject else {
      throw CallError.invalid([("decision", "must be APPROVE, REJECT or RETURN")])
    }
    try desk.mustBeFirst()
    let isApproved = request.decision == .approve
    try desk.change { vote, task throws(Vote.Refusal) in try vote.decide(task, isApproved, by: login, comment: request.comment) }
    desk.file.note(isApproved ? "approved" : "rejected", by: login, visit: desk.visit.number, request.comment)
    return try await walked(desk.file, people, localNow, call) { [desk] walk in
      try await walk.settle(desk.visit.number, desk.outcome, by: login)
    }
  }

  func transfer(_ request: Remit_Workflow_V1_TransferRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    let (file, people, localNow) = try await CaseFile.load(request.caseID, call)
    let login = try call.person
    var desk = try TaskDesk(file, people, visit: request.visit, task: request.task, login)
    try desk.mustAllow(.transfer)
    try desk.mustBeSigner(request.to, "to")
    try desk.change { vote, task throws(Vote.Refusal) in try vote.give(task, to: request.to, by: login, comment: request.comment) }
    desk.file.note("transferred", by: login, visit: desk.visit.number, "\(request.to): \(request.comment)")
    desk.file.tell([request.to], desk.file.summary, why: "task")
    return try await walked(desk.file, people, localNow, call) { _ in }
  }

  func addSigner(_ request: Remit_Workflow_V1_AddSignerRequest, _ call: Call) async throws -> Write<Remit_Workflow_V1_Case> {
    let (file, people, localNow) = try await CaseFile.load(request.caseID, call)
    let login = try call.person
    var desk = try TaskDesk(file, people, visit: request.visit, task: request.task, login)
    let place: Vote.Place
    switch request.place {
    case .beside: place = .beside
    case .before: place = .before
    case .after: place = .after
    case .unspecified, .UNRECOGNIZED: throw CallError.invalid([("place", "must be BESIDE, BEFORE or AFTER")])
    }
    try desk.mustAllow(place == .beside ? .addBeside : place == .before ? .addBefore : .addAfter)
    guard !request.logins.isEmpty else { throw CallError.invalid([("logins", "must be given")]) }
    guard desk.vote.tasks.count + request.logins.count <= 300 else {
      throw CallError(.resourceExhausted, "TOO_MANY", "a step has at most 300 tasks")
    }
    for (index, signer) in request.logins.enumerated() { try desk.mustBeSigner(signer, "logins[\(index)]") }
    try desk.change { vote, task throws(Vote.Refusal) in try vote.add(request.logins, place, of: task, by: login) }
    desk.file.note("added", by: login, visit: desk.visit.number, "\(request.logins.joined(separator: ", ")): \(request.comment)")
    desk.file.tell(request.logins, desk.file.summary, why: "task")
    return try await walked(desk.file, people, localNow, call) { _ in }
  }
}

/// A task in the hands of a person who wants to decide it, or to have it decided.
private struct TaskDesk {
  var file: CaseFile
  let visit: CaseFile.Visit
  let task: Int
  let step: Remit_Workflow_V1_Approve
  private(set) var vote: Vote
  private let people: People
  private let login: String
  /// For whom they would decide: themselves, or who is away.
  private let voice: String

  var outcome: Vote.Outcome? { vote.outcome }

  init(_ file: CaseFile, _ people: People, visit number: UInt32, task: UInt32, _ login: String) throws(CallError) {
    guard let visit = file.visit(Int(number)), case .approve(let step)? = file.step(visit.step)?.does,
      let found = visit.tasks.first(where: { $0.number == Int(task) })
    else { throw CallError(.notFound, "NO_TASK", "the case has no task \(task) at its step \(number)", field: "task") }
    self.file = file
    self.visit = visit
    self.task = Int(task)
    self.step = step
    self.people = people
    self.login = login
    vote = step.vote(visit.seats)
    let voice = people.voice(login, taking: found.assignee, without: file.isBarred)
    self.voice = voice ?? login
    guard file.isOpen, file.state != .returned, visit.state == .open else {
      let closer = found.decidedBy.isEmpty ? visit.tasks.last { !$0.decidedBy.isEmpty }?.decidedBy ?? "" : found.decidedBy
      throw Self.closed(closer)
    }
    guard !file.isBarred(login) else {
      throw CallError(.failedPrecondition, "OWN_CASE", "nobody decides what they submitted themselves")
    }
    guard voice != nil else { throw Self.notYours(login) }
  }

  private static func notYours(_ login: String) -> CallError {
    CallError(.permissionDenied, "NOT_YOURS", "the task is not \(login)'s, nor of a role or a person that \(login) may decide for")
  }

  private static func closed(_ closer: String) -> CallError {
    CallError(
      .failedPrecondition, "TASK_CLOSED",
      closer.isEmpty ? "the task is closed: the step is over" : "the task is closed: \(closer) has decided")
  }

  /// One vote a person, by themselves or by who stands in.
  func mustBeFirst() throws(CallError) {
    let seat = visit.seats.firstIndex { $0.tasks.contains { $0.number == task } }
    for (index, other) in visit.seats.enumerated() where index != seat {
      for voted in other.tasks where !voted.decidedBy.isEmpty && voted.state != .moved {
        let voices = [voted.decidedBy, people.voice(voted.decidedBy, taking: voted.assignee, without: file.isBarred)]
        guard voices.contains(voice) || voices.contains(login) else { continue }
        throw CallError(.failedPrecondition, "ALREADY_DECIDED", "\(voice) has a vote in this step already, for another seat")
      }
    }
  }

  func mustAllow(_ action: Remit_Workflow_V1_Action) throws(CallError) {
    guard step.allow.contains(action) else {
      throw CallError(.failedPrecondition, "NOT_ALLOWED", "the step \(visit.step) does not allow that")
    }
  }

  func mustBeSigner(_ other: String, _ field: String) throws(CallError) {
    guard !file.isBarred(other) else {
      throw CallError(.failedPrecondition, "OWN_CASE", "\(other) submitted the case", field: field)
    }
    guard let person = people.all[other] else {
      throw CallError.invalid([(field, "is no person who is there: \(other.prefix(60))")])
    }
    guard step.within.isEmpty || person.roles.contains(step.within) else {
      throw CallError.invalid([(field, "must be somebody of the role \(step.within)")])
    }
  }

  /// Where it goes back to: where it came from in this round, or to who submitted it.
  func returnStep(_ wanted: String) throws(CallError) -> String {
    try mustAllow(.return)
    let steps = file.returnSteps(of: step, from: visit)
    let name = wanted.isEmpty ? steps.first ?? "" : wanted
    guard steps.contains(name) else {
      throw CallError(.invalidArgument, "NO_STEP", "from here it can be returned to: \(steps.joined(separator: ", "))", field: "return_to")
    }
    return name
  }

  /// Votes, and keeps it in the case.
  mutating func change(_ work: (inout Vote, Int) throws(Vote.Refusal) -> Void) throws(CallError) {
    do throws(Vote.Refusal) {
      try work(&vote, task)
    } catch {
      switch error {
      case .closed(let closer): throw Self.closed(closer)
      case .notYours: throw Self.notYours(login)
      case .notYourTurn: throw CallError(.failedPrecondition, "NOT_YOUR_TURN", "others decide before")
      case .alreadyThere: throw CallError(.failedPrecondition, "ALREADY_THERE", "they decide in this step already")
      }
    }
    let opened = vote.tasks.filter { task in task.state == .open && !visit.tasks.contains { $0.number == task.number && $0.state == .open }
    }
    file.change(visit.number) { [vote] in $0.seats = vote.seats }
    file.tell(opened.flatMap { people.logins(of: $0.assignee) }, file.summary, why: "task")
  }
}

extension CaseWalk {
  /// Back to a step, or to who submitted it.
  mutating func sendBack(_ visit: CaseFile.Visit, to step: String) async throws {
    file.end(visit.number, as: .returned, at: world.now)
    if step == "start" {
      file.endAll(at: world.now)
      file.state = .returned
      file.tell([file.submitter], file.summary, why: "returned")
      return
    }
    guard let earlier = file.earlier(step, than: visit) else { return }
    // Ways beside it go on.
    file.void(after: earlier, at: world.now)
    try await come(to: step, from: visit.number, splits: earlier.splits)
  }
}

extension CaseFile {
  /// Where a case can go back to from a visit: steps that it came by, or who submitted it.
  func returnSteps(of approve: Remit_Workflow_V1_Approve, from visit: Visit) -> [String] {
    (approve.returnTo.isEmpty ? ["start"] : approve.returnTo).filter { name in
      name == "start" ? !submitter.isEmpty : earlier(name, than: visit) != nil
    }
  }

  /// The last time in this round that a visit's way came by a step.
  fileprivate func earlier(_ step: String, than visit: Visit) -> Visit? {
    visits.last { $0.step == step && $0.round == round && $0.number < visit.number && visit.splits.starts(with: $0.splits) }
  }
}
