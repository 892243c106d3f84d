-- What the host's own methods work on, as the role remit_host: companies, keys, roles, the audit trail.
INSERT INTO host.tenant (tenant_id, slug, name, base_currency, time_zone, locale)
VALUES (0, 'operators', 'The operators of this installation', 'XXX', 'UTC', 'en');
INSERT INTO host.role (tenant_id, name, permissions) VALUES (0, 'operator', '{platform.*}');
INSERT INTO host.role (tenant_id, name, permissions)
SELECT tenant_id, 'owner', '{*}' FROM host.tenant WHERE tenant_id <> 0 ON CONFLICT DO NOTHING;

ALTER TABLE host.api_key ADD created_by text NOT NULL DEFAULT '';
CREATE INDEX call_at ON host.call (tenant_id, called_at, request_id);   -- the audit trail is read by time

GRANT SELECT, INSERT, UPDATE, DELETE ON host.tenant, host.role, host.api_key TO remit_host;
GRANT SELECT, INSERT, DELETE ON host.call TO remit_host;                -- deleted with the whole company only
GRANT SELECT, DELETE ON host.job TO remit_host;
GRANT SELECT ON host.migration TO remit_host;
GRANT EXECUTE ON FUNCTION host.require TO remit_host;
