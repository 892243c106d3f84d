import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

/// Takes a case from step to step, as far as it goes without people and time.
struct CaseWalk: Sendable {
  /// What a walk may ask.
  struct World: Sendable {
    var now: Google_Protobuf_Timestamp
    /// In the company's time zone.
    var localNow: LocalTime
    let people: People
    let calendar: WorkCalendar?
    /// What expressions give over the case; throws INVALID_ARGUMENT EXPRESSION.
    let evaluate: @Sendable (_ expressions: [Remit_Platform_V1_Asked], _ file: CaseFile) async throws -> [Google_Protobuf_Value]
    /// Does what was held, as who submitted it.
    var carryOut: @Sendable (_ file: CaseFile) async throws -> Carried
    /// Calls a method as who submitted it.
    var invoke: @Sendable (_ method: String, _ request: Google_Protobuf_Struct, _ file: CaseFile) async throws -> Called
    /// What was just heard, as JSON.
    let told: @Sendable (_ file: CaseFile) async throws -> Google_Protobuf_Struct
    /// A text of a document in the company's language.
    let words: @Sendable (_ text: Remit_Document_V1_Text) -> String
  }

  enum Carried: Sendable {
    case done([UInt8])
    case refused(CallError)
    /// It would not be done as it was approved.
    case changed(CallError, [Remit_Platform_V1_FieldChange])
  }

  enum Called: Sendable {
    /// With its reply as JSON.
    case done(Google_Protobuf_Struct)
    case refused(CallError)
  }

  private struct Arrival {
    let step: String
    let from: Int?
    let splits: [Int]
  }

  var file: CaseFile
  var world: World
  private var arrivals: [Arrival] = []

  private static let atOnceMax = 100
  /// Of what an event must be about, which is in an index.
  private static let aboutBytesMax = 300
  /// Of all that a case's steps decided and looked up.
  private static let variableBytesMax = 256 << 10

  init(_ file: CaseFile, in world: World) {
    self.file = file
    self.world = world
  }

  // ---- where it begins and goes on

  /// At the first step.
  mutating func begin() async throws {
    arrivals.append(Arrival(step: file.flow.steps.first?.name ?? "", from: nil, splits: []))
    try await run()
  }

  /// Where it was blocked, anew; what people decided stays, and so does what was called.
  mutating func retry() async throws {
    for visit in file.stuckVisits {
      // What people decided stays, and what was called is done.
      if visit.isCalled || visit.tasks.contains(where: { $0.state == .approved }) {
        try await attempt(visit.number) { walk in try await walk.next(visit) }
      } else {
        arrivals.append(Arrival(step: visit.step, from: visit.number, splits: visit.splits))
      }
    }
    try await run()
  }

  /// From a step that has passed.
  mutating func pass(_ number: Int) async throws {
    guard let visit = file.visit(number) else { return }
    try await attempt(number) { walk in try await walk.leave(visit) }
    try await run()
  }

  mutating func come(to step: String, from number: Int, splits: [Int]) async throws {
    arrivals.append(Arrival(step: step, from: number, splits: splits))
    try await run()
  }

  mutating func reject(_ number: Int, by login: String) async throws {
    guard let visit = file.visit(number), let step = file.step(visit.step) else { return }
    file.end(number, as: .rejected, at: world.now)
    guard !step.rejected.isEmpty else { return file.end(as: .rejected, by: login, at: world.now) }
    arrivals.append(Arrival(step: step.rejected, from: number, splits: visit.splits))
    try await run()
  }

  /// What was decided of a visit, as its vote says now.
  mutating func settle(_ number: Int, _ outcome: Vote.Outcome?, by login: String) async throws {
    switch outcome {
    case .passed: try await pass(number)
    case .rejected: try await reject(number, by: login)
    case .returned, nil: break
    }
  }

  // ---- walking

  private mutating func run() async throws {
    var count = 0
    while file.isOpen, file.state != .returned {
      guard !arrivals.isEmpty else {
        if try await joined() { continue }
        break
      }
      count += 1
      try await arrive(arrivals.removeFirst(), isTooMany: count > Self.atOnceMax)
    }
    guard file.isOpen, file.state != .returned else { return }
    try await attemptJoins()
    // What it was blocked by may have been gone about another way.
    if file.state == .blocked, file.stuckVisits.isEmpty { (file.state, file.problem) = (.running, nil) }
    if file.state == .running, file.openVisits.isEmpty { file.end(as: .done, by: "", at: world.now) }
  }

