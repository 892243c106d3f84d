-- A client's certificate can stand for a key: then nobody knows a secret to it.
ALTER TABLE host.api_key ADD certificate_sha256 bytea CHECK (length(certificate_sha256) = 32);
CREATE UNIQUE INDEX api_key_certificate ON host.api_key (certificate_sha256) WHERE revoked_at = 'infinity';
