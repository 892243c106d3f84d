import RemitAPI
import SwiftProtobuf

/// A method that a plugin or the host itself serves, with what its proto says of it.
struct ServedMethod: Sendable {
  /// "remit.ledger.v1.LedgerService"
  let service: String
  let name: String
  let rule: Remit_Api_V1_Rule
  let isServerStreaming: Bool
  let isClientStreaming: Bool
  /// The full name of the message that it takes.
  let requestType: String
  /// And of that which it answers.
  let replyType: String
  let bounds: RequestBounds

  var path: String { "/\(service)/\(name)" }
  var isWrite: Bool { rule.effect == .write }
  /// The longest that a call lasts, and as long as one without a deadline may.
  var timeout: Duration { .seconds(rule.timeoutSeconds == 0 ? 30 : Int(rule.timeoutSeconds)) }
  static let timeoutSecondsMax = 3600
  static let usualRequestBytesMax = 4 << 20

  var requestBytesMax: Int { rule.maxRequestBytes == 0 ? Self.usualRequestBytesMax : Int(rule.maxRequestBytes) }

  /// Throws what makes a request one that no module should see: too large, no message, or beyond the bounds of its fields.
  func check(_ request: [UInt8]) throws(CallError) {
    guard request.count <= requestBytesMax else {
      throw CallError(
        .resourceExhausted, "REQUEST_TOO_LARGE", "the request has \(request.count) bytes; the method takes \(requestBytesMax)")
    }
    try bounds.check(request, of: requestType)
  }
}

struct ManifestError: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

extension Remit_Plugin_V1_Manifest {
  /// The methods of all its services. Throws the first thing that is wrong with the manifest.
  func checkedMethods() throws(ManifestError) -> [ServedMethod] {
    // Schema and roles are named by it: remit_books, remit_books_owner.
    guard name.utf8.count <= 40, name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil, !name.hasPrefix("pg_"), !name.hasSuffix("_owner"),
      !["host", "platform", "public", "information_schema"].contains(name)
    else {
      throw ManifestError(
        "\(name.debugDescription) cannot be the name of a module: use a-z, 0-9 and _, at most 40 characters; pg_ and _owner are taken")
    }
    if let service = services.first(where: { $0.hasPrefix("grpc.") || $0.hasPrefix("remit.platform.") }) {
      throw ManifestError("\(service) is served by remitd itself")
    }
    for (index, migration) in migrations.enumerated() where migration.number != index + 1 {
      throw ManifestError("its migration \(migration.name) has the number \(migration.number), and should have \(index + 1)")
    }
    for statement in provisioning where (try? SQLGuard.check(statement)) == nil {
      throw ManifestError("its provisioning may only insert, update and delete, not: \(statement.prefix(40))")
    }
    for check in checks + findings where (try? SQLGuard.check(check)) == nil {
      throw ManifestError("its checks may only select, not: \(check.prefix(40))")
    }
    for permission in permissions where !permission.hasPrefix(name + ".") || permission.utf8.count > 200 {
      throw ManifestError("its permission \(permission.cut(toBytes: 60).debugDescription) must begin with \(name).")
    }
    if let unserved = unserved { throw ManifestError("\(unserved), which this remitd does not serve") }
    let found = try declaredMethods()
    if let method = found.first(where: \.isClientStreaming) {
      throw ManifestError("\(method.path) streams requests, which Remit does not serve")
    }
    for job in jobs {
      guard CronSchedule(job.schedule)?.next(after: CivilDate(days: 0), 0) != nil else {
        throw ManifestError("the schedule of its job \(job.name) is none of crontab(5), or never comes: \(job.schedule.debugDescription)")
      }
      guard let method = found.first(where: { $0.path == job.method }), method.isWrite, !method.isServerStreaming else {
        throw ManifestError("its job \(job.name) calls \(job.method), which is no write of its own")
      }
    }
    for (what, path, type) in subscriptions.map({ ("its subscription to \($0.event)", $0.method, "remit.plugin.v1.Delivery") })
      + (wake.isEmpty ? [] : [("its wake", wake, "remit.plugin.v1.Wake")])
    {
      guard let method = found.first(where: { $0.path == path }), method.isWrite, !method.isServerStreaming, method.requestType == type
      else {
        throw ManifestError("\(what) calls \(path), which is no write of its own that takes a \(type)")
      }
    }
    let files = try descriptorFiles()
    for view in views {
      guard view.name.wholeMatch(of: /[a-z0-9_]+\.[a-z0-9_]+_v[0-9]+/) != nil, view.name.hasPrefix(name + "."),
        view.permission.hasPrefix(name + ".")
      else {
        throw ManifestError("its view \(view.name.debugDescription) must be like \(name).thing_v1, and its permission begin with \(name).")
      }
      _ = try columns(of: view, in: files)
    }
    for kind in documentKinds { try check(kind, found, files) }
    guard Set(subscriptions.map(\.event)).count == subscriptions.count else { throw ManifestError("it subscribes twice to one event") }
    return found
  }

