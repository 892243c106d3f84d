import FoundationEssentials
import RemitAPI
import RemitJSON
import SwiftProtobuf

extension Platform {
  func getForms(_ request: Remit_Platform_V1_GetFormsRequest, _ call: HostCall) async throws -> Remit_Platform_V1_GetFormsReply {
    // Who decides what others ask for sees it by its form, and may not call the method.
    let (order, forms) = try await forms(of: request.method, call, toRead: call.caller.permissions.allows("platform.form.get"))
    return .with {
      $0.configuration = UInt64(clamping: order.caller.tenant.configuration)
      $0.forms = forms.map(\.form).filter { !$0.name.isEmpty }
    }
  }

  func checkForm(_ request: Remit_Platform_V1_CheckFormRequest, _ call: HostCall) async throws -> Remit_Platform_V1_CheckFormReply {
    let (order, forms) = try await forms(of: request.method, call)
    return try await check(request.request, of: order, by: forms, call)
  }

  /// What forms make of a request.
  func check(
    _ request: Google_Protobuf_Struct, of order: CallOrder, by forms: [FormProgram], _ call: HostCall
  ) async throws -> Remit_Platform_V1_CheckFormReply {
    let (judgement, shaped) = try await admission.judge(
      try wire(request, as: order.method.requestType), of: order, by: forms, .none, call.query)
    let json = try messages.json(fromWire: shaped, as: order.method.requestType)
    return try .with {
      $0.request = try Google_Protobuf_Struct(jsonString: json)
      $0.changes = judgement.changes.map(Remit_Platform_V1_FieldChange.init)
      $0.violations = judgement.violations.map(Remit_Platform_V1_FieldMessage.init)
      $0.warnings = judgement.warnings.map(Remit_Platform_V1_FieldMessage.init)
      $0.hidden = judgement.hidden
    }
  }

  func checkRequests(
    _ request: Remit_Platform_V1_CheckRequestsRequest, _ call: HostCall
  ) async throws -> Remit_Platform_V1_CheckRequestsReply {
    let (order, forms) = try await forms(of: request.method, call)
    let approvals = try await configurations.forms(for: order).approvals(of: order.method.path)
    guard !forms.isEmpty || !approvals.isEmpty else { return .init() }
    var reply = Remit_Platform_V1_CheckRequestsReply.with { $0.hasForms_p = true }
    var hasLocked = false
    for bytes in request.requests {
      try Task.checkCancellation()
      try order.method.check(Array(bytes))
      let (judgement, shaped) = try await admission.judge(Array(bytes), of: order, by: forms, hasLocked ? .none : .many, call.query)
      reply.results.append(
        .with {
          if judgement.isShaped { $0.request = Data(shaped) }
          $0.changes = judgement.changes
          $0.violations = judgement.violations.map(\.message)
          $0.warnings = judgement.warnings.map(\.message)
          $0.serials = judgement.serials
        })
      if judgement.violations.isEmpty, let hold = try await admission.hold(shaped, of: order, by: approvals, call.query) {
        let last = reply.results.count - 1
        reply.results[last].hold = hold
        reply.results[last].violations = [.with { $0.message = CallError.held(by: hold, request.method).message }]
      }
      if !judgement.serials.isEmpty { hasLocked = true }
    }
    return reply
  }

  func admit(_ request: Remit_Platform_V1_AdmitRequest, _ call: HostCall) async throws -> Remit_Platform_V1_AdmitReply {
    let (order, forms) = try await forms(of: request.method, call)
    let bytes: [UInt8] =
      switch request.given {
      case .request(let bytes): Array(bytes)
      case .json(let json): try wire(json, as: order.method.requestType)
      case nil: []
      }
    try order.method.check(bytes)
    let (judgement, shaped) = try await admission.judge(bytes, of: order, by: forms, .none, call.query)
    let approvals = try await configurations.forms(for: order).approvals(of: order.method.path)
    let hold = judgement.violations.isEmpty ? try await admission.hold(shaped, of: order, by: approvals, call.query) : nil
    let json = try messages.json(fromWire: shaped, as: order.method.requestType)
    return try .with {
      $0.request = Data(shaped)
      $0.json = try Google_Protobuf_Struct(jsonString: json)
      $0.changes = judgement.changes.map(Remit_Platform_V1_FieldChange.init)
      $0.violations = judgement.violations.map(Remit_Platform_V1_FieldMessage.init)
      $0.warnings = judgement.warnings.map(Remit_Platform_V1_FieldMessage.init)
      if let hold { $0.hold = hold }
    }
  }

