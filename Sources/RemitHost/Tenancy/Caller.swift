import SwiftProtobuf

struct Tenant: Sendable {
  let id: Int32
  /// Its short name: "acme".
  let name: String
  let baseCurrency: String
  let timeZone: String
  let locale: String
}

/// Who calls: one person or machine of one tenant.
struct Caller: Sendable {
  let tenant: Tenant
  let keyID: String
  let principal: String
  let roles: [String]
  let permissions: PermissionSet
  /// Today in the tenant's time zone, ISO 8601.
  let businessDate: String
}

/// Patterns such as "ledger.*", "*" and "ledger.customer.get".
struct PermissionSet: Sendable {
  private let exact: Set<String>
  private let prefixes: [String]

  init(_ patterns: [String]) {
    exact = Set(patterns.filter { !$0.hasSuffix("*") })
    prefixes = patterns.filter { $0.hasSuffix("*") }.map { String($0.dropLast()) }
  }

  func allows(_ permission: String) -> Bool {
    exact.contains(permission) || prefixes.contains { permission.hasPrefix($0) }
  }
}