  private func check(
    _ kind: Remit_Plugin_V1_DocumentKind, _ methods: [ServedMethod], _ files: [Google_Protobuf_FileDescriptorProto]
  ) throws(ManifestError) {
    guard kind.kind.wholeMatch(of: /[a-z][a-z0-9_]{0,39}/) != nil, documentKinds.count(where: { $0.kind == kind.kind }) == 1,
      !DocumentKinds.namesOfHost.contains(kind.kind)
    else {
      throw ManifestError(
        "\(kind.kind.debugDescription) cannot be a kind of document of its own: a-z, 0-9 and _, once, and none of Remit's")
    }
    let message = files.flatMap { file in file.messageType.filter { "\(file.package).\($0.name)" == kind.message } }.first
    guard kind.message.hasPrefix("remit.\(name)."), let name = message?.field.first(where: { $0.name == "name" }), name.type == .string
    else {
      throw ManifestError(
        "its descriptors lack \(kind.message), a message with a text `name`, which documents of the kind \(kind.kind) are")
    }
    guard !kind.check.isEmpty else { return }
    guard let method = methods.first(where: { $0.path == kind.check }), !method.isWrite, !method.isServerStreaming,
      method.requestType == "remit.plugin.v1.CheckDocuments", method.replyType == "remit.plugin.v1.CheckDocumentsReply"
    else {
      throw ManifestError(
        "its kind \(kind.kind) is checked by \(kind.check), which is no read of its own that takes remit.plugin.v1.CheckDocuments")
    }
  }

  /// The messages of its own that may be events: full name -> the permission of who may see them.
  func declaredEvents() -> [String: String] {
    let prefix = "remit.\(name)."
    var events: [String: String] = [:]
    for file in (try? descriptorFiles()) ?? [] where file.package.hasPrefix(prefix) {
      for message in file.messageType where message.options.hasRemit_Api_V1_event {
        events["\(file.package).\(message.name)"] = message.options.Remit_Api_V1_event.permission
      }
    }
    return events
  }

  /// A published view's columns as its message has them: names and types of Postgres.
  func columns(of view: Remit_Plugin_V1_View) throws(ManifestError) -> [(name: String, types: Set<String>)] {
    try columns(of: view, in: try descriptorFiles())
  }

  private func columns(
    of view: Remit_Plugin_V1_View, in files: [Google_Protobuf_FileDescriptorProto]
  ) throws(ManifestError) -> [(name: String, types: Set<String>)] {
    let found = files.flatMap { file in file.messageType.filter { "\(file.package).\($0.name)" == view.message } }.first
    guard let message = found else { throw ManifestError("its descriptors lack \(view.message), the columns of its view \(view.name)") }
    return message.field.map { field in (field.name, Self.columnTypes(of: field)) }
  }

  private static func columnTypes(of field: Google_Protobuf_FieldDescriptorProto) -> Set<String> {
    switch field.type {
    case .string: field.label == .repeated ? ["text[]", "uuid[]"] : ["text", "uuid", "date"]
    case .int64: ["bigint"]
    case .int32: ["integer", "smallint"]
    case .bool: ["boolean"]
    case .bytes: ["bytea"]
    case .message where field.typeName == ".google.protobuf.Timestamp": ["timestamp with time zone"]
    case .message where field.typeName == ".google.protobuf.Struct": ["jsonb"]
    default: []
    }
  }

  private func descriptorFiles() throws(ManifestError) -> [Google_Protobuf_FileDescriptorProto] {
    do {
      return try Google_Protobuf_FileDescriptorSet(serializedBytes: descriptors, extensions: Remit_Api_V1_Options_Extensions).file
    } catch {
      throw ManifestError("its descriptors are not a google.protobuf.FileDescriptorSet")
    }
  }

  /// What it asks for, and would not get.
  private var unserved: String? {
    implements.first.map { "it implements \($0.interface)" }
  }

  /// The methods that the descriptors have of the services.
  func declaredMethods() throws(ManifestError) -> [ServedMethod] {
    let files = try descriptorFiles()
    let bounds = try RequestBounds(files)
    var found: [ServedMethod] = []
    for service in services {
      let declared = files.flatMap { file in file.service.filter { "\(file.package).\($0.name)" == service } }
      guard let descriptor = declared.first else { throw ManifestError("its descriptors have no service \(service)") }
      for method in descriptor.method { found.append(try check(method, of: service, bounds)) }
    }
    guard !found.isEmpty else { throw ManifestError("it serves no method") }
    return found
  }

  private func check(
    _ method: Google_Protobuf_MethodDescriptorProto, of service: String, _ bounds: RequestBounds
  ) throws(ManifestError) -> ServedMethod {
    let name = "\(service)/\(method.name)"
    guard method.options.hasRemit_Api_V1_rule else { throw ManifestError("\(name) has no (remit.api.v1.rule)") }
    let rule = method.options.Remit_Api_V1_rule
    guard rule.effect == .read || rule.effect == .write else { throw ManifestError("the rule of \(name) has no effect") }
    guard rule.permission.hasPrefix(self.name + ".") else {
      throw ManifestError("the permission of \(name) is \(rule.permission.debugDescription), and must begin with \(self.name).")
    }
    guard rule.timeoutSeconds <= ServedMethod.timeoutSecondsMax else {
      throw ManifestError("\(name) may last \(rule.timeoutSeconds) s; at most \(ServedMethod.timeoutSecondsMax) s")
    }
    let requestType = String(method.inputType.drop { $0 == "." })
    guard bounds.knows(requestType) else { throw ManifestError("its descriptors lack \(requestType), the request of \(name)") }
    return ServedMethod(
      service: service, name: method.name, rule: rule, isServerStreaming: method.serverStreaming, isClientStreaming: method.clientStreaming,
      requestType: requestType, replyType: String(method.outputType.drop { $0 == "." }), bounds: bounds)
  }
}
