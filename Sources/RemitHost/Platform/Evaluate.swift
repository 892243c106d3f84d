import FoundationEssentials
import RemitAPI
import RemitDocuments
import RemitExpressions
import RemitJSON
import SwiftProtobuf

extension Platform {
  /// What a module's documents say by expressions, over a request of any method.
  func evaluate(_ request: Remit_Platform_V1_EvaluateRequest, _ call: HostCall) async throws -> Remit_Platform_V1_EvaluateReply {
    let method = try request.method.isEmpty ? nil : methodOfExpressions(request.method)
    let company = try await configurations.forms(for: call.order)
    let desk = ExpressionDesk(
      method: method, schema: messages, company: company, configurations: configurations,
      own: method.map { company.forms(of: $0.path).ownFields(recordKind: "").flatMap(\.value) } ?? [],
      call: try JudgedCall.required(call.order), values: request.values, events: try request.events.map(toldEvent))
    if request.checkOnly { return .with { $0.faults = desk.faults(of: request) } }
    let message = try method.map { method throws(CallError) in
      do {
        return try DynamicMessage(wire: Array(request.request), as: method.requestType, in: messages)
      } catch {
        throw CallError(.invalidArgument, "MALFORMED_REQUEST", "the request is not a \(method.requestType) message")
      }
    }
    let statements = try desk.statements(of: request.with, message)
    let asked = statements.compactMap { $0 }
    var rows = (asked.isEmpty ? [] : try await call.query(asked))[...]
    var found: [String: Google_Protobuf_Value] = [:]
    for (lookup, statement) in zip(request.with, statements) {
      let text = try statement == nil ? nil : rows.popFirst()?.map { row in try row.text() }.first
      found[lookup.name] = try text.map { try Google_Protobuf_Value(jsonString: $0) } ?? .with { $0.structValue = .init() }
    }
    let results = try desk.results(of: request.expressions, message, found: found)
    let json = try method.map { try messages.json(fromWire: Array(request.request), as: $0.requestType) }
    let reply = try method.flatMap { method in
      request.reply.isEmpty ? nil : try messages.json(fromWire: Array(request.reply), as: method.replyType)
    }
    return try .with {
      $0.events = try request.events.map { event in
        try Google_Protobuf_Struct(jsonString: try messages.json(fromWire: Array(event.payload), as: event.type))
      }
      if let reply { $0.reply = try Google_Protobuf_Struct(jsonString: reply) }
      $0.results = results
      $0.found = .init(fields: found)
      if let json { $0.json = try Google_Protobuf_Struct(jsonString: json) }
    }
  }

  private func toldEvent(_ event: Remit_Platform_V1_ToldEvent) throws -> ExpressionDesk.Event {
    guard Self.hostEvents.contains(event.type) || plugins.plugins.contains(where: { $0.events.contains(event.type) }) else {
      throw CallError(.notFound, "NO_EVENT", "there is no event \(event.type.cut(toBytes: 200))", field: "events")
    }
    return .init(
      name: event.name, records: MessageRecords(from: event.type, in: messages),
      message: try DynamicMessage(wire: Array(event.payload), as: event.type, in: messages))
  }

  private func methodOfExpressions(_ name: String) throws(CallError) -> ServedMethod {
    guard let method = configurations.method("/\(name)") else {
      throw CallError(.notFound, "NO_METHOD", "there is no write \(name.cut(toBytes: 200))", field: "method")
    }
    return method
  }
}

/// Expressions over a request and values of any type, as a module asks them.
private struct ExpressionDesk {
  struct Event {
    let name: String
    let records: MessageRecords
    let message: DynamicMessage
  }

  let method: ServedMethod?
  let schema: MessageSchema
  let company: CompanyForms
  let configurations: CompanyConfigurations
  /// The company's own fields in requests of the method.
  let own: [RecordType.Field]
  let call: JudgedCall
  let values: Google_Protobuf_Struct
  let events: [Event]

  private static let lookupsBegin: UInt32 = 10_000

  private var names: [String] { values.fields.keys.sorted() }
  private var records: MessageRecords? { method.map { MessageRecords(from: $0.requestType, in: schema, own: own) } }

  private func environment(_ further: [String], _ records: MessageRecords?) -> Environment {
    var variables: [Environment.Variable] = [
      .init("user", .record("user")), .init("company", .record("company")), .init("today", .date), .init("now", .timestamp),
    ]
    if let method { variables.append(.init("request", .record(method.requestType))) }
    variables += events.map { .init($0.name, .record($0.message.type.name)) }
    variables += (names + further).map { .init($0, .dyn) }
    var limits = Environment.Limits()
    limits.cost = FormProgram.costMax
    return Environment(
      variables: variables, functions: company.rules.map(\.function),
      records: messageTypes(records) + company.rules.map(\.record) + [FormProgram.user, FormProgram.company],
      limits: limits)
  }

  /// Each once: of the method's request and of the events.
  private func messageTypes(_ records: MessageRecords?) -> [RecordType] {
    var types = records?.types ?? [:]
    for event in events { types.merge(event.records.types) { first, _ in first } }
    return Array(types.values)
  }

  private func variables(_ message: DynamicMessage?, _ records: MessageRecords?, _ further: [Google_Protobuf_Value]) -> [Value] {
    var all = call.values
    if let message, let records { all.append(records.record(message)) }
    all += events.map { $0.records.record($0.message) }
    return all + names.map { (values.fields[$0] ?? .init()).expressionValue } + further.map(\.expressionValue)
  }

