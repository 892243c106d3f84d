import RemitAPI

struct Tenant: Sendable {
  let id: Int32
  /// Its short name: "acme".
  let name: String
  let baseCurrency: String
  let timeZone: String
  let locale: String
  /// The version of what it has told Remit by documents.
  var configuration: Int64
}

/// Who calls: one person or machine of one tenant.
struct Caller: Sendable {
  var tenant: Tenant
  let keyID: String
  let principal: String
  let roles: [String]
  let permissions: PermissionSet
  /// The id of the person who calls; empty: a machine.
  var person = ""
  /// Today in the tenant's time zone, ISO 8601.
  let businessDate: String

  /// Operators run the installation; tenant 0 is theirs.
  var isOperator: Bool { tenant.id == 0 }
}
