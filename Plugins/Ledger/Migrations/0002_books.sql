-- Accounts, documents with their journal, open items, allocations, and the movements that all reports are made of.
CREATE TABLE ledger.account (                  -- chart of accounts; `role` is how posting finds it
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int, code text NOT NULL, name text NOT NULL,
  role text NOT NULL CHECK (role IN ('receivable', 'bank', 'revenue', 'tax', 'discount', 'write_off', 'fx', 'other')),
  PRIMARY KEY (tenant_id, code));
CREATE UNIQUE INDEX account_role ON ledger.account (tenant_id, role) WHERE role <> 'other';

CREATE TABLE ledger.document (                 -- a fact: never updated, never deleted
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int, document_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('invoice', 'credit_note', 'debit_note', 'receipt', 'refund', 'write_off',
                                     'adjustment', 'opening', 'allocation', 'revaluation', 'reversal')),
  number       text NOT NULL,                  -- where a kind has none, its document_id as text
  customer_id  uuid,                           -- absent on a revaluation
  currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  base_minor   bigint NOT NULL CHECK (base_minor >= 0),     -- in the tenant's base currency
  issued_on    date NOT NULL,
  effective_on date NOT NULL,                  -- valid time: "as at"
  recorded_at  timestamptz NOT NULL,           -- transaction time: "as known at"
  recorded_by  text NOT NULL,
  reverses     uuid,
  external_id  text,                           -- the source system's id: an import repeated changes nothing
  custom       jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, document_id),
  CONSTRAINT document_number UNIQUE (tenant_id, kind, number),
  CONSTRAINT document_external_id UNIQUE (tenant_id, kind, external_id),
  UNIQUE (tenant_id, reverses),                -- reversed once; a reversal may be reversed in turn
  CHECK ((kind = 'reversal') = (reverses IS NOT NULL)),
  CONSTRAINT document_of_customer FOREIGN KEY (tenant_id, customer_id) REFERENCES ledger.customer,
  FOREIGN KEY (tenant_id, reverses) REFERENCES ledger.document);
CREATE INDEX document_customer ON ledger.document (tenant_id, customer_id, effective_on);

CREATE TABLE ledger.entry (                    -- the journal; debit and credit in one row: it cannot be unbalanced
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int, document_id uuid NOT NULL,
  line smallint NOT NULL,
  debit  text NOT NULL, credit text NOT NULL CHECK (credit <> debit),
  currency text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),   -- 0 with a base amount: an exchange difference
  base_minor   bigint NOT NULL CHECK (base_minor >= 0),
  CHECK (amount_minor > 0 OR base_minor > 0),
  PRIMARY KEY (tenant_id, document_id, line),
  FOREIGN KEY (tenant_id, document_id) REFERENCES ledger.document,
  FOREIGN KEY (tenant_id, debit)  REFERENCES ledger.account,     -- no index: accounts are deleted last
  FOREIGN KEY (tenant_id, credit) REFERENCES ledger.account);

CREATE TABLE ledger.item (                     -- open item: an instalment of a debit, or a credit
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int, item_id uuid NOT NULL,
  document_id uuid NOT NULL, line smallint NOT NULL,
  customer_id uuid NOT NULL, currency text NOT NULL,
  side smallint NOT NULL CHECK (side IN (1, -1)),           -- 1 the customer owes, -1 we owe
  amount_minor bigint NOT NULL CHECK (amount_minor <> 0 AND sign(amount_minor) = side),
  base_minor   bigint NOT NULL,
  due_on          date   NOT NULL,             -- these three are a projection of movement:
  open_minor      bigint NOT NULL,
  open_base_minor bigint NOT NULL,
  CHECK (open_minor BETWEEN least(amount_minor, 0) AND greatest(amount_minor, 0)),   -- over-allocation is impossible
  PRIMARY KEY (tenant_id, item_id),
  UNIQUE (tenant_id, document_id, line),
  FOREIGN KEY (tenant_id, document_id) REFERENCES ledger.document);
CREATE INDEX item_due ON ledger.item (tenant_id, due_on, item_id) WHERE open_minor <> 0;   -- all customers, by page
CREATE INDEX item_open ON ledger.item (tenant_id, customer_id, due_on) WHERE open_minor <> 0;

