-- Things of companies' own: contracts, orders, complaints. What fields each kind has a document says; those that are kept stay for ever.
CREATE TABLE host.record (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  kind text NOT NULL,
  id text NOT NULL CHECK (octet_length(id) BETWEEN 1 AND 100),
  version integer NOT NULL CHECK (version > 0),
  closed boolean NOT NULL,
  custom jsonb NOT NULL CONSTRAINT record_size CHECK (octet_length(custom::text) <= 65536),
  configuration bigint NOT NULL,               -- by which it was judged
  recorded_at timestamptz NOT NULL,
  recorded_by text NOT NULL,
  state_note text NOT NULL,
  PRIMARY KEY (tenant_id, kind, id));
CREATE TABLE host.record_version (             -- each as it was
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  kind text NOT NULL,
  id text NOT NULL,
  version integer NOT NULL,
  closed boolean NOT NULL,
  custom jsonb NOT NULL,
  configuration bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  recorded_by text NOT NULL,
  state_note text NOT NULL,
  PRIMARY KEY (tenant_id, kind, id, version));
CREATE TABLE host.record_number (              -- the last that was given in a series
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  kind text NOT NULL,
  series text NOT NULL,
  last bigint NOT NULL,
  PRIMARY KEY (tenant_id, kind, series));
SELECT host.tenant_table('host.record', 'SELECT, INSERT, UPDATE, DELETE'),
       host.tenant_table('host.record_version', 'SELECT, INSERT, DELETE'),
       host.tenant_table('host.record_number', 'SELECT, INSERT, UPDATE, DELETE');
