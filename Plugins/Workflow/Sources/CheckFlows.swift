import FoundationEssentials
import RemitAPI
import RemitSDK
import SwiftProtobuf
import WorkflowMessages

extension Workflow {
  func checkFlows(_ request: Remit_Plugin_V1_CheckDocuments, _ call: Call) async throws -> Remit_Plugin_V1_CheckDocumentsReply {
    var faults: [Remit_Plugin_V1_DocumentFault] = []
    for document in request.documents {
      guard let flow = try? Flow(serializedBytes: document.body) else {
        throw CallError.invalid([("documents", "holds a body that is no \(Flow.protoMessageName) message")])
      }
      var check = FlowCheck(flow)
      check.checkSteps()
      // Those that speak of an event beside those that do not.
      for (event, asked) in Dictionary(grouping: check.asked, by: \.event).merging(["": []], uniquingKeysWith: { first, _ in first }) {
        let wanted = Remit_Platform_V1_EvaluateRequest.with {
          $0.method = flow.method
          if flow.hasStartsOn { $0.events = [.start(flow.startsOn.event, Data())] }
          if event.isEmpty { $0.with = flow.with } else { $0.events.append(.heard(event, Data())) }
          $0.checkOnly = true
          $0.values.fields = Dictionary(uniqueKeysWithValues: check.names.map { ($0, Google_Protobuf_Value()) })
          $0.expressions = asked.map(\.expression)
        }
        let reply: Remit_Platform_V1_EvaluateReply
        do {
          reply = try await call.evaluate(wanted)
        } catch let error as CallError where ["NO_EVENT", "NO_METHOD"].contains(error.reason) {
          continue  // which the host tells, as a name that is of nothing
        }
        for fault in reply.faults.prefix(100) {
          let place = Int(fault.expression)
          let field = asked.indices.contains(place) ? asked[place].field : "with[\(place - 10_000)]"
          check.add(field, fault.message, fault.message)
        }
      }
      faults += check.faults.map { field, english, chinese in
        .with {
          $0.kind = document.kind
          $0.name = document.name
          $0.field = field
          $0.message = english
          $0.chinese = chinese
        }
      }
    }
    return .with { $0.faults = faults }
  }
}

/// What is wrong with a flow beyond its fields.
struct FlowCheck {
  struct Asked {
    let field: String
    /// That it speaks of as `event`; empty: of none.
    let event: String
    let expression: Remit_Platform_V1_Asked
  }

  private(set) var faults: [(field: String, english: String, chinese: String)] = []
  private(set) var asked: [Asked] = []
  let names: Set<String>
  private let flow: Flow
  private let steps: Set<String>

  init(_ flow: Flow) {
    self.flow = flow
    steps = Set(flow.steps.map(\.name))
    let given = flow.canStart ? ["given"] : []
    names = Set(["submitter"] + given + flow.with.map(\.name) + flow.steps.compactMap(\.keeps)).filter {
      $0.wholeMatch(of: /[a-z][a-z0-9_]{0,39}/) != nil
    }
  }

  mutating func add(_ field: String, _ english: String, _ chinese: String) { faults.append((field, english, chinese)) }

  private mutating func ask(_ field: String, _ text: String, _ type: String = "", event: String = "", of fill: (String, String) = ("", ""))
  {
    guard !text.isEmpty else { return }
    asked.append(
      Asked(
        field: field, event: event,
        expression: .with {
          $0.text = text
          $0.type = type
          ($0.method, $0.field) = fill
        }))
  }

  /// What the steps that come from some ask, without what speaks of an event; and the names that they give.
  func asked(from first: [String]) -> (expressions: [Remit_Platform_V1_Asked], names: [String]) {
    let reached = reached(from: first)
    let places = flow.steps.indices.filter { reached.contains(flow.steps[$0].name) }
    let prefixes = places.map { "steps[\($0)]." }
    return (
      asked.filter { asked in asked.event.isEmpty && prefixes.contains { asked.field.hasPrefix($0) } }.map(\.expression),
      places.compactMap { flow.steps[$0].keeps }
    )
  }

