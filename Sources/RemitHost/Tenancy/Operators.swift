import RemitAPI
import RemitDigest
import RemitPostgres

/// The keys of those who run an installation.
public enum Operators {
  /// Makes the first key that may do everything in remit.platform.v1. It is not stored: show it.
  ///
  /// - Parameters:
  ///   - url: of an administrator.
  ///   - another: also where there is one already: for whoever lost it.
  public static func makeKey(url: String, another: Bool) throws -> APIKey {
    let session = try Session(url: url)
    return try session.transaction {
      try session.execute("LOCK TABLE host.api_key IN SHARE ROW EXCLUSIVE MODE")
      let valid = try session.query("SELECT count(*) FROM host.api_key WHERE tenant_id = 0 AND expires_at > now() AND revoked_at > now()")
      guard another || valid.first?[0] == "0" else {
        throw HostError("there is a key of an operator already; with it remit key create makes more. If it is lost: --another")
      }
      let key = try APIKey()
      try session.query(
        """
        INSERT INTO host.api_key (key_id, tenant_id, secret_sha256, principal, roles, created_by)
        VALUES ($1, 0, decode($2, 'hex'), 'operator', '{operator}', 'remitd init')
        """, [key.id, Digest.hexadecimal(key.secretSHA256)])
      return key
    }
  }
}
