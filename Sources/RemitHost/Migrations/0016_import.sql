-- Files that companies took by their sources, row by row: what became of each.
CREATE TABLE host.import (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  id bigint NOT NULL CHECK (id > 0),
  source text NOT NULL,
  file_name text NOT NULL,
  digest bytea NOT NULL,                       -- SHA-256 of the file
  columns jsonb NOT NULL,                      -- an array of texts
  imported_at timestamptz NOT NULL,
  imported_by text NOT NULL,
  PRIMARY KEY (tenant_id, id));
CREATE INDEX import_digest ON host.import (tenant_id, source, digest);
CREATE TABLE host.import_row (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  import bigint NOT NULL,
  line integer NOT NULL,
  group_line integer NOT NULL,                 -- the first line of the rows that are one request
  cells jsonb NOT NULL,                        -- an array of texts, of each column one
  state text NOT NULL CHECK (state IN ('waiting', 'taking', 'taken', 'known', 'review', 'left')),
  problems bytea NOT NULL DEFAULT '',          -- remit.platform.v1.ImportRow with problems only
  request bytea,                               -- SHA-256 of what it asked for, where it is the first of its rows and was taken
  resource text NOT NULL DEFAULT '',
  note text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, import, line),
  FOREIGN KEY (tenant_id, import) REFERENCES host.import DEFERRABLE);
CREATE INDEX import_row_request ON host.import_row (tenant_id, request) WHERE request IS NOT NULL;
CREATE INDEX import_row_state ON host.import_row (tenant_id, import, state, line);
SELECT host.tenant_table('host.import', 'SELECT, INSERT, DELETE'),
       host.tenant_table('host.import_row', 'SELECT, INSERT, UPDATE, DELETE');
GRANT SELECT, UPDATE ON host.import_row TO remitd;   -- what became of rows is kept beside the calls that they made
GRANT SELECT ON host.import TO remitd;