  private var hasUnknownSteps = false

  private mutating func mustBeStep(_ field: String, _ name: String) {
    guard !steps.contains(name) else { return }
    hasUnknownSteps = true
    let all = flow.steps.map(\.name).joined(separator: ", ").prefix(300)
    add(field, "there is no step '\(name)'; there are \(all)", "没有步骤 '\(name)'；可用：\(all)")
  }

  mutating func checkSteps() {
    ask("subject", flow.subject, "string")
    ask("summary", flow.summary, "string")
    ask("amount", flow.amount, "money")
    var seen: Set<String> = []
    for (index, step) in flow.steps.enumerated() {
      let path = "steps[\(index)]"
      if step.name.wholeMatch(of: /[a-z][a-z0-9_]{0,39}/) == nil || step.name == "start" {
        add("\(path).name", "a name of a-z, 0-9 and _ is wanted, other than start", "名称应由 a-z、0-9 和 _ 组成，且不为 start")
      }
      if !seen.insert(step.name).inserted { add("\(path).name", "'\(step.name)' stands here twice", "'\(step.name)' 重复") }
      check(step, path)
      for (place, next) in step.next.enumerated() {
        ask("\(path).next[\(place)].when", next.when, "bool")
        mustBeStep("\(path).next[\(place)].go", next.go)
      }
      for (field, name) in [("rejected", step.rejected), ("failed", step.failed)] where !name.isEmpty {
        mustBeStep("\(path).\(field)", name)
      }
      checkLeaves(step, path)
    }
    checkBeginning()
    for (index, step) in flow.steps.enumerated() {
      guard case .carry? = step.does else { continue }
      let later = reached(from: step.next.map(\.go))
      for name in later.sorted() where flow.steps.contains(where: { $0.name == name && $0.isUndoing }) {
        add(
          "steps[\(index)].next", "nobody decides any more when what was submitted is done: \(name) comes after it",
          "提交的请求执行后不能再审批：\(name) 在其之后")
      }
    }
    for (index, step) in flow.steps.enumerated() {
      guard case .call? = step.does else { continue }
      for name in reached(from: step.next.map(\.go)).sorted() where flow.steps.contains(where: { $0.name == name && $0.returns }) {
        add(
          "steps[\(index)].next",
          "what is called has been done when \(name), which comes after it, returns the case: it would be done again",
          "\(name) 在其之后退回时，调用已经执行，会再次执行")
      }
    }
    for (index, step) in flow.steps.enumerated() {
      guard case .split(let split)? = step.does else { continue }
      let within = reached(
        from: split.branches.map(\.go), before: { if case .join(let join)? = $0.does { join.of == step.name } else { false } })
      for name in within.sorted() where flow.steps.contains(where: { $0.name == name && $0.isCarry }) {
        add(
          "steps[\(index)].split", "what was submitted is done once, when all ways are joined: \(name) comes before",
          "请求只在并行分支汇合后执行一次：\(name) 在汇合之前")
      }
    }
    // Of a way that leads nowhere that is told.
    guard !hasUnknownSteps else { return }
    for name in steps.subtracting(reached(from: flow.steps.prefix(1).map(\.name))).sorted() {
      add("steps", "no way leads to the step \(name)", "没有路径到达步骤 \(name)")
    }
  }

  /// With a request, an event, or a person; and what is submitted is done.
  private mutating func checkBeginning() {
    let hasCarry = flow.steps.contains(where: \.isCarry)
    if !flow.method.isEmpty, !hasCarry { add("steps", "no step is carry: what is held is never done", "没有 carry 步骤：被拦截的请求不会执行") }
    if flow.method.isEmpty, hasCarry {
      add("steps", "nothing is submitted that carry could do: give the flow a method, or call one", "没有可执行的请求：请给出 method，或用 call 调用方法")
    }
    if flow.hasStartsOn {
      ask("starts_on.when", flow.startsOn.when, "bool")
      if !flow.method.isEmpty { add("starts_on", "a flow with a method begins with its requests", "有 method 的流程由其请求启动") }
    }
    if !flow.given.isEmpty, !flow.canStart { add("given", "only of a flow that a person starts", "仅用于由人启动的流程") }
    var seen: Set<String> = []
    for (index, given) in flow.given.enumerated() {
      if given.name.wholeMatch(of: /[a-z][a-z0-9_]{0,39}/) == nil {
        add("given[\(index)].name", "a name of a-z, 0-9 and _ is wanted", "名称应由 a-z、0-9 和 _ 组成")
      }
      if !seen.insert(given.name).inserted { add("given[\(index)].name", "'\(given.name)' stands here twice", "'\(given.name)' 重复") }
    }
  }

