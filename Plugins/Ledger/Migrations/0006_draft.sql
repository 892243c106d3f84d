-- Drafts are masters, not facts: they are changed and deleted, and nothing of the books refers to them.
CREATE TABLE ledger.draft (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  draft_id uuid NOT NULL,
  version integer NOT NULL DEFAULT 1,
  body bytea NOT NULL,                         -- remit.ledger.v1.Draft: its title and content
  recorded_at timestamptz NOT NULL, recorded_by text NOT NULL,
  PRIMARY KEY (tenant_id, draft_id));

SELECT host.tenant_table('ledger.draft', 'SELECT, INSERT, UPDATE, DELETE');