CREATE TABLE ledger.allocation (               -- credit settles debit; taken back by a row with the negative amount
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int, allocation_id uuid NOT NULL,
  debit_item uuid NOT NULL, credit_item uuid NOT NULL,
  amount_minor bigint NOT NULL,
  effective_on date NOT NULL, recorded_at timestamptz NOT NULL, recorded_by text NOT NULL,
  reverses uuid, reason text NOT NULL DEFAULT '',
  document_id uuid,                            -- its journal, where discount, write-off or exchange needs one
  PRIMARY KEY (tenant_id, allocation_id),
  UNIQUE (tenant_id, reverses),
  CHECK (amount_minor <> 0 AND (amount_minor < 0) = (reverses IS NOT NULL)),
  FOREIGN KEY (tenant_id, debit_item)  REFERENCES ledger.item,
  FOREIGN KEY (tenant_id, credit_item) REFERENCES ledger.item,
  FOREIGN KEY (tenant_id, reverses)    REFERENCES ledger.allocation,
  FOREIGN KEY (tenant_id, document_id) REFERENCES ledger.document);
CREATE INDEX allocation_debit    ON ledger.allocation (tenant_id, debit_item);
CREATE INDEX allocation_credit   ON ledger.allocation (tenant_id, credit_item);
CREATE INDEX allocation_document ON ledger.allocation (tenant_id, document_id) WHERE document_id IS NOT NULL;

CREATE TABLE ledger.movement (                 -- the sub-ledger: every change of every item, the truth of all reports
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int, item_id uuid NOT NULL,
  movement_id uuid NOT NULL,
  cause_id uuid NOT NULL,                      -- the document or allocation
  customer_id uuid NOT NULL, currency text NOT NULL,
  side smallint NOT NULL,                      -- the item's
  due_on date NOT NULL,                        -- terms changed later: -open at the old date, +open at the new one
  amount_minor bigint NOT NULL, base_minor bigint NOT NULL,
  effective_on date NOT NULL, recorded_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, item_id, movement_id),
  FOREIGN KEY (tenant_id, item_id) REFERENCES ledger.item);
CREATE INDEX movement_customer ON ledger.movement (tenant_id, customer_id, currency, due_on)
  INCLUDE (item_id, side, amount_minor, base_minor, effective_on, recorded_at);

CREATE TABLE ledger.ageing_delta (             -- derived: today's ageing; appended by writers, folded by a job
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  currency text NOT NULL, side smallint NOT NULL, due_on date NOT NULL,
  delta_id uuid NOT NULL DEFAULT gen_random_uuid(),
  amount_minor bigint NOT NULL, base_minor bigint NOT NULL,
  PRIMARY KEY (tenant_id, currency, side, due_on, delta_id));

CREATE TABLE ledger.import_file (              -- a file imported twice changes nothing, also where its rows have no number
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  kind text NOT NULL CHECK (kind IN ('customers', 'invoices', 'receipts')), sha256 bytea NOT NULL,
  file_name text NOT NULL,
  rows integer NOT NULL,
  refused_lines integer[] NOT NULL,            -- not imported yet: tried again when the file comes again
  recorded_at timestamptz NOT NULL, recorded_by text NOT NULL,
  PRIMARY KEY (tenant_id, kind, sha256));

SELECT host.tenant_table('ledger.account',    'SELECT, INSERT, UPDATE'),
       host.tenant_table('ledger.document',   'SELECT, INSERT'),
       host.tenant_table('ledger.entry',      'SELECT, INSERT'),
       host.tenant_table('ledger.allocation', 'SELECT, INSERT'),
       host.tenant_table('ledger.movement',   'SELECT, INSERT'),
       host.tenant_table('ledger.item',       'SELECT, INSERT, UPDATE (open_minor, open_base_minor, due_on)'),
       host.tenant_table('ledger.ageing_delta', 'SELECT, INSERT, DELETE'),
       host.tenant_table('ledger.import_file', 'SELECT, INSERT, UPDATE (refused_lines, recorded_at, recorded_by)');

CREATE VIEW ledger.open_items_v1 AS            -- published; owned by remit_ledger_owner, so FORCE RLS applies (seen)
  SELECT tenant_id, item_id, document_id, customer_id, currency, side, due_on, open_minor, open_base_minor
    FROM ledger.item WHERE open_minor <> 0;
