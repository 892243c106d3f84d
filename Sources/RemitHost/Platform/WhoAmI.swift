import RemitAPI
import SwiftProtobuf

extension Platform {
  func whoAmI(_: Remit_Platform_V1_WhoAmIRequest, _ call: HostCall) async throws -> Remit_Platform_V1_WhoAmIReply {
    let caller = call.caller
    let found = try await call.query([
      SQL("SELECT \(Remit_Platform_V1_Tenant.columns) FROM host.tenant WHERE tenant_id = $1", [.int4(caller.tenant.id)])
    ])[0].map { row in try Remit_Platform_V1_Tenant(from: &row) }
    return .with {
      if let tenant = found.first { $0.tenant = tenant }
      $0.principal = caller.principal
      $0.keyID = caller.keyID
      $0.roles = caller.roles
      $0.permissions = caller.permissions.patterns
      $0.businessDate = caller.businessDate
    }
  }
}
