-- What a document was posted with, so that it can be read back and copied; taxes by rate in the journal; who changed periods; what masters were.
ALTER TABLE ledger.document
  ADD tax_minor bigint,                        -- of the amount; NULL: from before, its entries have it
  ADD exchange_rate text NOT NULL DEFAULT '',
  ADD posting_profile text,
  ADD terms bytea,                             -- remit.ledger.v1.PaymentTerms
  ADD bank_text text NOT NULL DEFAULT '',
  ADD paid_currency text,                      -- what came in, where that is another currency
  ADD paid_minor bigint,
  ADD CHECK ((paid_currency IS NULL) = (paid_minor IS NULL));

ALTER TABLE ledger.entry ADD tax_rate text;    -- of tax: its rate in percent, '' where that is not known; NULL: no tax, or from before

-- Of invoices of nothing there is no item; they are known by their document.
CREATE TABLE ledger.tax_policy (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  correct_discounts boolean NOT NULL, correct_write_offs boolean NOT NULL,
  version integer NOT NULL DEFAULT 1,
  recorded_at timestamptz NOT NULL, recorded_by text NOT NULL,
  PRIMARY KEY (tenant_id));

CREATE TABLE ledger.period_change (            -- a fact for each change of a period
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  starts_on date NOT NULL, change_id uuid NOT NULL,
  state text NOT NULL, reason text NOT NULL,
  recorded_at timestamptz NOT NULL, recorded_by text NOT NULL,
  PRIMARY KEY (tenant_id, starts_on, change_id));

CREATE TABLE ledger.customer_version (         -- what a customer was from an instant on; of one from before this table, from its first change on
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  customer_id uuid NOT NULL, recorded_at timestamptz NOT NULL,
  number text NOT NULL, name text NOT NULL, payer_id uuid, merged_into uuid, posting_profile text,
  version integer NOT NULL,
  PRIMARY KEY (tenant_id, customer_id, recorded_at, version),
  FOREIGN KEY (tenant_id, customer_id) REFERENCES ledger.customer);

ALTER TABLE ledger.journal_export
  ADD first_entry bigint NOT NULL DEFAULT 0, ADD last_entry bigint NOT NULL DEFAULT 0,
  ADD base_total text NOT NULL DEFAULT '', ADD sha256 text NOT NULL DEFAULT '';

SELECT host.tenant_table('ledger.tax_policy', 'SELECT, INSERT, UPDATE'),
       host.tenant_table('ledger.period_change', 'SELECT, INSERT'),
       host.tenant_table('ledger.customer_version', 'SELECT, INSERT');
