-- People of companies, who sign in to the console. Without row-level security as host.role and host.api_key, as they are read before the company is known.
CREATE TABLE host.person (
  tenant_id integer NOT NULL,
  person_id uuid NOT NULL,
  login text NOT NULL CHECK (login ~ '^[a-z0-9][a-z0-9._@+-]{1,99}$'),   -- stands in the audit trail; never given again
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  email text NOT NULL CHECK (length(email) <= 254),
  locale text NOT NULL CHECK (length(locale) <= 35),
  roles text[] NOT NULL,
  state text NOT NULL CHECK (state IN ('active', 'suspended')),
  version integer NOT NULL CHECK (version > 0),
  away_from date,
  away_until date CHECK (away_until >= away_from),
  substitute text,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  PRIMARY KEY (tenant_id, person_id),
  CONSTRAINT person_login UNIQUE (tenant_id, login));
CREATE TABLE host.credential (                 -- what people sign in with; travels in no archive
  tenant_id integer NOT NULL,
  person_id uuid NOT NULL,
  password text NOT NULL DEFAULT '',           -- 'scrypt$15$8$1$<salt>$<key>'; empty: none
  failures integer NOT NULL DEFAULT 0,         -- since the last time it was right
  locked_until timestamptz NOT NULL DEFAULT '-infinity',
  invitation_sha256 bytea CHECK (length(invitation_sha256) = 32),
  invitation_until timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (tenant_id, person_id));
CREATE TABLE host.session (                    -- who is signed in: a person, or the holder of a key
  session_id text PRIMARY KEY,
  tenant_id integer NOT NULL,
  person_id uuid,
  key_id text,
  secret_sha256 bytea NOT NULL CHECK (length(secret_sha256) = 32),
  made_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  client text NOT NULL CHECK (length(client) <= 300),
  CHECK (num_nonnulls(person_id, key_id) = 1));
CREATE INDEX session_person ON host.session (tenant_id, person_id);
CREATE INDEX session_end ON host.session (expires_at);
ALTER TABLE host.api_key ADD person_id uuid;   -- a key of a person: may what both may, while the person is active
GRANT SELECT ON host.person TO remitd;
GRANT SELECT, INSERT, UPDATE, DELETE ON host.session TO remitd;
GRANT SELECT, INSERT, UPDATE ON host.credential TO remitd;
GRANT SELECT, INSERT, UPDATE, DELETE ON host.person, host.credential, host.session TO remit_host;
