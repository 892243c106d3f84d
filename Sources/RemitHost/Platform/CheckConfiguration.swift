import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitJSON
import RemitPostgres
import RemitSDK
import SwiftProtobuf

extension Platform {
  /// What is asked of documents beyond what their fields say.
  ///
  /// - Parameter id: of the company; nil: it is being made.
  func check(_ plan: inout ConfigurationPlan, _ tenant: Remit_Platform_V1_Tenant, of id: Int32?, _ call: HostCall) async throws {
    let methods = Set(configurations.methods.keys.map { String($0.dropFirst()) })
    plan.checkReferences([
      "role": ["owner"], "method": methods,
      "write": methods.union(configurations.recordMethods.filter { $0.name == "CreateRecord" }.map { String($0.path.dropFirst()) }),
      "event": Set(eventPermissions.keys), "view": plan.lookupViews(configurations.views).names,
    ])
    checkRoles(&plan)
    let judged = ["approval", "form", "record", "rule", "source"] + kinds.all.filter(\.carriesOut).map(\.name)
    if plan.changes.contains(where: { judged.contains($0.id.kind) }) {
      checkForms(&plan, try await call.documentsEver("form", of: id), try await call.documentsEver("record", of: id))
    }
    for change in plan.changes where change.id.kind == "record" && change.after == nil && !plan.hasErrors {
      guard let id else { continue }
      let count =
        try await call.query([.actFor(id), SQL("SELECT count(*) FROM host.record WHERE kind = $1", [.text(change.id.name)])])[1]
        .map { row in try row.int8() }.first ?? 0
      guard count > 0 else { continue }
      plan.add(
        change.before?.path ?? "",
        Wording(
          "there are \(count) records of the kind \(change.id.name), which stay for ever", "已有 \(count) 条 \(change.id.name) 记录，不能删除该类型"))
    }
    checkExpressions(&plan)
    for entry in plan.entries(of: "calendar") {
      guard let calendar = try? Remit_Document_V1_Calendar(serializedBytes: entry.stored.body) else { continue }
      do throws(WorkCalendar.Problem) {
        _ = try WorkCalendar(calendar)
      } catch {
        plan.add(entry, error.field, Wording(error.message, error.chinese))
      }
    }
    // What asks a table that is wrong is not wrong for that.
    if !plan.hasErrors(in: "rule") { try await checkByModules(&plan, tenant, of: id, call) }
    let tenants = plan.entries(of: "tenant")
    for entry in tenants.dropFirst() {
      plan.add(entry, "name", Wording("a company has one document of the kind tenant", "一家公司只有一份 tenant 文档"))
    }
    guard let entry = tenants.first, let document = try? Remit_Document_V1_Tenant(serializedBytes: entry.stored.body) else { return }
    let wanted = document.tenant(slug: tenant.slug)
    if wanted.baseCurrency != tenant.baseCurrency {
      let currency = tenant.baseCurrency
      plan.add(entry, "base_currency", Wording("a company keeps its base currency for ever: \(currency)", "公司的本位币不能更改：\(currency)"))
    }
    do {
      try wanted.check()
      try await call.requireTimeZone(of: wanted)
    } catch let error as CallError {
      for violation in error.violations {
        let field = String(violation.field.trimmingPrefix("tenant."))
        plan.add(entry, field == "name" ? "title" : field, Wording(violation.message, violation.message))
      }
    }
  }

  /// Expressions of modules' documents that are over a message.
  private func checkExpressions(_ plan: inout ConfigurationPlan) {
    for kind in kinds.all where kind.module != "platform" {
      for entry in plan.entries(of: kind.name) {
        for given in entry.document.expressions where !given.over.isEmpty {
          guard (try? messages.message(given.over)) != nil else { continue }
          let records = MessageRecords(from: given.over, in: messages)
          let environment = FormProgram.environment(records, [], [], it: given.over, request: given.over, row: nil)
          do throws(ExpressionErrors) {
            _ = try Expression(
              given.text, in: environment, expecting: given.type == "bool" ? .bool : given.type == "string" ? .string : nil)
          } catch {
            for item in error.items { plan.add(ContentProblem(item, at: given.path), of: entry) }
          }
        }
      }
    }
  }

