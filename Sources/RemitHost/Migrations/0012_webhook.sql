-- A company's own systems that are told of events by HTTP. Up to where they were told stands in host.cursor, as subscriber 'webhook/<name>'.
CREATE TABLE host.webhook (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9-]{0,39}$'),
  url text NOT NULL CHECK (length(url) <= 2048),
  types text[] NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  delivered_at timestamptz,                    -- one, last
  failing_since timestamptz,
  error text NOT NULL DEFAULT '',
  switched_off_at timestamptz,
  switched_off_because text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, name));
SELECT host.tenant_table('host.webhook', 'SELECT, INSERT, UPDATE, DELETE');
GRANT SELECT, INSERT, UPDATE, DELETE ON host.webhook TO remitd;

CREATE TABLE host.webhook_secret (             -- what they are signed with; travels in no archive, so without row-level security as host.api_key
  tenant_id integer NOT NULL,
  webhook text NOT NULL,
  secret bytea NOT NULL,
  good_until timestamptz NOT NULL DEFAULT 'infinity',
  PRIMARY KEY (tenant_id, webhook, secret));
GRANT SELECT ON host.webhook_secret TO remitd;
GRANT SELECT, INSERT, UPDATE, DELETE ON host.webhook_secret TO remit_host;
