import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import Synchronization
import WorkflowMessages

/// Takes a case through its flow as if people decided so and so: nothing is called, nobody is told.
struct Simulation {
  private(set) var walk: CaseWalk
  private let answers: Answers
  private let call: Call

  /// What is answered at each step, in order.
  private final class Answers: Sendable {
    private let left: Mutex<[Remit_Workflow_V1_Answer]>
    /// Where nothing is said: each step passes, or the simulation ends.
    let passesUnanswered: Bool

    init(_ answers: [Remit_Workflow_V1_Answer], passesUnanswered: Bool) {
      left = Mutex(answers)
      self.passesUnanswered = passesUnanswered
    }

    /// nil: the simulation ends here.
    func take(_ step: String) -> Remit_Workflow_V1_Answer.Kind? {
      left.withLock { left in
        guard let place = left.firstIndex(where: { $0.step == step }) else { return passesUnanswered ? .pass : nil }
        return left.remove(at: place).kind
      }
    }
  }

  private static let stepsMax = 1000
  private static let timeMax = Duration.seconds(10)

  /// - Parameter now: when it begins, and in the company's time zone.
  init(
    _ file: CaseFile, _ answers: [Remit_Workflow_V1_Answer], passesUnanswered: Bool, people: People,
    now: (Google_Protobuf_Timestamp, LocalTime), _ call: Call
  ) async throws {
    let answers = Answers(answers, passesUnanswered: passesUnanswered)
    var world = try await call.world(file, people, now.1)
    world.now = now.0
    let refusal = CallError(.failedPrecondition, "SIMULATED", "refused, as the simulation was told")
    world.carryOut = { file in answers.take(file.openStep { $0.isCarry }) == .reject ? .refused(refusal) : .done([]) }
    world.invoke = { method, _, file in
      answers.take(file.openStep { $0.calls(method) }) == .reject ? .refused(refusal) : .done(.init())
    }
    walk = CaseWalk(file, in: world)
    self.answers = answers
    self.call = call
  }

  mutating func run() async throws {
    let until = ContinuousClock.now + Self.timeMax
    try await walk.begin()
    for _ in 0..<Self.stepsMax {
      guard walk.file.state == .running, let visit = walk.file.openVisits.first(where: { !walk.file.isJoin($0) }),
        let step = walk.file.step(visit.step), let answer = answers.take(visit.step)
      else { break }
      guard ContinuousClock.now < until else { break }
      try await go(on: visit, step, answer)
    }
    try await walk.file.showDeadlines(call)
  }

  private mutating func go(on visit: CaseFile.Visit, _ step: Step, _ answer: Remit_Workflow_V1_Answer.Kind) async throws {
    let number = visit.number
    switch (step.does, answer) {
    case (.approve(let approve)?, .late) where visit.due != nil && !visit.isGiven:
      try await wait(until: visit.due)
      walk.file.note("late", by: "", visit: number)
      try await walk.beLate(visit, approve)
    case (.wait(let wait)?, .late) where visit.due != nil && !visit.awaits.isEmpty:
      try await self.wait(until: visit.due)
      walk.file.note("late", by: "", visit: number)
      try await walk.beLate(visit, wait.late)
    case (.wait(let wait)?, _):
      if visit.awaits.isEmpty { try await self.wait(until: visit.due) }
      if !wait.as.isEmpty { try walk.keep(.with { $0.structValue = .init() }, as: wait.as) }
      try await walk.pass(number)
    case (.approve?, .return):
      walk.file.note("returned", by: "", visit: number)
      try await walk.sendBack(visit, to: "start")
    case (.approve(let approve)?, _):
      try await vote(visit, approve, isApproved: answer != .reject)
    default: try await walk.pass(number)
    }
  }

  private mutating func vote(_ visit: CaseFile.Visit, _ approve: Remit_Workflow_V1_Approve, isApproved: Bool) async throws {
    var vote = approve.vote(visit.seats)
    while vote.outcome == nil, let task = vote.tasks.first(where: { $0.state == .open }) {
      do throws(Vote.Refusal) {
        try vote.decide(task.number, isApproved, by: task.assignee, comment: "")
      } catch {
        throw CallError(.failedPrecondition, "SIMULATED", "the step \(visit.step) takes no vote of \(task.assignee)")
      }
      walk.file.note(isApproved ? "approved" : "rejected", by: task.assignee, visit: visit.number)
    }
    walk.file.change(visit.number) { [vote] in $0.seats = vote.seats }
    try await walk.settle(visit.number, vote.outcome ?? (isApproved ? .passed : .rejected), by: "")
  }

  /// Lets time pass.
  private mutating func wait(until due: CaseFile.Due?) async throws {
    guard let due else { return }
    let now = try await call.instants(of: [due])[0]
    guard (now.0.seconds, now.0.nanos) > (walk.world.now.seconds, walk.world.now.nanos) else { return }
    (walk.world.now, walk.world.localNow) = now
  }
}

extension Call {
  /// When something is due: by the clock of the world, and in the company's time zone.
  func instants(of dues: [CaseFile.Due]) async throws -> [(Google_Protobuf_Timestamp, LocalTime)] {
    func local(_ due: CaseFile.Due) -> String? { if case .local(let time) = due { "\(time)" } else { nil } }
    func instant(_ due: CaseFile.Due) -> Google_Protobuf_Timestamp? { if case .at(let instant) = due { instant } else { nil } }
    return try await rows(
      Statement(
        """
        SELECT w.instant, to_char(w.instant AT TIME ZONE $1, 'YYYY-MM-DD"T"HH24:MI:SS')
          FROM (SELECT coalesce(u.instant, u.local::timestamp AT TIME ZONE $1) AS instant, u.place
                  FROM unnest($2::timestamptz[], $3::text[]) WITH ORDINALITY u (instant, local, place)) w ORDER BY w.place
        """, [.text(tenant.timeZone), .timestamptzs(dues.map(instant)), .texts(dues.map(local))])
    ) { row in
      let instant = try row.timestamptz()
      guard let time = LocalTime(try row.text()) else {
        throw CallError(.failedPrecondition, "DEADLINE", "that is after the last day that there is, or before the first")
      }
      return (instant, time)
    }
  }
}

extension CaseFile {
  /// The name of the step that is open, of those that are like this.
  fileprivate func openStep(_ isLike: (Step) -> Bool) -> String {
    openVisits.last { visit in step(visit.step).map(isLike) == true }?.step ?? ""
  }

  /// Deadlines as instants, which people are shown.
  fileprivate mutating func showDeadlines(_ call: Call) async throws {
    let numbers = visits.filter { $0.due != nil }.map(\.number)
    guard !numbers.isEmpty else { return }
    let instants = try await call.instants(of: numbers.compactMap { visit($0)?.due })
    for (number, instant) in zip(numbers, instants) { change(number) { $0.due = .at(instant.0) } }
  }
}

extension Remit_Workflow_V1_Step {
  var isCarry: Bool { if case .carry? = does { true } else { false } }
  fileprivate func calls(_ method: String) -> Bool { if case .call(let call)? = does { call.method == method } else { false } }
}