  private mutating func arrive(_ arrival: Arrival, isTooMany: Bool) async throws {
    let number = file.visits.count + 1
    let visit = CaseFile.Visit(
      number: number, step: arrival.step, cameFrom: arrival.from ?? 0, splits: arrival.splits, round: file.round, startedAt: world.now)
    file.visits.append(visit)
    file.touched.insert(number)
    try await attempt(number) { walk in
      guard !isTooMany, number <= CaseFile.visitsMax else {
        throw CallError(.failedPrecondition, "ENDLESS", "the flow goes round and round; stop the case")
      }
      guard let step = walk.file.step(arrival.step) else {
        throw CallError(.failedPrecondition, "NO_STEP", "the flow has no step \(arrival.step)")
      }
      try await walk.act(step, visit)
    }
  }

  /// Joins that wait for what never comes block the case.
  private mutating func attemptJoins() async throws {
    let waiting = file.openVisits
    guard file.state == .running, !waiting.isEmpty, waiting.allSatisfy(file.isJoin) else { return }
    for visit in waiting {
      try await attempt(visit.number) { _ in
        throw CallError(
          .failedPrecondition, "NO_WAY", "the step \(visit.step) waits for what never comes: its split is not the one that it joins")
      }
    }
  }

  /// It cannot even be said what the case is about, or whether it begins: somebody must look.
  mutating func failToBegin(_ error: CallError) {
    file.visits.append(
      CaseFile.Visit(number: 1, step: file.flow.steps.first?.name ?? "", cameFrom: 0, splits: [], round: file.round, startedAt: world.now))
    file.touched.insert(1)
    fail(1, with: error)
  }

  /// A refusal blocks the case there; what goes on elsewhere goes on.
  private mutating func attempt(_ number: Int, _ work: (inout CaseWalk) async throws -> Void) async throws {
    do {
      try await work(&self)
    } catch let error as CallError where Self.isRefusal(error) {
      fail(number, with: error)
    }
  }

  private mutating func fail(_ number: Int, with error: CallError) {
    file.end(number, as: .failed, at: world.now)
    file.block(error, at: number)
    // Nobody submitted what an event began.
    if file.submitter.isEmpty {
      file.tell(world.people.members(of: file.flow.fallback), "\(file.summary): \(error.message)", why: "blocked")
    }
  }

  private mutating func act(_ step: Step, _ visit: CaseFile.Visit) async throws {
    let number = visit.number
    switch step.does {
    case .approve(let approve): try await ask(approve, step, number)
    case .decide(let choose):
      let value = try await world.evaluate([.with { $0.text = choose.is }], file)[0]
      file.note("decided", by: "", visit: number, "\(choose.as): \(try keep(value, as: choose.as).prefix(200))")
      try await leave(visit)
    case .carry: try await carry(step, visit)
    case .call(let invocation): try await call(invocation, step, visit)
    case .notify(let notify):
      let logins = try await assignees(notify.to).flatMap(world.people.logins)
      file.tell(logins, world.words(notify.text), why: "flow")
      try await leave(visit)
    case .wait(let what): try await wait(for: what, number)
    case .split(let split): try await go(by: split.branches, visit)
    case .join: break
    case .end(let end):
      file.end(number, as: .passed, at: world.now)
      if end.reject {
        file.end(as: .rejected, by: "", at: world.now)
      } else if end.terminate {
        file.end(as: .done, by: "", at: world.now)
      }
    case nil: try await leave(visit)
    }
  }

  /// - Returns: the value as JSON.
  @discardableResult
  mutating func keep(_ value: Google_Protobuf_Value, as name: String) throws -> String {
    let json = try value.jsonString()
    let before = file.variables.fields.updateValue(value, forKey: name)
    guard try file.variables.jsonString().utf8.count <= Self.variableBytesMax, !json.contains("\\u0000"), value.isWithin(depth: 12) else {
      file.variables.fields[name] = before
      throw CallError(
        .failedPrecondition, "VALUE_REFUSED",
        "what \(name) is cannot be kept: it is too large, has lists of more than 1000 values or within each other, or holds a NUL character"
      )
    }
    return json
  }

  /// What is wrong with the case, not with the moment.
  static func isRefusal(_ error: CallError) -> Bool {
    let codes: [CallError.Code] = [.invalidArgument, .failedPrecondition, .notFound, .alreadyExists, .permissionDenied]
    return codes.contains { $0.value == error.code } && error.reason != "REPLAYED"
  }

  private mutating func leave(_ visit: CaseFile.Visit) async throws {
    try await next(visit)
    file.end(visit.number, as: .passed, at: world.now)
  }

