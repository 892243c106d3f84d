import RemitAPI
import RemitJSON
import RemitPostgres
import Synchronization
import SwiftProtobuf

/// What companies have told Remit by documents, as calls are judged by it: kept in memory for the version that holds.
final class CompanyConfigurations: Sendable {
  private static let companiesMax = 10_000

  private struct Entry {
    let version: Int64
    let forms: Task<CompanyForms, any Error>
  }

  private let pool: Pool
  let schema: MessageSchema
  /// Published views: name -> full name of the message of its columns.
  let views: [String: String]
  /// Writes of modules, by their path.
  let methods: [String: ServedMethod]
  let recent = RecentRequests()
  /// Those of the host that keep a company's own records.
  let recordMethods: [ServedMethod]
  /// Of methods that take fields of a company's own: refuses them where no form declares them.
  /// Kinds of documents whose modules let held requests through.
  let carriers: [DocumentKinds.Kind]
  private let withoutForm: [String: [FormProgram]]
  /// The last version known of each company. Keys are believed for seconds, and by then there may be another.
  private let versions = Mutex<[Int32: Int64]>([:])
  private let entries = Mutex<[Int32: Entry]>([:])

  init(
    pool: Pool, schema: MessageSchema, endpoints: [Endpoint], recordMethods: [ServedMethod], views: [Remit_Plugin_V1_View],
    carriers: [DocumentKinds.Kind]
  ) {
    self.carriers = carriers
    self.views = Dictionary(views.map { ($0.name, $0.message) }, uniquingKeysWith: { first, _ in first })
    self.pool = pool
    self.schema = schema
    let writes = endpoints.filter { $0.isPlugins && $0.method.isWrite && !$0.method.isServerStreaming }.map(\.method)
    methods = Dictionary(writes.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    self.recordMethods = recordMethods
    withoutForm = methods.mapValues { FormProgram.bare($0, schema) }.filter { !$0.value.isEmpty }
  }

  /// A write that forms or kinds of records are asked about.
  func method(_ path: String) -> ServedMethod? { methods[path] ?? recordMethods.first { $0.path == path } }

  /// A kind of a company's own records.
  func recordKind(_ name: String, of tenant: Tenant) async throws -> Remit_Document_V1_RecordKind {
    if let kind = try await forms(of: tenant).recordKinds[name] { return kind }
    throw CallError(
      .notFound, "NO_KIND", "\(tenant.name) has no kind of record \(name.cut(toBytes: 60)); see remit config export", field: "kind")
  }

  func source(_ name: String, of tenant: Tenant) async throws -> SourceProgram {
    if let source = try await forms(of: tenant).sources[name] { return source }
    throw CallError(.notFound, "NO_SOURCE", "\(tenant.name) has no source \(name.cut(toBytes: 60))", field: "source")
  }

  /// - Parameter known: as who calls was told.
  func version(of tenant: Int32, known: Int64) -> Int64 { max(versions.withLock { $0[tenant] ?? 0 }, known) }

  /// Asks which version holds.
  ///
  /// - Returns: whether it is another than was known.
  func refresh(_ tenant: Int32) async throws -> Bool {
    let found = try await pool.host("SELECT configuration FROM host.tenant WHERE tenant_id = $1", [.int4(tenant)]).map { row in
      try row.int8()
    }
    return versions.withLock { versions in
      if versions.count >= Self.companiesMax { versions.removeAll() }
      defer { versions[tenant] = found.first }
      return versions[tenant] != found.first
    }
  }

  /// Forms that a method's requests of a company are judged by.
  func forms(of path: String, for tenant: Tenant) async throws -> [FormProgram] {
    try forms(of: path, in: try await forms(of: tenant))
  }

  /// Forms that a method's requests would be judged by with these documents.
  func forms(of path: String, in documents: [StoredDocument]) throws -> [FormProgram] {
    try forms(of: path, in: forms(of: documents))
  }

  func trial(of plan: ConfigurationPlan) -> DocumentTrial {
    DocumentTrial(documents: plan.documents, forms: forms(of: plan.documents))
  }

  /// By which a call is judged.
  func forms(for order: CallOrder) async throws -> CompanyForms {
    if let trial = order.trial { trial.forms } else { try await forms(of: order.caller.tenant) }
  }

  func forms(of path: String, in forms: CompanyForms) throws(CallError) -> [FormProgram] {
    if let fault = forms.fault { throw CallError(.failedPrecondition, "CONFIGURATION", fault) }
    let own = forms.forms(of: path)
    let others = withoutForm[path] ?? []
    return own + others.filter { bare in !own.contains { $0.at?.name == bare.at?.name } }
  }

  func forms(of tenant: Tenant) async throws -> CompanyForms {
    let version = tenant.configuration
    guard version > 0 else { return .none }
    let task = entries.withLock { entries in
      if let entry = entries[tenant.id], entry.version == version { return entry.forms }
      if entries.count >= Self.companiesMax { entries.removeAll() }
      let task = Task { try await self.load(tenant.id, version) }
      entries[tenant.id] = Entry(version: version, forms: task)
      return task
    }
    do {
      return try await task.value
    } catch {
      entries.withLock { entries in if entries[tenant.id]?.version == version { entries[tenant.id] = nil } }
      throw error
    }
  }

  func forms(of documents: [StoredDocument]) -> CompanyForms {
    CompanyForms(documents, methods: methods, recordMethods: recordMethods, schema: schema, views: views, carriers: carriers)
  }

  private func load(_ tenant: Int32, _ version: Int64) async throws -> CompanyForms {
    do {
      let documents = try await pool.host(
        "SELECT \(StoredDocument.columns) FROM host.document WHERE kind = ANY ($2) AND since <= $1 AND until > $1 ORDER BY name",
        [.int8(version), .texts(["approval", "form", "record", "rule", "source"] + carriers.map(\.name))],
        as: tenant
      ).map { row in try StoredDocument(from: &row) }
      return forms(of: documents)
    } catch let error as PostgresError {
      throw CallError(error, statements: 0..<0)
    }
  }
}

extension FormProgram {
  /// Programs without a word that refuse all fields of a company's own, for each message of a method's request that takes some.
  fileprivate static func bare(_ method: ServedMethod, _ schema: MessageSchema) -> [FormProgram] {
    guard let request = try? schema.message(method.requestType) else { return [] }
    let inner = request.fields.filter { if case .message = $0.kind { !$0.isRepeated } else { false } }.map(\.name)
    return ([""] + inner).compactMap { at in
      let form = Remit_Document_V1_Form.with {
        $0.method = String(method.path.dropFirst())
        $0.at = at
      }
      guard let program = compile(form, requestType: method.requestType, schema: schema).program, program.custom != nil else { return nil }
      return program
    }
  }
}
