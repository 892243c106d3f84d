import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

/// A case as it stands in memory while something happens to it. It is locked in the database from when it was read until that is written.
struct CaseFile: Sendable {
  enum State: String, Sendable {
    case running, returned, blocked, done, rejected, withdrawn, stopped

    var hasEnded: Bool { [.done, .rejected, .withdrawn, .stopped].contains(self) }
  }

  struct Visit: Sendable {
    enum State: String, Sendable { case open, passed, rejected, returned, cancelled, failed }

    let number: Int
    var step: String
    /// 0: it is the first.
    let cameFrom: Int
    /// Visits of the splits that it is within, the outermost first.
    let splits: [Int]
    let round: Int
    var state = State.open
    /// What its step calls has been done.
    var isCalled = false
    /// Its deadline has passed, and others decide since.
    var isGiven = false
    var startedAt: Google_Protobuf_Timestamp
    var due: Due?
    var endedAt: Google_Protobuf_Timestamp?
    /// The event that it waits for; empty: none.
    var awaits = ""
    /// What that must be about; empty: anything.
    var awaitsAbout = ""
    /// Of a step that people decide.
    var seats: [Vote.Seat] = []

    var tasks: [TaskState] { seats.flatMap(\.tasks) }
    var openAssignees: [String] { state == .open ? tasks.filter { $0.state == .open }.map(\.assignee) : [] }
  }

  /// When something is due.
  enum Due: Equatable, Sendable {
    case at(Google_Protobuf_Timestamp)
    /// In the company's time zone.
    case local(LocalTime)
  }

  struct Entry: Sendable {
    let by: String
    let what: String
    let visit: Int
    let comment: String
    var changes: [Remit_Platform_V1_FieldChange] = []
  }

  let id: UUID
  let isNew: Bool
  var flow: Flow { didSet { hasOtherFlow = true } }
  /// Than it was read with.
  private(set) var hasOtherFlow = false
  var state = State.running
  var submitter: String
  /// Who submitted it before.
  var former: [String] = []
  /// Request id of the call that lends who submits.
  var submitCall: String
  /// Empty: nothing was submitted.
  let method: String
  var request: [UInt8]
  var approval: String
  var subject = ""
  var summary = ""
  var amount: Money?
  var why: String
  var round = 1
  /// What expressions know beside the request.
  var variables = Google_Protobuf_Struct()
  var problem: CallError?
  var reply: [UInt8] = []
  /// When what was held was done.
  var carriedOutAt: Google_Protobuf_Timestamp?
  var remindedAt: Google_Protobuf_Timestamp?
  let startedAt: Google_Protobuf_Timestamp
  var endedAt: Google_Protobuf_Timestamp?
  var visits: [Visit] = []
  /// That began it, as `start`; nil: a person did.
  var event: Remit_Platform_V1_ToldEvent?
  /// What has just happened, as `event`.
  var heard: Remit_Platform_V1_ToldEvent?
  /// How many entries of its history are written.
  var writtenEntries = 0

  // ---- what is to be written and told
  private(set) var entries: [Entry] = []
  private(set) var notices: [Remit_Workflow_V1_Notice] = []
  private(set) var wakes: [String: Due?] = [:]
  var touched: Set<Int> = []

  static let visitsMax = 1000

  init(
    id: UUID, isNew: Bool, flow: Flow, submitter: String, submitCall: String, method: String, request: [UInt8], approval: String,
    why: String,
    startedAt: Google_Protobuf_Timestamp
  ) {
    self.id = id
    self.isNew = isNew
    self.flow = flow
    self.submitter = submitter
    self.submitCall = submitCall
    self.method = method
    self.request = request
    self.approval = approval
    self.why = why
    self.startedAt = startedAt
  }

  var resource: String { "case/\(id.text)" }
  var openVisits: [Visit] { visits.filter { $0.state == .open } }
  /// Where it is blocked: those that failed, and from which nothing went on.
  var stuckVisits: [Visit] {
    visits.filter { visit in visit.state == .failed && visit.round == round && !visits.contains { $0.cameFrom == visit.number } }
  }
  var isOpen: Bool { !state.hasEnded }
  /// Of which the expression language says what it is.
  func submitterFacts(_ people: People, _ roles: [String]) -> Google_Protobuf_Value {
    let person = people.all[submitter]
    return .with {
      $0.structValue.fields = [
        "login": .with { $0.stringValue = submitter },
        "name": .with { $0.stringValue = person?.name ?? submitter },
        "manager": .with { $0.stringValue = person?.manager ?? "" },
        "roles": .with { $0.listValue.values = (person?.roles ?? roles).map { role in .with { $0.stringValue = role } } },
      ]
    }
  }