  private mutating func next(_ visit: CaseFile.Visit) async throws {
    guard let step = file.step(visit.step) else { return }
    guard let way = try await first(step.next) else {
      throw CallError(.failedPrecondition, "NO_WAY", "no way leads on from the step \(step.name)")
    }
    // A join is where its split ends.
    var splits = visit.splits
    if case .join(let join) = step.does, let place = splits.lastIndex(where: { file.visit($0)?.step == join.of }) {
      splits = Array(splits[..<place])
    }
    arrivals.append(Arrival(step: way.go, from: visit.number, splits: splits))
  }

  private func first(_ ways: [Remit_Workflow_V1_Next]) async throws -> Remit_Workflow_V1_Next? {
    for way in ways {
      if way.when.isEmpty { return way }
      if try await holds(way.when) { return way }
    }
    return nil
  }

  private func holds(_ expression: String) async throws -> Bool {
    try await world.evaluate(
      [
        .with {
          $0.text = expression
          $0.type = "bool"
        }
      ], file)[0].boolValue
  }

  private mutating func go(by branches: [Remit_Workflow_V1_Branch], _ visit: CaseFile.Visit) async throws {
    var ways: [String] = []
    for branch in branches {
      if branch.when.isEmpty {
        ways.append(branch.go)
      } else if try await holds(branch.when) {
        ways.append(branch.go)
      }
    }
    guard !ways.isEmpty else { throw CallError(.failedPrecondition, "NO_WAY", "no way leads on from the step \(visit.step)") }
    file.end(visit.number, as: .passed, at: world.now)
    arrivals += ways.map { Arrival(step: $0, from: visit.number, splits: visit.splits + [visit.number]) }
  }

  /// Lets joins go on to which nothing can come any more.
  ///
  /// - Returns: whether one did.
  private mutating func joined() async throws -> Bool {
    let waiting = file.openVisits.filter(file.isJoin)
    for visit in waiting {
      guard case .join(let join)? = file.step(visit.step)?.does,
        let split = visit.splits.last(where: { file.visit($0)?.step == join.of })
      else { continue }
      let here = waiting.filter { $0.step == visit.step && $0.splits.contains(split) }.map(\.number)
      let others = file.openVisits.filter { !here.contains($0.number) } + file.stuckVisits
      guard !others.contains(where: { $0.splits.contains(split) }) else { continue }
      for other in here where other != visit.number { file.end(other, as: .passed, at: world.now) }
      try await attempt(visit.number) { walk in try await walk.leave(visit) }
      return true
    }
    return false
  }

  // ---- people

  private mutating func ask(_ approve: Remit_Workflow_V1_Approve, _ step: Step, _ number: Int) async throws {
    var seats: [String] = []
    for assignee in try await assignees(approve.by) where !seats.contains(assignee) && mayDecide(assignee) { seats.append(assignee) }
    if seats.isEmpty {
      let fallback = "role/\(file.flow.fallback)"
      guard mayDecide(fallback) else {
        throw CallError(
          .failedPrecondition, "NO_APPROVER", "nobody can decide the step \(step.name): no other person has the role \(file.flow.fallback)")
      }
      seats = [fallback]
    }
    let vote = Vote(need: approve.vote, isInTurn: approve.order == .inTurn, hearsAll: approve.hearAll, assignees: Array(seats.prefix(200)))
    let (due, reminder) = try await deadlines(of: approve)
    file.change(number) { visit in
      visit.seats = vote.seats
      visit.due = due
    }
    if let due { file.wake("late", number, at: due) }
    if let reminder { file.wake("remind", number, at: reminder) }
    file.tell(vote.tasks.filter { $0.state == .open }.flatMap { world.people.logins(of: $0.assignee) }, file.summary, why: "task")
  }

  /// Whether there is anybody who may decide for an assignee in this case.
  func mayDecide(_ assignee: String) -> Bool {
    let logins = world.people.logins(of: assignee)
    return logins.contains { !file.isBarred($0) }
  }

  private func assignees(_ who: [Remit_Workflow_V1_Who]) async throws -> [String] {
    var found: [String] = []
    for entry in who {
      switch entry.who {
      case .role(let role): found.append("role/\(role)")
      case .members(let role): found += world.people.members(of: role)
      case .person(let text): found.append(try await self.text(text))
      case .managerOf(let text): found.append(world.people.all[try await self.text(text)]?.manager ?? "")
      case .people(let text):
        let value = try await world.evaluate([.with { $0.text = text }], file)[0]
        found += value.listValue.values.map(\.stringValue)
      case nil: break
      }
    }
    return found.filter { !$0.isEmpty }
  }