  private static func type(_ name: String) -> ValueType? {
    switch name {
    case "bool": .bool
    case "string": .string
    case "money": .money
    default: nil
    }
  }

  // ---- checking

  func faults(of request: Remit_Platform_V1_EvaluateRequest) -> [Remit_Platform_V1_ExpressionFault] {
    let records = records
    var faults: [Remit_Platform_V1_ExpressionFault] = []
    func add(_ number: UInt32, _ message: String, _ place: Place?) {
      faults.append(
        .with {
          $0.expression = number
          $0.line = UInt32(place?.line ?? 0)
          $0.column = UInt32(place?.column ?? 0)
          $0.message = message
        })
    }
    func check(_ asked: Remit_Platform_V1_Asked, _ number: UInt32) {
      do throws(ExpressionErrors) {
        let expression = try Expression(asked.text, in: environment(asked.names, records), expecting: Self.type(asked.type))
        if asked.type == "span", ![.duration, .period, .dyn].contains(expression.type) {
          add(number, "a span of time is wanted, such as hours(8) or days(2)", nil)
        }
        if !asked.field.isEmpty, let fault = fault(of: asked.field, in: asked.method) { add(number, fault, nil) }
      } catch {
        for item in error.items { add(number, item.message + (item.suggestion.map { "; \($0)" } ?? ""), item.place) }
      }
    }
    for (index, asked) in request.expressions.enumerated() { check(asked, UInt32(index)) }
    for (index, lookup) in request.with.enumerated() {
      let number = Self.lookupsBegin + UInt32(index)
      guard let view = company.views.view(lookup.view), let type = try? schema.message(view.message) else {
        add(number, "there is no view \(lookup.view.cut(toBytes: 100))", nil)
        continue
      }
      for key in lookup.where {
        if type.byName[key.column] == nil, !key.column.hasPrefix("custom.") {
          add(number, "\(lookup.view) has no column '\(key.column)'", nil)
        }
        check(.with { $0.text = key.is }, number)
      }
    }
    return faults
  }

  private func fault(of field: String, in method: String) -> String? {
    guard let served = configurations.method("/\(method)") else { return "there is no write \(method.cut(toBytes: 200))" }
    return RequestField(field, of: served.requestType, in: schema) == nil ? "\(method) takes no field \(field.cut(toBytes: 200))" : nil
  }

  // ---- evaluating

  func statements(of lookups: [Remit_Document_V1_Lookup], _ message: DynamicMessage?) throws -> [SQL?] {
    guard !lookups.isEmpty else { return [] }
    let records = records
    let environment = environment([], records)
    let known = variables(message, records, [])
    return try lookups.map { lookup -> SQL? in
      let (program, problems, _) = LookupProgram.compile(lookup, at: "with", in: environment, views: company.views, schema: schema)
      guard let program else {
        throw CallError(.invalidArgument, "EXPRESSION", "\(lookup.name): \(problems.first?.wording.english ?? "cannot be looked up")")
      }
      do throws(EvaluationError) {
        return try program.statement(known)
      } catch {
        throw CallError(.invalidArgument, "EXPRESSION", "\(lookup.name): \(error.message)")
      }
    }
  }

  func results(
    of expressions: [Remit_Platform_V1_Asked], _ message: DynamicMessage?, found: [String: Google_Protobuf_Value]
  ) throws -> [Google_Protobuf_Value] {
    guard !expressions.isEmpty else { return [] }
    let records = records
    let further = found.keys.sorted()
    let environment = environment(further, records)
    let values = variables(message, records, further.map { found[$0] ?? .init() })
    return try expressions.enumerated().map { index, asked in
      do {
        let value = try Expression(asked.text, in: environment, expecting: Self.type(asked.type)).evaluate(values)
        if case .money(let money) = value, !asked.field.isEmpty { return money.object }
        return Google_Protobuf_Value(of: value)
      } catch let errors as ExpressionErrors {
        throw CallError(
          .invalidArgument, "EXPRESSION", "\(asked.text.cut(toBytes: 200)): \(errors.items.first?.message ?? "")",
          field: "expressions[\(index)]")
      } catch let error as EvaluationError {
        throw CallError(
          .invalidArgument, "EXPRESSION", "\(asked.text.cut(toBytes: 200)): \(error.message)", field: "expressions[\(index)]")
      }
    }
  }
}

extension JudgedCall {
  static func required(_ order: CallOrder) throws(CallError) -> JudgedCall {
    guard let call = JudgedCall(order) else { throw CallError(.internal, "CLOCK", "the host gave no day that there is") }
    return call
  }
}

extension MoneyValue {
  /// As JSON has a remit.type.v1.Money.
  fileprivate var object: Google_Protobuf_Value {
    .with {
      $0.structValue.fields = [
        "amount": .with { $0.stringValue = amount.description },
        "currency": .with { $0.stringValue = currency },
      ]
    }
  }
}

/// A field of a request, by the way to it: "document.amount", "document.custom.reason". What is below a list is made with it.
private struct RequestField {
  init?(_ path: String, of request: String, in schema: MessageSchema) {
    var type = try? schema.message(request)
    var isOpen = false
    for part in path.split(separator: ".", omittingEmptySubsequences: false).map(String.init) {
      if isOpen { return }
      guard let field = type?.byName[part], field.name == part else { return nil }
      type = nil
      guard case .message(let inner) = field.kind, !field.isRepeated, schema.mapEntry(field) == nil else { continue }
      isOpen = inner == "google.protobuf.Struct"
      if inner != "remit.type.v1.Money" { type = try? schema.message(inner) }
    }
  }
}
