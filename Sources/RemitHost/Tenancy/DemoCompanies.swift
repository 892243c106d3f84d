import RemitAPI
import RemitPostgres

/// Two companies to try Remit with.
public enum DemoCompanies {
  private static let companies = [
    (slug: "huaxin", name: "华信精密制造有限公司", currency: "CNY", zone: "Asia/Shanghai", locale: "zh-CN"),
    (slug: "nordwind", name: "Nordwind Services GmbH", currency: "EUR", zone: "Europe/Berlin", locale: "de-DE"),
  ]

  /// Makes the companies that are not there, and for each a new key that may do everything in it. The keys are not stored: show them.
  ///
  /// - Parameter url: of an administrator.
  public static func make(url: String, plugins: LoadedPlugins) throws -> [(company: String, key: APIKey)] {
    let session = try Session(url: url)
    let keys = try session.transaction {
      try companies.map { company in
        try session.query(
          """
          INSERT INTO host.tenant (slug, name, base_currency, time_zone, locale) SELECT $1, $2, $3, $4, $5
           WHERE NOT EXISTS (SELECT FROM host.tenant WHERE slug = $1)
          """, [company.slug, company.name, company.currency, company.zone, company.locale])
        try session.query(
          """
          INSERT INTO host.role (tenant_id, name, permissions) SELECT tenant_id, 'owner', '{*}' FROM host.tenant WHERE slug = $1
          ON CONFLICT DO NOTHING
          """, [company.slug])
        let key = try APIKey()
        try session.query(
          """
          INSERT INTO host.api_key (key_id, tenant_id, secret_sha256, principal, roles)
          SELECT $2, tenant_id, decode($3, 'hex'), 'demo', '{owner}' FROM host.tenant WHERE slug = $1
          """, [company.slug, key.id, Digest.hexadecimal(key.secretSHA256)])
        return (company: company.slug, key: key)
      }
    }
    try Provisioning.run(plugins, in: session)
    return keys
  }
}
