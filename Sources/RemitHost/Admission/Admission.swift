import RemitAPI
import RemitJSON

/// A company's forms on the requests of its writes: after permission and before the module, whoever sends them.
struct Admission: Sendable {
  let configurations: CompanyConfigurations

  /// Where a form looks things up: the transaction of the call, where it stays what was looked up until that ends.
  typealias Reading = (_ statements: [SQL]) async throws -> [Remit_Plugin_V1_Rows]

  enum Extent {
    /// Nothing is done.
    case none
    case one
    /// One of many, such as the rows of a file, for which locks by each value would be too many.
    case many
  }

  private static func locks(_ serials: [(form: String, value: String?)], _ extent: Extent) -> [SQL] {
    func lock(_ name: String, _ isExclusive: Bool) -> SQL { SQL("SELECT host.lock($1, $2)", [.text("form/\(name)"), .bool(isExclusive)]) }
    return serials.flatMap { form, value -> [SQL] in
      guard let value else { return [] }
      return switch extent {
      case .none: []
      case .one: [lock(form, false), lock("\(form)/\(value)", true)]
      case .many: [lock(form, true)]
      }
    }
  }

  /// Shapes the request of an order, and refuses what the company's forms refuse.
  func admit(_ order: inout CallOrder, _ read: Reading) async throws {
    guard order.method.isWrite, order.source == nil else { return }
    var isRefused = false
    let forms = try await configurations.forms(of: order.method.path, for: order.caller.tenant)
    let (sent, tenant) = (order.sent ?? order.request, order.caller.tenant.id)
    defer { if !isRefused { configurations.recent.add(sent, to: order.method.path, of: tenant) } }
    let approvals = try await configurations.forms(for: order).approvals(of: order.method.path)
    guard !forms.isEmpty || !approvals.isEmpty || configurations.recordMethods.contains(where: { $0.path == order.method.path }) else {
      return
    }
    isRefused = true
    let (judgement, request) = try await judge(order.request, of: order, by: forms, .one, read)
    if let refusal = judgement.refusal { throw refusal }
    if let hold = try await hold(request, of: order, by: approvals, read) {
      throw CallError.held(by: hold, String(order.method.path.dropFirst()))
    }
    isRefused = false
    // What was judged is what is done, also where the same could be encoded in two ways.
    order.sent = order.sent ?? order.request
    order.request = request
    if judgement.isShaped { try order.method.check(request) }
    if !judgement.forms.isEmpty { order.admission = judgement.message(order.caller.tenant.configuration) }
  }

  /// What holds a request that the forms have shaped.
  func hold(
    _ request: [UInt8], of order: CallOrder, by approvals: [ApprovalProgram], _ read: Reading
  ) async throws -> Remit_Platform_V1_Hold? {
    guard !approvals.isEmpty else { return nil }
    return try await approvals.first(holding: request, order, try JudgedCall.required(order), schema: configurations.schema, read)?.hold
  }

  /// What forms do to a request, and say of it; nothing is refused.
  ///
  /// - Parameter extent: of what is done if nothing is wrong; those that must be judged one after the other are then.
  func judge(
    _ request: [UInt8], of order: CallOrder, by forms: [FormProgram], _ extent: Extent, _ read: Reading
  ) async throws -> (judgement: Judgement, request: [UInt8]) {
    let call = try JudgedCall.required(order)
    let message: DynamicMessage
    do {
      message = try DynamicMessage(wire: request, as: order.method.requestType, in: configurations.schema)
    } catch {
      throw CallError(.invalidArgument, "MALFORMED_REQUEST", "the request is not a \(order.method.requestType) message")
    }
    let forms = forms.filter { $0.isMeant(for: message) }
    if forms.isEmpty, configurations.recordMethods.contains(where: { $0.path == order.method.path }) {
      throw CallError(.notFound, "NO_KIND", "\(order.caller.tenant.name) has no such kind of record", field: "record.kind")
    }
    var judgement = Judgement()
    let prepared = try forms.map { try $0.prepare(message, call, holds: extent == .one, &judgement) }
    judgement.serials = zip(forms, prepared).compactMap { form, prepared in prepared.serial.map { "\(form.form.name)/\($0)" } }
    let locks = Self.locks(zip(forms, prepared).map { ($0.form.name, $1.serial) }, extent)
    let asked = prepared.flatMap(\.statements)
    var found: [Remit_Plugin_V1_Rows] = []
    if !locks.isEmpty || asked.contains(where: { $0 != nil }) {
      do {
        found = Array(try await read(locks + asked.compactMap { $0 }).dropFirst(locks.count))
      } catch let error as CallError where ["VALUE_REFUSED", "SUM_TOO_LARGE"].contains(error.reason) {
        throw CallError(.invalidArgument, "FORM", "what the company's forms look up by cannot be: \(error.message)")
      }
    }
    var rest = found[...]
    for (form, prepared) in zip(forms, prepared) {
      try form.run(message, call, found: prepared.statements.map { $0 == nil ? nil : rest.popFirst() }, &judgement)
    }
    return (judgement, message.wire)
  }
}