  func getDocuments(_ request: Remit_Plugin_V1_GetDocuments, _ call: HostCall) async throws -> Remit_Plugin_V1_GetDocumentsReply {
    let asks = plugins.plugins.first { plugin in plugin.methods.contains { $0.path == call.order.via } }
    let declared = (asks?.manifest.documentKinds.map(\.kind) ?? []) + (asks?.manifest.documents ?? [])
    guard declared.contains(request.kind) else {
      throw CallError(
        .permissionDenied, "NOT_DECLARED",
        "the manifest of \(asks?.name ?? "nobody") names no documents of the kind \(request.kind.cut(toBytes: 60))")
    }
    if let trial = call.order.trial {
      return .with { $0.documents = trial.documents.filter { $0.id.kind == request.kind }.map { .told(request.kind, $0.id.name, $0.body) } }
    }
    let version = call.caller.tenant.configuration
    let documents = try await call.query([
      SQL(
        "SELECT name, body FROM host.document WHERE kind = $1 AND since <= $2 AND until > $2 ORDER BY name",
        [.text(request.kind), .int8(version)])
    ])[0].map { row in (name: try row.text(), body: try row.bytes()) }
    return .with {
      $0.version = UInt64(clamping: version)
      $0.documents = documents.map { .told(request.kind, $0.name, $0.body) }
    }
  }

  /// What the caller would call, and the forms that it would be judged by now.
  private func forms(
    of name: String, _ call: HostCall, toRead: Bool = false
  ) async throws -> (order: CallOrder, forms: [FormProgram]) {
    if call.order.depth == 0 { _ = try await configurations.refresh(call.caller.tenant.id) }
    let order = try order(of: name, call, toRead: toRead)
    return (order, try configurations.forms(of: order.method.path, in: try await configurations.forms(for: order)))
  }

  /// A call of a method that forms can be about, as the caller would make it.
  ///
  /// - Parameter toRead: it is only shown.
  func order(of name: String, _ call: HostCall, toRead: Bool = false) throws -> CallOrder {
    guard let method = configurations.method(name.hasPrefix("/") ? name : "/\(name)") else {
      throw CallError(.notFound, "NO_METHOD", "there is no write \(name.cut(toBytes: 200)) that a form can be about", field: "method")
    }
    if !toRead { try Calls.requirePermission(method, call.caller) }
    var caller = call.caller
    caller.tenant.configuration = configurations.version(of: caller.tenant.id, known: caller.tenant.configuration)
    return CallOrder(
      method: method, caller: caller, requestID: call.order.requestID, request: [], now: call.order.now, deadline: call.order.deadline,
      trial: call.order.trial, pass: call.order.pass)
  }

  func wire(_ json: Google_Protobuf_Struct, as message: String) throws(CallError) -> [UInt8] {
    do {
      return try messages.wire(fromJSON: Array(try json.jsonUTF8Data()), as: message)
    } catch let error as JSONError {
      throw CallError.invalid([("request\(error.path.isEmpty ? "" : ".\(error.path)")", error.message)])
    } catch {
      throw CallError.invalid([("request", "is no JSON that can be read")])
    }
  }
}

extension Remit_Platform_V1_FieldChange {
  init(_ change: Remit_Plugin_V1_Change) {
    self.init()
    field = change.field
    before = change.before
    after = change.after
  }
}

extension Remit_Platform_V1_FieldMessage {
  init(_ fault: Judgement.Fault) {
    self.init()
    field = fault.field
    message = fault.words
  }
}

extension Remit_Plugin_V1_CompanyDocument {
  fileprivate static func told(_ kind: String, _ name: String, _ body: [UInt8]) -> Self {
    .with {
      $0.kind = kind
      $0.name = name
      $0.body = .init(body)
    }
  }
}
