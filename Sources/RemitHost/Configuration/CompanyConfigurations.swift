import RemitAPI
import RemitPostgres
import Synchronization

/// What companies have told Remit by documents, as calls are judged by it: kept in memory for the version that holds.
final class CompanyConfigurations: Sendable {
  private static let companiesMax = 10_000

  private let pool: Pool
  /// The last version known of each company. Keys are believed for seconds, and by then there may be another.
  private let versions = Mutex<[Int32: Int64]>([:])

  init(pool: Pool) { self.pool = pool }

  /// - Parameter known: as who calls was told.
  func version(of tenant: Int32, known: Int64) -> Int64 { max(versions.withLock { $0[tenant] ?? 0 }, known) }

  /// Another version holds than was known: asks for it.
  func refresh(_ tenant: Int32) async throws {
    let found = try await pool.host("SELECT configuration FROM host.tenant WHERE tenant_id = $1", [.int4(tenant)]).map { row in
      try row.int8()
    }
    versions.withLock { versions in
      if versions.count >= Self.companiesMax { versions.removeAll() }
      versions[tenant] = found.first
    }
  }
}
