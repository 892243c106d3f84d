import RemitAPI
import RemitJSON
import RemitPostgres
import SwiftProtobuf

/// The services of the host itself: remit.platform.v1.
struct Platform {
  let plugins: LoadedPlugins
  let pool: Pool
  let keys: KeyDirectory
  /// Of all that is served.
  let messages: MessageSchema
  let kinds: DocumentKinds
  let configurations: CompanyConfigurations

  let callsToCome: CallsToCome
  let fieldNames: FieldNames
  /// Of imports whose rows are taken, each with its file in memory.
  let importPlaces = FairPlaces(atOnceMax: 8)

  var admission: Admission { Admission(configurations: configurations) }
  /// Hosts that webhooks may go to whatever their addresses are.
  let webhookHosts: Set<String>

  private var methods: [HostMethod] {
    [
      write("CreateTenant", createTenant),
      .read("GetTenant", getTenant),
      .read("ListTenants", listTenants),
      .read("CheckTenant", checkTenant),
      write("SuspendTenant", suspendTenant),
      write("ResumeTenant", resumeTenant),
      write("ExportTenant", isSnapshot: true, exportTenant),
      HostMethod(name: "ImportTenant", isWrite: true) { try await committed(try await importTenant($0), $0) },
      write("DeleteTenant", deleteTenant),
      .read("WhoAmI", whoAmI),
      write("CreateKey", createKey),
      .read("ListKeys", listKeys),
      write("RevokeKey", revokeKey),
      write("CreatePerson", createPerson),
      write("UpdatePerson", updatePerson),
      write("SuspendPerson", suspendPerson),
      write("ResumePerson", resumePerson),
      .read("GetPerson", getPerson),
      .read("ListPersons", listPersons),
      write("InvitePerson", invitePerson),
      write("SetProfile", setProfile),
      .read("ListSessions", listSessions),
      write("EndSession", endSession),
      write("SaveRole", saveRole),
      write("DeleteRole", deleteRole),
      .read("GetRole", getRole),
      .read("ListRoles", listRoles),
      .read("ListCalls", listCalls),
      .read("ListEvents", listEvents),
      .read("ListDeliveries", listDeliveries),
      write("RetryDelivery", retryDelivery),
      write("DropDelivery", dropDelivery),
      write("CreateWebhook", createWebhook),
      write("UpdateWebhook", updateWebhook),
      .read("GetWebhook", getWebhook),
      .read("ListWebhooks", listWebhooks),
      write("RotateWebhookSecret", rotateWebhookSecret),
      write("TestWebhook", testWebhook),
      write("SuspendWebhook", suspendWebhook),
      write("ResumeWebhook", resumeWebhook),
      write("ReplayWebhook", replayWebhook),
      write("DeleteWebhook", deleteWebhook),
      .read("ListKinds", listKinds),
      .read("PlanConfiguration", planConfiguration),
      .read("TryCall", tryCall),
      write("ApplyConfiguration", applyConfiguration),
      write("RollbackConfiguration", rollbackConfiguration),
      .read("ListConfigurations", listConfigurations),
      .read("GetChanges", getChanges),
      .read("GetConfiguration", getConfiguration),
      .read("GetForms", getForms),
      .read("CheckForm", checkForm),
      .read("Admit", admit),
      .read("Evaluate", evaluate),
      .read("TryForm", tryForm),
      .read("TryRule", tryRule),
      .read("CheckRequests", checkRequests),
      .read("GetDocuments", getDocuments),
      write("CreateRecord", isJudged: true, createRecord),
      write("UpdateRecord", isJudged: true, updateRecord),
      write("CloseRecord", closeRecord),
      write("ReopenRecord", reopenRecord),
      .read("GetRecord", getRecord),
      .read("ListRecords", listRecords),
      .read("ListRecordKinds", listRecordKinds),
      .read("ListRecordVersions", listRecordVersions),
      .read("ProposeSource", proposeSource),
      .read("CheckFile", checkFile),
      HostMethod(name: "ImportFile", isWrite: true, again: importNow) { try await importFile(try $0.request(), $0).serializedBytes() },
      HostMethod(name: "ResumeImport", isWrite: true, again: importNow) { try await resumeImport(try $0.request(), $0).serializedBytes() },
      .read("GetImport", getImport),
      .read("ListImports", listImports),
      .read("ListImportRows", listImportRows),
      HostMethod(name: "AmendImportRow", isWrite: true, again: rowsNow) {
        try await amendImportRow(try $0.request(), $0).serializedBytes()
      },
      write("DiscardImportRow", discardImportRow),
      .read("ListPlugins", listPlugins),
      .read("GetDatabaseStatus", getDatabaseStatus),
    ]
  }

