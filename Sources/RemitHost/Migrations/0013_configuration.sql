-- What companies have told Remit by documents. A version of a company's configuration is what since <= version < until.
ALTER TABLE host.tenant ADD configuration bigint NOT NULL DEFAULT 0;
CREATE TABLE host.configuration (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  version bigint NOT NULL CHECK (version > 0),
  applied_at timestamptz NOT NULL,
  applied_by text NOT NULL,
  reason text NOT NULL,
  equals bigint NOT NULL DEFAULT 0,            -- the version that a rollback made again
  added integer NOT NULL,
  changed integer NOT NULL,
  removed integer NOT NULL,
  PRIMARY KEY (tenant_id, version));
CREATE TABLE host.document (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  kind text NOT NULL,
  name text NOT NULL,
  since bigint NOT NULL,
  until bigint NOT NULL DEFAULT 10000000000000000 CHECK (until > since),
  path text NOT NULL,
  text text NOT NULL,                          -- as it was written
  message text NOT NULL,                       -- the full name of what body is
  body bytea NOT NULL,
  PRIMARY KEY (tenant_id, kind, name, since));
CREATE UNIQUE INDEX document_now ON host.document (tenant_id, kind, name) WHERE until = 10000000000000000;
SELECT host.tenant_table('host.configuration', 'SELECT, INSERT, DELETE'),
       host.tenant_table('host.document', 'SELECT, INSERT, UPDATE, DELETE');
GRANT SELECT ON host.document TO remitd;
GRANT EXECUTE ON FUNCTION host.require TO remitd;   -- a write is of the version that it was judged by

-- Companies that are there begin with documents that say what they are and what their roles may: the first version.
CREATE FUNCTION host.protobuf_text(number integer, value text) RETURNS bytea LANGUAGE plpgsql AS $$   -- a string in protobuf
DECLARE
  bytes bytea := convert_to(value, 'UTF8');
  n integer := octet_length(bytes);
BEGIN
  RETURN set_byte('\x00', 0, number << 3 | 2)
      || CASE WHEN n < 128 THEN set_byte('\x00', 0, n) ELSE set_byte(set_byte('\x0000', 0, n & 127 | 128), 1, n >> 7) END || bytes;
END $$;
ALTER TABLE host.configuration NO FORCE ROW LEVEL SECURITY;
ALTER TABLE host.document NO FORCE ROW LEVEL SECURITY;
INSERT INTO host.configuration (tenant_id, version, applied_at, applied_by, reason, added, changed, removed)
SELECT tenant_id, 1, now(), 'remitd', 'what it was before it had documents',
       1 + (SELECT count(*) FROM host.role r WHERE r.tenant_id = t.tenant_id AND r.name <> 'owner'), 0, 0
  FROM host.tenant t WHERE tenant_id <> 0;
INSERT INTO host.document (tenant_id, kind, name, since, path, text, message, body)
SELECT tenant_id, 'tenant', slug, 1, 'tenant.yaml',
       format(E'kind: tenant\nname: %s\ntitle: %s\nbase_currency: %s\ntime_zone: %s\nlocale: %s\n', slug, to_json(name), base_currency, time_zone, locale),
       'remit.document.v1.Tenant',
       host.protobuf_text(1, slug) || host.protobuf_text(2, name) || host.protobuf_text(3, base_currency) || host.protobuf_text(4, time_zone) || host.protobuf_text(5, locale)
  FROM host.tenant WHERE tenant_id <> 0;
INSERT INTO host.document (tenant_id, kind, name, since, path, text, message, body)
SELECT tenant_id, 'role', name, 1, format('role.%s.yaml', name),
       format(E'kind: role\nname: %s\npermissions:\n%s', name, (SELECT string_agg(format(E'  - %s\n', to_json(p)), '') FROM unnest(permissions) p)),
       'remit.document.v1.Role',
       host.protobuf_text(1, name) || (SELECT string_agg(host.protobuf_text(2, p), '') FROM unnest(permissions) p)
  FROM host.role WHERE tenant_id <> 0 AND name <> 'owner' AND cardinality(permissions) > 0;
UPDATE host.tenant SET configuration = 1 WHERE tenant_id <> 0;
ALTER TABLE host.configuration FORCE ROW LEVEL SECURITY;
ALTER TABLE host.document FORCE ROW LEVEL SECURITY;
DROP FUNCTION host.protobuf_text;
