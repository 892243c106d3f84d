import FoundationEssentials
import RemitAPI

/// The lines of a company's archive: a header, `{"table":"ledger.customer","row":{...}}` for each row, an end. Each is JSON.
enum TenantArchive {
  static let format = "remit.tenant.v1"

  struct Header: Codable {
    struct Tenant: Codable {
      let slug: String
      let name: String
      let baseCurrency: String
      let timeZone: String
      let locale: String

      enum CodingKeys: String, CodingKey {
        case slug, name, locale
        case baseCurrency = "base_currency"
        case timeZone = "time_zone"
      }
    }

    let format: String
    let tenant: Tenant
    /// The last migration of each module: rows fit only tables that are alike.
    let migrations: [String: String]

    init(_ tenant: Remit_Platform_V1_Tenant, migrations: [String: String]) {
      format = TenantArchive.format
      self.tenant = Tenant(
        slug: tenant.slug, name: tenant.name, baseCurrency: tenant.baseCurrency, timeZone: tenant.timeZone, locale: tenant.locale)
      self.migrations = migrations
    }
  }

  struct End: Codable {
    /// How many rows of each table came before.
    let rows: [String: Int]
    /// Hexadecimal, over all lines before.
    let sha256: String
  }

  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }

  /// The table of a row's line; nil where it is none.
  static func table(of line: ArraySlice<UInt8>) -> String? {
    let opening = Array(#"{"table":""#.utf8)
    let middle = Array(#"","row":"#.utf8)
    guard line.starts(with: opening) else { return nil }
    let rest = line.dropFirst(opening.count)
    // Names of tables are a-z, 0-9 and _, so the first quote ends it.
    guard let end = rest.firstIndex(of: UInt8(ascii: "\"")), rest[end...].starts(with: middle) else { return nil }
    return String(decoding: rest[..<end], as: UTF8.self)
  }

  static func refused(_ line: Int, _ message: String) -> CallError {
    CallError(.invalidArgument, "ARCHIVE", "line \(line) of the archive: \(message)", field: "data")
  }
}

extension HostCall {
  /// The last migration of each module that was applied.
  func migrations() async throws -> [String: String] {
    let rows = try await query([SQL("SELECT module, max(name) FROM host.migration GROUP BY module")])[0]
    return Dictionary(try rows.map { row in (try row.text(), try row.text()) }, uniquingKeysWith: { first, _ in first })
  }
}