  private func write<Request: Message, Reply: Message>(
    _ name: String, isSnapshot: Bool = false, isJudged: Bool = false,
    _ body: @escaping @Sendable (Request, HostCall) async throws -> HostWrite<Reply>
  ) -> HostMethod {
    HostMethod(name: name, isWrite: true, isSnapshot: isSnapshot, isJudged: isJudged) { call in
      try await committed(try await body(try call.request(), call), call)
    }
  }

  /// The reply of a write, once it is done; keys are read anew then, as it may have been about them.
  private func committed(_ write: HostWrite<some Message>, _ call: HostCall) async throws -> [UInt8] {
    try await write.commit(call)
    keys.forgetAll()
    return try write.reply.serializedBytes()
  }

  /// By invoke only, and without an entry among what a manifest calls.
  /// Whom a company has, for modules and for forms.
  static let personView = Remit_Plugin_V1_View.with {
    $0.name = "host.person_v1"
    $0.message = "remit.platform.v1.PersonV1"
    $0.permission = "platform.person.get"
  }
  static let views = [personView.name]

  static let serviceForModules = "remit.platform.v1.AdmissionService"

  static let services = [
    "TenantService", "KeyService", "PersonService", "AuditService", "EventService", "WebhookService", "ConfigurationService", "FormService",
    "RecordService",
    "ImportService",
    "AdmissionService",
    "PluginService",
    "DatabaseService",
  ].map {
    "remit.platform.v1.\($0)"
  }

  /// What keys can be allowed.
  var permissions: [String] {
    let own = (try? declared().map(\.rule.permission)) ?? []
    return own + kinds.all.map { "platform.configuration.\($0.name).apply" }
      + plugins.plugins.flatMap { $0.methods.map(\.rule.permission) + $0.manifest.permissions }
  }

  /// Full names of events -> the permission of who may see them.
  var eventPermissions: [String: String] {
    plugins.plugins.reduce(into: Self.manifest.declaredEvents()) { $0.merge($1.manifest.declaredEvents()) { first, _ in first } }
  }

  private static let manifest = Remit_Plugin_V1_Manifest.with {
    $0.name = "platform"
    $0.services = services
    $0.descriptors = .init(Descriptors.bytes)
  }

  /// Full names of the events that the host tells.
  static let hostEvents = Set(manifest.declaredEvents().keys)

  /// Read once: it takes decoding all descriptors.
  private static let declaredMethods = Result { () throws(ManifestError) in try manifest.declaredMethods() }
  private func declared() throws(ManifestError) -> [ServedMethod] { try Self.declaredMethods.get() }

  /// That keep a company's own records.
  static func recordMethods() throws(ManifestError) -> [ServedMethod] {
    try declaredMethods.get().filter {
      $0.service == "remit.platform.v1.RecordService" && ["CreateRecord", "UpdateRecord"].contains($0.name)
    }
  }

  /// Every method that the descriptors declare, with what serves it.
  func endpoints() throws -> [Endpoint] {
    let declared = try declared()
    let methods = Dictionary(uniqueKeysWithValues: methods.map { ($0.name, $0) })
    return try declared.map { method in
      guard let provider = methods[method.name] else { throw HostError("\(method.path) is declared, and not served") }
      guard provider.isWrite == method.isWrite else { throw HostError("\(method.path) is not served as what it is declared") }
      return Endpoint(method: method, provider: .host(provider))
    }
  }
}