  /// Whether something was done that a withdrawal does not take back.
  var hasCalled: Bool { visits.contains(where: \.isCalled) }

  /// Whether anybody decided in this round.
  var hasVotes: Bool {
    visits.contains { $0.round == round && $0.tasks.contains { $0.state == .approved || $0.state == .rejected } }
  }

  /// Whether somebody decides nothing in it, as they submitted it, now or before.
  func isBarred(_ login: String) -> Bool { !flow.mayDecideOwn && ([submitter] + former).contains { $0.utf8.elementsEqual(login.utf8) } }

  func isJoin(_ visit: Visit) -> Bool { if case .join? = step(visit.step)?.does { true } else { false } }

  func step(_ name: String) -> Step? { flow.steps.first { $0.name == name } }
  func visit(_ number: Int) -> Visit? { visits.indices.contains(number - 1) ? visits[number - 1] : nil }

  mutating func note(
    _ what: String, by login: String, visit: Int = 0, _ comment: String = "", changes: [Remit_Platform_V1_FieldChange] = []
  ) {
    entries.append(Entry(by: login, what: what, visit: visit, comment: comment, changes: changes))
  }

  mutating func tell(_ logins: [String], _ text: String, why: String) {
    let logins = Set(logins.filter { !$0.isEmpty }).sorted()
    guard !logins.isEmpty else { return }
    notices.append(
      .with {
        $0.caseID = id.text
        $0.logins = Array(logins.prefix(200))
        $0.text = text
        $0.why = why
      })
  }

  mutating func wake(_ what: String, _ visit: Int, at due: Due?) { wakes["\(what)/\(id.text)/\(visit)"] = .some(due) }

  mutating func change(_ number: Int, _ change: (inout Visit) -> Void) {
    guard visits.indices.contains(number - 1) else { return }
    change(&visits[number - 1])
    touched.insert(number)
  }

  /// What was open there is not any more.
  mutating func end(_ number: Int, as state: Visit.State, at now: Google_Protobuf_Timestamp) {
    guard visit(number)?.state == .open else { return }
    change(number) { visit in
      visit.state = state
      visit.endedAt = now
      for seat in visit.seats.indices {
        for task in visit.seats[seat].tasks.indices where visit.seats[seat].tasks[task].isUndecided {
          visit.seats[seat].tasks[task].state = .skipped
        }
      }
    }
    guard visit(number)?.due != nil else { return }
    for what in ["late", "remind", "wait"] { wake(what, number, at: nil) }
  }

  mutating func endAll(at now: Google_Protobuf_Timestamp) {
    for visit in openVisits { end(visit.number, as: .cancelled, at: now) }
  }

  /// What came of a step since a visit of it goes no further: it is begun anew.
  mutating func void(after earlier: Visit, at now: Google_Protobuf_Timestamp) {
    let later = (openVisits + stuckVisits).filter { $0.number > earlier.number && $0.splits.starts(with: earlier.splits) }
    for visit in later {
      end(visit.number, as: .cancelled, at: now)
      change(visit.number) { $0.state = .cancelled }
    }
  }

  /// Ends the case.
  mutating func end(as state: State, by login: String, _ comment: String = "", at now: Google_Protobuf_Timestamp) {
    endAll(at: now)
    self.state = state
    endedAt = now
    if state != .stopped { problem = nil }
    note(state.rawValue, by: login, comment)
    if login != submitter { tell([submitter], "\(summary): \(state.rawValue)", why: "ended") }
  }

  /// Somebody must look.
  mutating func block(_ error: CallError, at visit: Int) {
    state = .blocked
    problem = error
    note("blocked", by: "", visit: visit, error.message)
    tell([submitter], "\(summary): \(error.message)", why: "blocked")
  }
}