  /// What only the modules know that the documents are of. Each is asked about all of its documents as they will be.
  private func checkByModules(
    _ plan: inout ConfigurationPlan, _ tenant: Remit_Platform_V1_Tenant, of id: Int32?, _ call: HostCall
  ) async throws {
    let trial = configurations.trial(of: plan)
    let checked = Dictionary(grouping: kinds.all.filter { !$0.check.isEmpty }, by: \.check)
    for (path, kinds) in checked.sorted(by: { $0.key < $1.key }) {
      let names = Set(kinds.map(\.name))
      guard plan.changes.contains(where: { names.contains($0.id.kind) }), let endpoint = plugins.calls.endpoint(path),
        case .plugin(let plugin) = endpoint.provider, let (calls, _) = callsToCome.known
      else { continue }
      let entries = kinds.flatMap { plan.entries(of: $0.name) }
      let request = Remit_Plugin_V1_CheckDocuments.with {
        $0.documents = entries.map { entry in
          .with {
            $0.kind = entry.stored.id.kind
            $0.name = entry.stored.id.name
            $0.body = .init(entry.stored.body)
          }
        }
      }
      let company = Tenant(
        id: id ?? call.caller.tenant.id, name: tenant.slug, baseCurrency: tenant.baseCurrency, timeZone: tenant.timeZone,
        locale: tenant.locale, configuration: 0)
      var order = CallOrder(
        method: endpoint.method, caller: Caller("configuration", of: plugin, for: company, today: call.caller.businessDate),
        requestID: call.order.requestID, request: try request.serializedBytes(), now: call.order.now, deadline: call.order.deadline)
      order.via = call.order.method.path
      order.trial = trial
      let admitted = order
      let answer = await calls.perform(endpoint, handle: CallHandle(), trace: call.order.trace) { (admitted, nil) }
      let reply = try Remit_Plugin_V1_CheckDocumentsReply(serializedBytes: try answer.result.get())
      for fault in reply.faults.prefix(ConfigurationPlan.findingsMax) {
        guard let entry = entries.first(where: { $0.stored.id == DocumentID(kind: fault.kind, name: fault.name) }) else { continue }
        plan.add(
          entry, fault.field, Wording(fault.message, fault.chinese.isEmpty ? fault.message : fault.chinese), isWarning: fault.warns)
      }
    }
  }

  private func checkRoles(_ plan: inout ConfigurationPlan) {
    let known = permissions
    for entry in plan.entries(of: "role") {
      guard let role = Remit_Platform_V1_Role(entry.stored) else { continue }
      if Self.fixedRoles.contains(role.name) {
        plan.add(entry, "name", Wording("the role \(role.name) stays as it is; give another name", "角色 \(role.name) 不能更改，请换一个名称"))
      }
      do throws(CallError) {
        try role.check(known)
      } catch {
        for violation in error.violations {
          plan.add(entry, String(violation.field.trimmingPrefix("role.")), Wording(violation.message, violation.message))
        }
      }
    }
  }