  private func text(_ expression: String) async throws -> String {
    try await world.evaluate([.with { $0.text = expression }], file)[0].stringValue
  }

  // ---- time

  func deadlines(of approve: Remit_Workflow_V1_Approve) async throws -> (due: CaseFile.Due?, reminder: CaseFile.Due?) {
    var due: CaseFile.Due?
    if approve.hasLate { due = try await time(approve.late.after, isAroundTheClock: approve.late.roundTheClock) }
    guard approve.hasRemind else { return (due, nil) }
    return (due, try await time(approve.remind.every, isAroundTheClock: false))
  }

  /// An instant so much later: of time that people work, unless it is around the clock or there is no calendar.
  private func time(_ expression: String, isAroundTheClock: Bool) async throws -> CaseFile.Due {
    let value = try await world.evaluate([.with { $0.text = expression }], file)[0].stringValue
    guard let span = Span(value), span.amount > 0, span.amount <= 3650 * (span.isOfDays ? 1 : 86_400) else {
      throw CallError(.failedPrecondition, "DEADLINE", "\(expression) is no time from now on, but \(value.prefix(60))")
    }
    guard !isAroundTheClock, let calendar = world.calendar else {
      return .at(.init(seconds: world.now.seconds + span.amount * (span.isOfDays ? 86_400 : 1), nanos: world.now.nanos))
    }
    let local =
      span.isOfDays ? calendar.add(days: span.amount, to: world.localNow) : calendar.add(seconds: span.amount, to: world.localNow)
    guard let local else {
      throw CallError(
        .failedPrecondition, "DEADLINE", "within ten years there are not \(value) of work in the calendar \(file.flow.calendar)")
    }
    return .local(local)
  }

  /// As expressions give it: "5400s", "P2D".
  private struct Span {
    let amount: Int64
    let isOfDays: Bool

    init?(_ text: String) {
      let match = text.firstMatch(of: /^(?:([0-9]{1,15})(?:\.[0-9]+)?s|P([0-9]{1,9})D)$/)
      guard let match, let amount = Int64(match.1 ?? match.2 ?? "") else { return nil }
      self.amount = amount
      isOfDays = match.2 != nil
    }
  }

  private mutating func wait(for wait: Remit_Workflow_V1_Wait, _ number: Int) async throws {
    if case .event(let type)? = wait.for { return try await self.wait(for: type, wait, number) }
    let due: CaseFile.Due
    switch wait.for {
    case .time(let text)?: due = try await time(text, isAroundTheClock: true)
    case .until(let text)?:
      let day = try await self.text(text)
      guard let date = CivilDate(String(day.prefix(10))), CivilDate.ofCompanies.contains(date) else {
        throw CallError(.failedPrecondition, "DEADLINE", "\(text) is no day of a company, but \(day.prefix(60))")
      }
      due = .local(LocalTime(date: date, second: 0))
    case .event?, nil: return
    }
    file.change(number) { $0.due = due }
    file.wake("wait", number, at: due)
  }

  private mutating func wait(for event: String, _ wait: Remit_Workflow_V1_Wait, _ number: Int) async throws {
    let about = wait.about.isEmpty ? "" : try await text(wait.about)
    guard about.utf8.count <= Self.aboutBytesMax else {
      throw CallError(
        .failedPrecondition, "ABOUT", "what an event is about has at most \(Self.aboutBytesMax) bytes: \(wait.about.prefix(60))")
    }
    let due = wait.hasLate ? try await time(wait.late.after, isAroundTheClock: wait.late.roundTheClock) : nil
    file.change(number) { visit in
      visit.awaits = event
      visit.awaitsAbout = about
      visit.due = due
    }
    if let due { file.wake("late", number, at: due) }
  }

  /// What has happened, to a visit that waits for it: nothing where it is not that.
  mutating func hear(_ event: Remit_Platform_V1_ToldEvent, at number: Int) async throws {
    guard let visit = file.visit(number), visit.state == .open, case .wait(let wait)? = file.step(visit.step)?.does else { return }
    file.heard = event
    var isIt = false
    try await attempt(number) { walk in
      if !wait.when.isEmpty { guard try await walk.holds(wait.when) else { return } }
      isIt = true
      guard !wait.as.isEmpty else { return }
      var value = Google_Protobuf_Value()
      value.structValue = try await walk.world.told(walk.file)
      try walk.keep(value, as: wait.as)
    }
    file.heard = nil
    guard isIt, file.visit(number)?.state == .open else { return }
    file.note("heard", by: "", visit: number, event.type)
    try await pass(number)
  }

