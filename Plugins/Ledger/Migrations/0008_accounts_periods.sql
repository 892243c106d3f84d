-- Posting profiles, periods, and what was taken over into another system.
CREATE TABLE ledger.posting_profile (          -- other accounts for some roles: of a customer, or of one document
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int, profile text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  recorded_at timestamptz NOT NULL, recorded_by text NOT NULL,
  PRIMARY KEY (tenant_id, profile));

CREATE TABLE ledger.posting_account (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int, profile text NOT NULL,
  role text NOT NULL CHECK (role IN ('bank', 'revenue', 'tax', 'discount', 'write_off', 'bank_fee')),
  account text NOT NULL,
  PRIMARY KEY (tenant_id, profile, role),
  FOREIGN KEY (tenant_id, profile) REFERENCES ledger.posting_profile,
  CONSTRAINT posting_account_code FOREIGN KEY (tenant_id, account) REFERENCES ledger.account);

ALTER TABLE ledger.customer
  ADD posting_profile text,
  ADD CONSTRAINT customer_posting_profile FOREIGN KEY (tenant_id, posting_profile) REFERENCES ledger.posting_profile NOT VALID;  -- all are NULL
CREATE INDEX customer_profile ON ledger.customer (tenant_id, posting_profile) WHERE posting_profile IS NOT NULL;

CREATE TABLE ledger.period (                   -- days that are in no period are open
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  starts_on date NOT NULL, ends_on date NOT NULL CHECK (ends_on >= starts_on),
  state text NOT NULL CHECK (state IN ('open', 'soft_closed', 'closed')),
  reason text NOT NULL DEFAULT '',
  version integer NOT NULL DEFAULT 1,
  recorded_at timestamptz NOT NULL, recorded_by text NOT NULL,
  PRIMARY KEY (tenant_id, starts_on));

CREATE TABLE ledger.journal_export (           -- all documents recorded in (after, until]
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int, number integer NOT NULL,
  after timestamptz NOT NULL, until timestamptz NOT NULL,
  documents bigint NOT NULL, entries bigint NOT NULL,
  recorded_at timestamptz NOT NULL, recorded_by text NOT NULL,
  PRIMARY KEY (tenant_id, number));
CREATE INDEX document_recorded ON ledger.document (tenant_id, recorded_at, document_id);

ALTER TABLE ledger.account ADD version integer NOT NULL DEFAULT 1;

SELECT host.tenant_table('ledger.posting_profile', 'SELECT, INSERT, UPDATE'),
       host.tenant_table('ledger.posting_account', 'SELECT, INSERT, DELETE'),
       host.tenant_table('ledger.period', 'SELECT, INSERT, UPDATE'),
       host.tenant_table('ledger.journal_export', 'SELECT, INSERT');
