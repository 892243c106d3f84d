import RemitAPI
import RemitPostgres

/// Two companies to try Remit with.
public enum DemoCompanies {
  private static let companies = [
    (id: 1, slug: "huaxin", name: "华信精密制造有限公司", currency: "CNY", zone: "Asia/Shanghai", locale: "zh-CN"),
    (id: 2, slug: "nordwind", name: "Nordwind Services GmbH", currency: "EUR", zone: "Europe/Berlin", locale: "de-DE"),
  ]

  /// Makes the companies that are not there, and for each a new key that may do everything in it. The keys are not stored: show them.
  ///
  /// - Parameter url: of an administrator.
  public static func make(url: String) throws -> [(company: String, key: APIKey)] {
    let session = try Session(url: url)
    return try session.transaction {
      try companies.map { company in
        try session.query(
          """
          INSERT INTO host.tenant (tenant_id, slug, name, base_currency, time_zone, locale) VALUES ($1, $2, $3, $4, $5, $6)
          ON CONFLICT (tenant_id) DO NOTHING
          """, [String(company.id), company.slug, company.name, company.currency, company.zone, company.locale])
        try session.query(
          "INSERT INTO host.role (tenant_id, name, permissions) VALUES ($1, 'owner', '{*}') ON CONFLICT DO NOTHING",
          [String(company.id)])
        let key = try APIKey()
        try session.query(
          """
          INSERT INTO host.api_key (key_id, tenant_id, secret_sha256, principal, roles) VALUES ($1, $2, decode($3, 'hex'), 'demo', '{owner}')
          """, [key.id, String(company.id), Digest.hexadecimal(key.secretSHA256)])
        return (company.slug, key)
      }
    }
  }
}