  /// - Parameters:
  ///   - earlier: all forms that the company ever had.
  ///   - records: all its kinds of records.
  private func checkForms(
    _ plan: inout ConfigurationPlan, _ earlier: [Remit_Document_V1_Form], _ records: [Remit_Document_V1_RecordKind]
  ) {
    var seen: [String: String] = [:]
    var rules: [RuleProgram] = []
    var broken: [String] = []
    for entry in plan.entries(of: "rule") {
      guard let rule = try? Remit_Document_V1_Rule(serializedBytes: entry.stored.body) else { continue }
      let (program, problems) = RuleProgram.compile(rule)
      for problem in problems { plan.add(problem, of: entry) }
      if let program { rules.append(program) } else { broken.append("rules.\(rule.name)") }
    }
    var programs: [String: [FormProgram]] = [:]
    var types = OwnFieldTypes(earlier, records, configurations.methods, messages)
    let views = plan.lookupViews(configurations.views)
    for entry in plan.entries(of: "record") {
      guard let kind = try? Remit_Document_V1_RecordKind(serializedBytes: entry.stored.body),
        let method = configurations.recordMethods.first
      else { continue }
      if let wording = RecordNumber.fault(in: kind.number) { plan.add(entry, "number", wording) }
      for (index, conflict) in types.conflicts(of: kind) { plan.add(entry, "fields[\(index)].type", conflict) }
      if plan.findsUnknownRules(in: entry) || broken.contains(where: entry.stored.text.contains) { continue }
      let (program, problems) = kind.compile(for: method, schema: messages, rules: rules, views: views)
      for problem in problems { plan.add(problem, of: entry) }
      if let program { programs[method.path, default: []].append(program) }
    }
    for entry in plan.entries(of: "form") {
      guard let form = try? Remit_Document_V1_Form(serializedBytes: entry.stored.body),
        let method = configurations.methods["/\(form.method)"]
      else { continue }
      if let other = seen.updateValue(entry.stored.id.name, forKey: "\(form.method) \(form.at)") {
        plan.add(entry, "method", Wording("the form \(other) is about the same", "表单 \(other) 针对同一方法"))
      }
      for (index, conflict) in types.conflicts(of: form) { plan.add(entry, "fields[\(index)].type", conflict) }
      // What asks a table that is wrong is not wrong for that.
      if plan.findsUnknownRules(in: entry) || broken.contains(where: entry.stored.text.contains) { continue }
      let (program, problems) = FormProgram.compile(
        form, requestType: method.requestType, schema: messages, rules: rules, views: views)
      for problem in problems { plan.add(problem, of: entry) }
      if let program { programs[method.path, default: []].append(program) }
    }
    if plan.hasErrors { return }
    checkApprovals(&plan, rules, views, programs)
    for entry in plan.entries(of: "source") {
      guard let source = try? Remit_Document_V1_Source(serializedBytes: entry.stored.body),
        let method = configurations.method("/\(source.method)")
      else { continue }
      let own = (programs[method.path] ?? []).ownFields(recordKind: source.record)
      for problem in SourceProgram.compile(source, for: method, schema: messages, views: views, own: own).problems {
        plan.add(problem, of: entry)
      }
    }
  }
}

extension Platform {
  /// - Parameter forms: by the path of their method.
  private func checkApprovals(
    _ plan: inout ConfigurationPlan, _ rules: [RuleProgram], _ views: LookupViews, _ forms: [String: [FormProgram]]
  ) {
    let carriers = kinds.all.filter(\.carriesOut)
    for entry in plan.entries(of: "approval") {
      guard let approval = try? Remit_Document_V1_Approval(serializedBytes: entry.stored.body),
        let method = configurations.method("/\(approval.method)")
      else { continue }
      guard let kind = carriers.first(where: { plan.entries[DocumentID(kind: $0.name, name: approval.flow)] != nil }) else {
        let there = carriers.flatMap { plan.entries(of: $0.name) }.map(\.stored.id.name)
        let hint = Suggestion.name(nearestTo: approval.flow, among: there).map { "; did you mean '\($0)'?" } ?? ""
        plan.add(
          entry, "flow",
          Wording(
            "there is no document '\(approval.flow)' that lets through what is held\(hint)", "没有名为 '\(approval.flow)' 的审批流程\(hint)"))
        continue
      }
      if method.service.hasPrefix("remit.\(kind.module).") {
        plan.add(
          entry, "method", Wording("what lets held requests through cannot be held itself", "执行审批的模块自身的方法不能被拦截"))
      }
      if plan.findsUnknownRules(in: entry) { continue }
      let problems = ApprovalProgram.compile(
        approval, carriedBy: kind, requestType: method.requestType, schema: messages, rules: rules, views: views,
        own: (forms[method.path] ?? []).ownFieldsOfForms(at: approval.at)
      ).problems
      for problem in problems { plan.add(problem, of: entry) }
    }
  }
}

extension ConfigurationPlan {
  /// Where its forms may look things up.
  func lookupViews(_ published: [String: String]) -> LookupViews {
    let kinds = entries(of: "record").compactMap { try? Remit_Document_V1_RecordKind(serializedBytes: $0.stored.body) }
    return LookupViews(
      published: published, records: Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }))
  }

  /// Tells of decision tables that a document asks, and that are not there.
  fileprivate mutating func findsUnknownRules(in entry: Entry) -> Bool {
    let unknown = unknownRules(in: entry)
    for rule in unknown { add(rule.problem, of: entry, at: rule.place) }
    return !unknown.isEmpty
  }
}
