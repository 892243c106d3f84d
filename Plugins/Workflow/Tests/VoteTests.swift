import Testing

@testable import Workflow

/// Mode, seats and options | what is done | what becomes of it. `a+` approves, `a-` rejects, `a<x` returns, `a>c` gives on, `a^c` `a$c` `a&c` have c decide before,
/// after, beside, `W` withdraws, `L` is late. Of tasks: `?` open, `~` waiting, `.` skipped, `>` moved. `s` is who submitted.
private let table = """
  any a | a+ | P a+
  any a | a- | R a-
  any ab | a+ | P a+ b.
  any ab | a- | open a- b?
  any ab | a- b- | R a- b-
  any ab | a- b+ | P a- b+
  any ab | a+ b- | !TASK_CLOSED a+ b.
  any ab hear | a+ | open a+ b?
  any ab hear | a+ b- | P a+ b-
  all ab | a+ | open a+ b?
  all ab | a+ b+ | P a+ b+
  all ab | a- | R a- b.
  all ab | a- b+ | !TASK_CLOSED a- b.
  all ab hear | a- | open a- b?
  all ab hear | a- b+ | R a- b+
  1/2 abc | a+ | open a+ b? c?
  1/2 abc | a+ b+ | P a+ b+ c.
  1/2 abc | a+ b- | open a+ b- c?
  1/2 abc | a- b- | R a- b- c.
  1/2 ab | a+ b- | R a+ b-
  1/2 ab | a- | R a- b.
  2/3 abc | a+ b+ | open a+ b+ c?
  2/3 abc | a- | R a- b. c.
  1/2 a | a+ | P a+
  1/2 abc hear | a+ b+ | open a+ b+ c?
  all abc turn | b+ | !NOT_YOUR_TURN a? b~ c~
  all abc turn | a+ | open a+ b? c~
  all abc turn | a- | R a- b. c.
  any abc turn | a- | open a- b? c~
  any abc turn | a- b+ | P a- b+ c.
  1/2 abc turn | a+ b+ | P a+ b+ c.
  any ab | a<start | <start a< b.
  all ab | a+ b<start | <start a+ b<
  all ab hear | a+ b<m | <m a+ b<
  all ab | a<start b+ | !TASK_CLOSED a< b.
  any a | a>c | open a>c?
  any a | a>c a+ | !TASK_CLOSED a>c?
  any a | a>c c+ | P a>c+
  all ab | a>b | !ALREADY_THERE a? b?
  any a | a>s | !OWN_CASE a?
  all ab turn | a>c | open a>c? b~
  all ab turn | a>c c+ | open a>c+ b?
  all ab | a&c a+ b+ | open a+ c? b+
  all ab | a&c a+ b+ c+ | P a+ c+ b+
  all ab | a&c c- | R a. c- b.
  any ab | a&c c+ | P a. c+ b.
  1/2 ab | a&c a+ b+ | P a+ c. b+
  1/2 ab | a&c a+ | open a+ c? b?
  all ab | a^c | open c?a~ b?
  all ab | a^c a+ | !NOT_YOUR_TURN c?a~ b?
  all ab | a^c c+ | open c+a? b?
  all ab | a^c c+ a+ b+ | P c+a+ b+
  any ab | a^c c- | open c-a. b?
  any a | a^c c- | R c-a.
  any a | a^c c+ | open c+a?
  any a | a$c a+ | open a+c?
  any a | a$c a+ c+ | P a+c+
  any a | a$c a+ c- | R a+c-
  any a | a$c a- | R a-c.
  all ab turn | a$c a+ | open a+c? b~
  all ab turn | a$c a+ c+ | open a+c+ b?
  any a | a^a | !ALREADY_THERE a?
  any ab | W | W a. b.
  any ab | W a+ | !TASK_CLOSED a. b.
  all ab | a+ W | !DECIDED a+ b?
  any ab | a- W | !DECIDED a- b?
  any a | a>c W | W a>c.
  any a | a+ W | !DECIDED a+
  any ab late=give:M | L | open M?
  all ab late=give:M | a+ L | open a+ M?
  all ab late=give:M | a+ L b+ | !NOT_YOURS a+ M?
  all ab late=give:M | a+ L M+ | P a+ M+
  1/2 abc late=give:M | a- L M+ | P a- M+
  1/2 abc late=give:M | a+ L M+ | P a+ M+
  all abc turn late=give:M | a+ L | open a+ M?
  all ab late=pass | a+ L | P a+ b.
  all ab late=reject | a+ L | R a+ b.
  all ab late=go:x | a+ L | go:x a+ b.
  any ab late=pass | a+ L | P a+ b.
  any aab | a- | open a- b?
  all as | a+ | P a+
  any s | F+ | P F+
  all ab | a^c c- | R c-a. b.
  all ab hear late=give:M | a- L M+ | R a- M+
  any ab turn | a- b- | R a- b-
  1/2 abcd | a+ b+ | open a+ b+ c? d?
  1/2 abcd | a+ b+ c- | open a+ b+ c- d?
  1/2 abcd | a- b- | R a- b- c. d.
  all ab turn | a&c a+ | open a+ c? b~
  all ab turn | a&c a+ c+ | open a+ c+ b?
  all ab late=give:M | a- L | R a- b.
  any ab late=give:M | a- L M- | R a- M-
  all ab late=give:M | L L | open M?
  """

@Suite struct VoteTests {
  @Test(arguments: table.split(separator: "\n").map(String.init))
  func row(_ row: String) throws {
    let parts = row.split(separator: "|").map { $0.trimmingPrefix { $0 == " " } }.map { String($0) }
    var play = try #require(Play(parts[0]))
    let told = play.told(by: parts[1].split(separator: " ").map(String.init))
    #expect(told == parts[2].split(separator: " ").joined(separator: " "))
  }