  private mutating func mustBeName(_ field: String, _ name: String) {
    guard !names.contains(name) || ["request", "start", "event", "given", "user", "company", "today", "now"].contains(name) else { return }
    add(field, "a name of a-z, 0-9 and _ is wanted that means nothing else", "应为由 a-z、0-9 和 _ 组成的未占用名称")
  }

  /// Only an end, and where all goes by its branches, has nothing next.
  private mutating func checkLeaves(_ step: Step, _ path: String) {
    switch step.does {
    case .end?, .split?:
      if !step.next.isEmpty { add("\(path).next", "nothing comes next of this", "此步骤之后没有下一步") }
    case nil:
      add(
        path, "it does nothing: approve, decide, carry, call, notify, wait, split, join or end is wanted",
        "应为 approve、decide、carry、call、notify、wait、split、join 或 end")
    default:
      if step.next.isEmpty { add("\(path).next", "what comes next must be given", "必须给出下一步") }
    }
  }

  private mutating func check(_ step: Step, _ path: String) {
    switch step.does {
    case .approve(let approve)?: check(approve, "\(path).approve")
    case .decide(let choose)?:
      ask("\(path).decide.is", choose.is)
      mustBeName("\(path).decide.as", choose.as)
    case .call(let invocation)?:
      if invocation.method.hasPrefix("remit.workflow.v1.") {
        add("\(path).call.method", "a case does not act on cases", "流程不能操作流程实例")
      }
      for (place, fill) in invocation.request.enumerated() {
        ask("\(path).call.request[\(place)].is", fill.is, of: (invocation.method, fill.field))
      }
      if !invocation.as.isEmpty { mustBeName("\(path).call.as", invocation.as) }
    case .notify(let notify)?: ask(notify.to, "\(path).notify.to")
    case .wait(let wait)?: check(wait, "\(path).wait")
    case .split(let split)?:
      for (place, branch) in split.branches.enumerated() {
        ask("\(path).split.branches[\(place)].when", branch.when, "bool")
        mustBeStep("\(path).split.branches[\(place)].go", branch.go)
      }
    case .join(let join)?:
      mustBeStep("\(path).join.of", join.of)
      if steps.contains(join.of), !flow.steps.contains(where: { if $0.name == join.of, case .split? = $0.does { true } else { false } }) {
        add("\(path).join.of", "'\(join.of)' is no split", "'\(join.of)' 不是 split")
      }
    case .carry?, .end?, nil: break
    }
  }

  private mutating func check(_ wait: Remit_Workflow_V1_Wait, _ path: String) {
    var isOfEvent = false
    switch wait.for {
    case .time(let text)?: ask("\(path).time", text, "span")
    case .until(let text)?: ask("\(path).until", text)
    case .event(let event)?:
      isOfEvent = true
      ask("\(path).when", wait.when, "bool", event: event)
      ask("\(path).about", wait.about, "string")
      if !wait.as.isEmpty { mustBeName("\(path).as", wait.as) }
      if wait.hasLate { check(wait.late, "\(path).late", givesTo: false) }
    case nil: add(path, "time, until or event must be given", "必须给出 time、until 或 event")
    }
    guard !isOfEvent else { return }
    for (name, isGiven) in [("when", !wait.when.isEmpty), ("about", !wait.about.isEmpty), ("as", !wait.as.isEmpty), ("late", wait.hasLate)]
    where isGiven {
      add("\(path).\(name)", "only of an event", "仅用于等待事件")
    }
  }

