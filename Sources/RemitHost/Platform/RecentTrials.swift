import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitJSON
import RemitPostgres
import SwiftProtobuf

extension Platform {
  /// Warns of forms that would have refused what was done lately.
  func tryOnRecentRequests(
    _ plan: inout ConfigurationPlan, _ configuration: CurrentConfiguration, _ call: HostCall
  ) async throws {
    let begun = ContinuousClock.now
    let rules = plan.entries(of: "rule").compactMap { try? Remit_Document_V1_Rule(serializedBytes: $0.stored.body) }
      .compactMap { RuleProgram.compile($0).program }
    let views = plan.lookupViews(configurations.views)
    var caller = call.caller
    caller.tenant = Tenant(
      id: configuration.id, name: configuration.tenant.slug, baseCurrency: configuration.tenant.baseCurrency,
      timeZone: configuration.tenant.timeZone, locale: configuration.tenant.locale, configuration: configuration.version)
    for change in plan.changes where change.id.kind == "form" {
      guard let after = change.after, let entry = plan.entries[change.id],
        let form = try? Remit_Document_V1_Form(serializedBytes: after.body),
        let method = configurations.methods["/\(form.method)"],
        let program = FormProgram.compile(form, requestType: method.requestType, schema: messages, rules: rules, views: views).program
      else { continue }
      let order = CallOrder(
        method: method, caller: caller, requestID: call.order.requestID, request: [], now: call.order.now, deadline: call.order.deadline)
      var (tried, refused, first) = (0, 0, "")
      for request in configurations.recent.all(of: method.path, configuration.id) where ContinuousClock.now - begun < Self.trialMax {
        tried += 1
        let read = { (statements: [SQL]) in
          Array(try await call.query([.actFor(configuration.id)] + statements).dropFirst())
        }
        guard let (judgement, _) = try? await admission.judge(request, of: order, by: [program], .none, read),
          let fault = judgement.violations.first
        else { continue }
        refused += 1
        if first.isEmpty { first = "\(fault.field) \(fault.words)" }
      }
      guard refused > 0 else { continue }
      plan.add(
        entry, "name",
        Wording(
          "it would have refused \(refused) of the last \(tried) requests; the first: \(first)",
          "会拒绝最近 \(tried) 个请求中的 \(refused) 个；第一个：\(first)"), isWarning: true)
    }
  }

  private static let trialMax = Duration.seconds(5)
}
