/// How the seats of a step vote, and who is next: pure, and whole in `Tests/approve_table.txt`.
///
/// Seats are counted, not tasks. A seat is a list of tasks in turn: it says yes when all of them do, and no when the first does.
struct Vote: Equatable, Sendable {
  enum Need: Equatable, Sendable {
    case any, all
    /// More than this part of the votes.
    case share(Fraction)
  }

  struct Seat: Equatable, Sendable {
    var tasks: [TaskState]
    var weight = 1

    var answer: Bool? {
      let live = tasks.filter { $0.state != .moved }
      if live.contains(where: { $0.state == .rejected }) { return false }
      return !live.isEmpty && live.allSatisfy { $0.state == .approved } ? true : nil
    }
  }

  /// What becomes of the step; nil while it is open.
  enum Outcome: Equatable, Sendable {
    case passed, rejected, returned
  }

  enum Refusal: Error, Equatable {
    /// By whom; empty: by no vote.
    case closed(by: String)
    /// Others decide for all that had not when it was late.
    case notYours
    case notYourTurn
    case alreadyThere
  }

  enum Place: Sendable { case beside, before, after }

  let need: Need
  let isInTurn: Bool
  let hearsAll: Bool
  private(set) var seats: [Seat]
  private(set) var outcome: Outcome?

  /// Begins: the first tasks are opened.
  init(need: Need, isInTurn: Bool, hearsAll: Bool, assignees: [String]) {
    self.need = need
    self.isInTurn = isInTurn
    self.hearsAll = hearsAll
    seats = assignees.enumerated().map { Seat(tasks: [TaskState(number: $0 + 1, assignee: $1)]) }
    settle()
  }

  /// Goes on where it stood.
  init(need: Need, isInTurn: Bool, hearsAll: Bool, seats: [Seat]) {
    self.need = need
    self.isInTurn = isInTurn
    self.hearsAll = hearsAll
    self.seats = seats
  }

  var tasks: [TaskState] { seats.flatMap(\.tasks) }

  /// Whether anybody has decided: then it is not withdrawn any more.
  var hasVotes: Bool { tasks.contains { $0.state == .approved || $0.state == .rejected } }

  // ---- what people do

  mutating func decide(_ number: Int, _ isApproved: Bool, by login: String, comment: String) throws(Refusal) {
    let place = try open(number)
    seats[place.seat].tasks[place.task].end(isApproved ? .approved : .rejected, by: login, comment)
    if !isApproved { skip(in: place.seat) }
    settle()
  }

  /// Ends the step, whatever it needs.
  mutating func sendBack(_ number: Int, by login: String, comment: String) throws(Refusal) {
    let place = try open(number)
    seats[place.seat].tasks[place.task].end(.returned, by: login, comment)
    end(.returned)
  }

  mutating func give(_ number: Int, to assignee: String, by login: String, comment: String) throws(Refusal) {
    let place = try open(number)
    try mustBeNew(assignee)
    let new = TaskState(number: nextNumber, assignee: assignee, addedBy: login)
    seats[place.seat].tasks[place.task].end(.moved, by: login, comment)
    seats[place.seat].tasks.insert(new, at: place.task + 1)
    settle()
  }

  mutating func add(_ assignees: [String], _ where: Place, of number: Int, by login: String) throws(Refusal) {
    var place = try open(number)
    for assignee in assignees {
      try mustBeNew(assignee)
      let new = TaskState(number: nextNumber, assignee: assignee, addedBy: login)
      switch `where` {
      case .beside: seats.insert(Seat(tasks: [new]), at: place.seat + 1)
      case .before:
        seats[place.seat].tasks[place.task].state = .waiting
        seats[place.seat].tasks.insert(new, at: place.task)
        place.task += 1
      case .after: seats[place.seat].tasks.insert(new, at: place.task + 1)
      }
    }
    settle()
  }

  // ---- what time does

  /// One seat decides for all that have not.
  mutating func give(theRestTo assignee: String) {
    guard outcome == nil else { return }
    let late = seats.filter { $0.answer == nil }
    guard !late.isEmpty else { return }
    let new = TaskState(number: nextNumber, assignee: assignee)
    // What was theirs stays in the seat, moved.
    let moved = late.flatMap(\.tasks).map { task in task.isUndecided ? task.moved : task }
    seats.removeAll { $0.answer == nil }
    seats.append(Seat(tasks: moved + [new], weight: late.reduce(0) { $0 + $1.weight }))
    settle()
  }

