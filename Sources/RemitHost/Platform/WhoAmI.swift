import FoundationEssentials
import RemitAPI
import SwiftProtobuf

extension Platform {
  func whoAmI(_: Remit_Platform_V1_WhoAmIRequest, _ call: HostCall) async throws -> Remit_Platform_V1_WhoAmIReply {
    let caller = call.caller
    let rows = try await call.query([
      SQL("SELECT \(Remit_Platform_V1_Tenant.columns) FROM host.tenant WHERE tenant_id = $1", [.int4(caller.tenant.id)]),
      Remit_Platform_V1_Person.select("p.person_id = $2", [.int4(caller.tenant.id), .uuid(UUID(uuidString: caller.person))]),
    ])
    let found = (
      tenant: try rows[0].map { row in try Remit_Platform_V1_Tenant(from: &row) }.first,
      person: try rows[1].map { row in try Remit_Platform_V1_Person(from: &row) }.first
    )
    return .with {
      if let tenant = found.tenant { $0.tenant = tenant }
      $0.principal = caller.principal
      $0.keyID = caller.keyID
      $0.roles = caller.roles
      $0.permissions = caller.permissions.patterns
      $0.businessDate = caller.businessDate
      if let person = found.person { $0.person = person }
    }
  }
}