  /// Deadlines of an open visit as its step has them now.
  mutating func timeAnew(_ number: Int) async throws {
    guard let visit = file.visit(number), let step = file.step(visit.step) else { return }
    for what in ["late", "remind", "wait"] { file.wake(what, number, at: nil) }
    switch step.does {
    case .approve(let approve)? where !visit.isGiven:
      let (due, reminder) = try await deadlines(of: approve)
      file.change(number) { $0.due = due }
      if let due { file.wake("late", number, at: due) }
      if let reminder { file.wake("remind", number, at: reminder) }
    case .wait(let wait)?: try await self.wait(for: wait, number)
    default: break
    }
  }

  // ---- what is called

  private mutating func call(_ invocation: Remit_Workflow_V1_Invocation, _ step: Step, _ visit: CaseFile.Visit) async throws {
    let values = try await world.evaluate(
      invocation.request.map { fill in
        .with {
          $0.text = fill.is
          $0.method = invocation.method
          $0.field = fill.field
        }
      }, file)
    var request = Google_Protobuf_Struct()
    for (fill, value) in zip(invocation.request, values) { request.set(fill.field.split(separator: ".").map(String.init)[...], value) }
    switch try await world.invoke(invocation.method, request, file) {
    case .done(let reply):
      file.note("called", by: "", visit: visit.number, invocation.method)
      file.change(visit.number) { $0.isCalled = true }
      if !invocation.as.isEmpty { try keep(.with { $0.structValue = reply }, as: invocation.as) }
      try await leave(visit)
    case .refused(let error): beRefused(error, step, visit)
    }
  }

  private mutating func beRefused(_ error: CallError, _ step: Step, _ visit: CaseFile.Visit) {
    guard !step.failed.isEmpty else { return fail(visit.number, with: error) }
    file.end(visit.number, as: .failed, at: world.now)
    file.note("refused", by: "", visit: visit.number, error.message)
    arrivals.append(Arrival(step: step.failed, from: visit.number, splits: visit.splits))
  }

  // ---- what was held

  private mutating func carry(_ step: Step, _ visit: CaseFile.Visit) async throws {
    guard file.carriedOutAt == nil else { throw CallError(.failedPrecondition, "CARRIED_OUT", "what was submitted has been done already") }
    switch try await world.carryOut(file) {
    case .done(let reply):
      file.reply = reply
      file.carriedOutAt = world.now
      file.note("carried_out", by: "", visit: visit.number)
      try await leave(visit)
    case .refused(let error):
      beRefused(error, step, visit)
    case .changed(let error, let changes):
      file.end(visit.number, as: .failed, at: world.now)
      file.endAll(at: world.now)
      file.state = .returned
      file.problem = error
      file.note("returned", by: "", visit: visit.number, error.message, changes: changes)
      file.tell([file.submitter], "\(file.summary): \(error.message)", why: "returned")
    }
  }
}

extension Remit_Workflow_V1_Approve {
  var vote: Vote.Need {
    switch need {
    case .all: .all
    case .vote: Fraction(share).map { .share($0) } ?? .all
    case .any, .unspecified, .UNRECOGNIZED: .any
    }
  }

  func vote(_ seats: [Vote.Seat]) -> Vote { Vote(need: vote, isInTurn: order == .inTurn, hearsAll: hearAll, seats: seats) }
}

extension Google_Protobuf_Value {
  /// Whether a request can hold it.
  fileprivate func isWithin(depth: Int) -> Bool {
    switch kind {
    case .listValue(let list): depth > 0 && list.values.count <= 1000 && list.values.allSatisfy { $0.isWithin(depth: depth - 1) }
    case .structValue(let object):
      depth > 0 && object.fields.count <= 1000 && object.fields.values.allSatisfy { $0.isWithin(depth: depth - 1) }
    default: true
    }
  }
}

extension Google_Protobuf_Struct {
  /// - Parameter path: names on the way, the field's own last.
  fileprivate mutating func set(_ path: ArraySlice<String>, _ value: Google_Protobuf_Value) {
    guard let name = path.first else { return }
    guard path.count > 1 else {
      fields[name] = value
      return
    }
    var inner = fields[name]?.structValue ?? .init()
    inner.set(path.dropFirst(), value)
    fields[name] = .with { $0.structValue = inner }
  }
}