  /// Ends it without a vote.
  mutating func close() { end(nil) }

  // ---- counting

  private var nextNumber: Int { (tasks.map(\.number).max() ?? 0) + 1 }

  private func open(_ number: Int) throws(Refusal) -> (seat: Int, task: Int) {
    for (seat, tasks) in seats.map(\.tasks).enumerated() {
      guard let task = tasks.firstIndex(where: { $0.number == number }) else { continue }
      if outcome == nil, tasks[task].state == .waiting { throw .notYourTurn }
      if tasks[task].state == .moved, tasks[task].decidedBy.isEmpty { throw .notYours }
      guard outcome == nil, tasks[task].state == .open else { throw .closed(by: closer(tasks[task])) }
      return (seat, task)
    }
    throw .closed(by: "")
  }

  /// Whose vote closed a task: its own, else the last that was cast.
  private func closer(_ task: TaskState) -> String {
    task.decidedBy.isEmpty ? tasks.last { !$0.decidedBy.isEmpty }?.decidedBy ?? "" : task.decidedBy
  }

  private func mustBeNew(_ assignee: String) throws(Refusal) {
    if tasks.contains(where: { $0.assignee == assignee && $0.state != .moved }) { throw .alreadyThere }
  }

  private mutating func skip(in seat: Int) {
    for task in seats[seat].tasks.indices where seats[seat].tasks[task].isUndecided { seats[seat].tasks[task].state = .skipped }
  }

  private mutating func end(_ outcome: Outcome?) {
    self.outcome = outcome
    for seat in seats.indices { skip(in: seat) }
  }

  private mutating func settle() {
    let answers = seats.map(\.answer)
    func weight(_ answer: Bool?) -> Int { zip(seats, answers).reduce(0) { $1.1 == answer ? $0 + $1.0.weight : $0 } }
    let (yes, no, open) = (weight(true), weight(false), weight(nil))
    if !(hearsAll && open > 0), let outcome = Self.outcome(need, yes: yes, no: no, open: open) { return end(outcome) }
    var isFirst = true
    for seat in seats.indices where answers[seat] == nil {
      var isNext = isFirst || !isInTurn
      for task in seats[seat].tasks.indices where seats[seat].tasks[task].isUndecided {
        seats[seat].tasks[task].state = isNext ? .open : .waiting
        isNext = false
      }
      isFirst = false
    }
  }

  private static func outcome(_ need: Need, yes: Int, no: Int, open: Int) -> Outcome? {
    let all = yes + no + open
    return switch need {
    case .any: yes > 0 ? .passed : no == all ? .rejected : nil
    case .all: no > 0 ? .rejected : yes == all ? .passed : nil
    case .share(let share): share.isLess(than: yes, of: all) ? .passed : share.isLess(than: yes + open, of: all) ? nil : .rejected
    }
  }
}

/// A task of a seat.
struct TaskState: Equatable, Sendable {
  enum State: String, Sendable { case waiting, open, approved, rejected, returned, moved, skipped }

  let number: Int
  /// Login, or "role/<name>".
  let assignee: String
  var addedBy = ""
  var state = State.waiting
  var decidedBy = ""
  var comment = ""

  var isUndecided: Bool { state == .waiting || state == .open }

  mutating func end(_ state: State, by login: String, _ comment: String) {
    self.state = state
    decidedBy = login
    self.comment = comment
  }

  fileprivate var moved: TaskState {
    var task = self
    task.state = .moved
    return task
  }
}

/// An exact part of a whole.
struct Fraction: Equatable, Sendable {
  let over: Int
  let under: Int

  /// "0.5", "2/3"; nil where it is no number from 0 to below 1.
  init?(_ text: String) {
    if let slash = text.firstIndex(of: "/") {
      guard let over = Int(text[..<slash]), let under = Int(text[text.index(after: slash)...]) else { return nil }
      self.init(over, under)
    } else {
      guard text.hasPrefix("0."), let digits = Int(text.dropFirst(2)), (1...6).contains(text.utf8.count - 2), digits >= 0 else {
        return nil
      }
      self.init(digits, (2..<text.utf8.count).reduce(1) { product, _ in product * 10 })
    }
  }

  private init?(_ over: Int, _ under: Int) {
    guard over >= 0, under > over, under <= 1_000_000 else { return nil }
    self.over = over
    self.under = under
  }

  /// Whether so many of all are more than this part.
  func isLess(than count: Int, of all: Int) -> Bool { count * under > over * all }
}
