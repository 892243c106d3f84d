import RemitAPI
import RemitPostgres
import SwiftProtobuf

/// The services of the host itself: remit.platform.v1.
struct Platform {
  let plugins: LoadedPlugins
  let pool: Pool
  let keys: KeyDirectory

  private var methods: [HostMethod] {
    [
      .method("CreateTenant", createTenant),
      .method("GetTenant", getTenant),
      .method("ListTenants", listTenants),
      .method("CheckTenant", timeoutMax: .seconds(3600), checkTenant),
      .method("SuspendTenant", suspendTenant),
      .method("ResumeTenant", resumeTenant),
      .method("ExportTenant", timeoutMax: .seconds(3600), isSnapshot: true, exportTenant),
      HostMethod(name: "ImportTenant", timeoutMax: .seconds(3600), run: importTenant),
      .method("DeleteTenant", timeoutMax: .seconds(3600), deleteTenant),
      .method("WhoAmI", whoAmI),
      .method("CreateKey", createKey),
      .method("ListKeys", listKeys),
      .method("RevokeKey", revokeKey),
      .method("SaveRole", saveRole),
      .method("DeleteRole", deleteRole),
      .method("GetRole", getRole),
      .method("ListRoles", listRoles),
      .method("ListCalls", listCalls),
      .method("ListPlugins", listPlugins),
      .method("GetDatabaseStatus", getDatabaseStatus),
    ]
  }

  static let services = ["TenantService", "KeyService", "AuditService", "PluginService", "DatabaseService"].map {
    "remit.platform.v1.\($0)"
  }

  /// What keys can be allowed.
  var permissions: [String] {
    let own = (try? declared().map(\.rule.permission)) ?? []
    return own + plugins.plugins.flatMap { $0.methods.map(\.rule.permission) + $0.manifest.permissions }
  }

  private func declared() throws(ManifestError) -> [ServedMethod] {
    try Remit_Plugin_V1_Manifest.with {
      $0.name = "platform"
      $0.services = Self.services
      $0.descriptors = .init(Descriptors.bytes)
    }.declaredMethods()
  }

  /// Every method that the descriptors declare, with what serves it.
  func endpoints() throws -> [Endpoint] {
    let declared = try declared()
    let methods = Dictionary(uniqueKeysWithValues: methods.map { ($0.name, $0) })
    return try declared.map { method in
      guard let provider = methods[method.name] else { throw HostError("\(method.path) is declared, and not served") }
      return Endpoint(method: method, provider: .host(provider))
    }
  }
}