  @Test func whatEverIsDoneVotesAddUp() {
    var chance = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let logins = Array("abcde".prefix(Int.random(in: 1...5, using: &chance))).map(String.init)
      let needs: [Vote.Need] = [.any, .all] + ["1/2", "2/3", "0.75"].compactMap(Fraction.init).map { .share($0) }
      var vote = Vote(
        need: needs.randomElement(using: &chance) ?? .any, isInTurn: Bool.random(using: &chance), hearsAll: Bool.random(using: &chance),
        assignees: logins)
      for step in 0..<12 {
        guard vote.outcome == nil, let task = vote.tasks.filter({ $0.state == .open }).randomElement(using: &chance) else { break }
        switch Int.random(in: 0...6, using: &chance) {
        case 0, 1: try? vote.decide(task.number, true, by: task.assignee, comment: "")
        case 2: try? vote.decide(task.number, false, by: task.assignee, comment: "")
        case 3: try? vote.give(task.number, to: "new\(step)", by: task.assignee, comment: "")
        case 4: try? vote.add(["one\(step)", "two\(step)"], .before, of: task.number, by: task.assignee)
        case 5: try? vote.add(["one\(step)"], Bool.random(using: &chance) ? .after : .beside, of: task.number, by: task.assignee)
        default: vote.give(theRestTo: "role/late\(step)")
        }
        // Somebody can always go on, and nobody once it is over.
        #expect((vote.outcome == nil) == vote.tasks.contains { $0.state == .open })
        #expect(vote.outcome == nil || !vote.tasks.contains { $0.isUndecided })
        #expect(Set(vote.tasks.map(\.number)).count == vote.tasks.count)
        // What is written and read again goes on the same.
        let again = Vote(need: vote.need, isInTurn: vote.isInTurn, hearsAll: vote.hearsAll, seats: vote.seats)
        #expect(again.seats == vote.seats)
      }
    }
  }

  @Test(arguments: ["1", "1/1", "-1/2", "0.", "0.1234567", "a", "", "2/1", "1/0", "0.5.5", "9/9999999"])
  func noPartOfAWhole(_ text: String) { #expect(Fraction(text) == nil) }
}

/// A row of the table as it is played.
private struct Play {
  private var vote: Vote
  private let late: String
  private var out = ""

  init?(_ text: String) {
    let words = text.split(separator: " ").map(String.init)
    let need: Vote.Need? =
      switch words[0] {
      case "any": .any
      case "all": .all
      default: Fraction(words[0]).map { .share($0) }
      }
    guard let need else { return nil }
    var logins: [String] = []
    for login in words[1].map(String.init) where login != "s" && !logins.contains(login) { logins.append(login) }
    vote = Vote(
      need: need, isInTurn: words.contains("turn"), hearsAll: words.contains("hear"), assignees: logins.isEmpty ? ["F"] : logins)
    late = words.first { $0.hasPrefix("late=") }.map { String($0.dropFirst(5)) } ?? "none"
  }

  mutating func told(by inputs: [String]) -> String {
    for input in inputs {
      if let refusal = play(input) { return ["!\(refusal)", shown].joined(separator: " ") }
    }
    return [result, shown].joined(separator: " ")
  }

  private var result: String {
    if !out.isEmpty { return out }
    return switch vote.outcome {
    case .passed: "P"
    case .rejected: "R"
    case .returned, nil: "open"
    }
  }

  /// Those that were moved because they were late are not shown.
  private var shown: String {
    vote.seats.map { seat in
      seat.tasks.filter { $0.state != .moved || !$0.decidedBy.isEmpty }.map { task in
        let mark =
          switch task.state {
          case .waiting: "~"
          case .open: "?"
          case .approved: "+"
          case .rejected: "-"
          case .returned: "<"
          case .moved: ">"
          case .skipped: "."
          }
        return task.assignee + mark
      }.joined()
    }.joined(separator: " ")
  }

  private mutating func play(_ input: String) -> String? {
    if input == "W" {
      if vote.hasVotes { return "DECIDED" }
      vote.close()
      out = "W"
      return nil
    }
    if input == "L" {
      if vote.outcome != nil || late == "none" { return nil }
      if late.hasPrefix("give:") {
        vote.give(theRestTo: String(late.dropFirst(5)))
        return nil
      }
      vote.close()
      out = late == "pass" ? "P" : late == "reject" ? "R" : late
      return nil
    }
    let letters = input.map(String.init)
    let (login, mark, other) = (letters[0], letters[1], letters.dropFirst(2).joined())
    guard let task = vote.tasks.last(where: { $0.assignee == login && $0.isUndecided }) ?? vote.tasks.last(where: { $0.assignee == login })
    else { return "NOT_YOURS" }
    if ">^$&".contains(mark), other == "s" { return "OWN_CASE" }
    do throws(Vote.Refusal) {
      switch mark {
      case "+": try vote.decide(task.number, true, by: login, comment: "")
      case "-": try vote.decide(task.number, false, by: login, comment: "")
      case "<":
        try vote.sendBack(task.number, by: login, comment: "")
        out = "<" + (other.isEmpty ? "start" : other)
      case ">": try vote.give(task.number, to: other, by: login, comment: "")
      case "^": try vote.add([other], .before, of: task.number, by: login)
      case "$": try vote.add([other], .after, of: task.number, by: login)
      default: try vote.add([other], .beside, of: task.number, by: login)
      }
      return nil
    } catch {
      return switch error {
      case .closed: "TASK_CLOSED"
      case .notYours: "NOT_YOURS"
      case .notYourTurn: "NOT_YOUR_TURN"
      case .alreadyThere: "ALREADY_THERE"
      }
    }
  }
}