  private mutating func check(_ late: Remit_Workflow_V1_Late, _ path: String, givesTo: Bool) {
    ask("\(path).after", late.after, "span")
    switch late.then {
    case .go(let step)?: mustBeStep("\(path).go", step)
    case .giveTo? where !givesTo: add("\(path).give_to", "nobody decides here: go, pass or reject is wanted", "此处无人审批：应为 go、pass 或 reject")
    case nil, .pass(false)?, .reject(false)?:
      add(path, "\(givesTo ? "give_to, " : "")go, pass or reject must be given", "必须给出 \(givesTo ? "give_to、" : "")go、pass 或 reject")
    default: break
    }
  }

  private mutating func check(_ approve: Remit_Workflow_V1_Approve, _ path: String) {
    ask(approve.by, "\(path).by")
    if approve.need == .vote, Fraction(approve.share) == nil {
      add("\(path).share", "a part of the votes is wanted, from 0 to below 1, such as 0.5 or 2/3", "应为 0 到 1 之间的比例，如 0.5 或 2/3")
    }
    if approve.need != .vote, !approve.share.isEmpty { add("\(path).share", "only of need: vote", "仅用于 need: vote") }
    for (place, name) in approve.returnTo.enumerated() where name != "start" { mustBeStep("\(path).return_to[\(place)]", name) }
    if !approve.returnTo.isEmpty, !approve.allow.contains(.return) {
      add("\(path).return_to", "return is not among what the step allows", "allow 中没有 return")
    }
    if approve.hasRemind { ask("\(path).remind.every", approve.remind.every, "span") }
    if approve.hasLate { check(approve.late, "\(path).late", givesTo: true) }
  }

  private mutating func ask(_ who: [Remit_Workflow_V1_Who], _ path: String) {
    for (place, entry) in who.enumerated() {
      switch entry.who {
      case .person(let text)?: ask("\(path)[\(place)].person", text, "string")
      case .managerOf(let text)?: ask("\(path)[\(place)].manager_of", text, "string")
      case .people(let text)?: ask("\(path)[\(place)].people", text)
      case .role?, .members?: break
      case nil:
        add(
          "\(path)[\(place)]", "role, person, manager_of, people or members must be given", "必须给出 role、person、manager_of、people 或 members")
      }
    }
  }

  /// - Parameter isEnd: what comes after such a step is not counted, nor the step.
  private func reached(from first: [String], before isEnd: (Step) -> Bool = { _ in false }) -> Set<String> {
    var found: Set<String> = []
    var left = first
    while let name = left.popLast() {
      guard let step = flow.steps.first(where: { $0.name == name }), !isEnd(step), found.insert(name).inserted else { continue }
      left += step.next.map(\.go) + [step.rejected, step.failed].filter { !$0.isEmpty }
      switch step.does {
      case .split(let split)?: left += split.branches.map(\.go)
      case .approve(let approve)?: if case .go(let late)? = approve.late.then { left.append(late) }
      case .wait(let wait)?: if case .go(let late)? = wait.late.then { left.append(late) }
      default: break
      }
    }
    return found
  }
}

extension Remit_Workflow_V1_Step {
  /// The name by which it keeps a value; nil: it keeps none.
  fileprivate var keeps: String? {
    switch does {
    case .decide(let choose)?: choose.as
    case .call(let invocation)?: invocation.as.isEmpty ? nil : invocation.as
    case .wait(let wait)?: wait.as.isEmpty ? nil : wait.as
    default: nil
    }
  }

  /// Whether people may have it begin anew.
  fileprivate var returns: Bool {
    guard case .approve(let approve)? = does else { return false }
    return approve.allow.contains(.return) && (approve.returnTo.isEmpty || approve.returnTo.contains("start"))
  }

  /// What must not come once the request is done.
  fileprivate var isUndoing: Bool {
    switch does {
    case .approve?, .carry?: true
    case .end(let end)?: end.reject
    default: false
    }
  }
}
