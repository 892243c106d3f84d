-- Exchange rates by source and day, and the account of what a revaluation finds.
CREATE TABLE ledger.exchange_rate (            -- facts: of several for a day the last recorded counts
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  source text NOT NULL,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  valid_on date NOT NULL,
  rate text NOT NULL CHECK (rate ~ '^(1/)?[0-9]+([.][0-9]+)?$'),   -- one unit in the base currency, or 1/ the other way round
  recorded_at timestamptz NOT NULL, recorded_by text NOT NULL,
  PRIMARY KEY (tenant_id, source, currency, valid_on, recorded_at));
CREATE INDEX exchange_rate_day ON ledger.exchange_rate (tenant_id, valid_on DESC, currency, source);

CREATE TABLE ledger.rate_policy (              -- whose rates a company takes, and how old they may be
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  source text NOT NULL,
  days_max smallint NOT NULL CHECK (days_max BETWEEN 0 AND 366),
  version integer NOT NULL DEFAULT 1,
  recorded_at timestamptz NOT NULL, recorded_by text NOT NULL,
  PRIMARY KEY (tenant_id));

ALTER TABLE ledger.account DROP CONSTRAINT account_role_check;
ALTER TABLE ledger.account ADD CONSTRAINT account_role_check CHECK (
  role IN ('receivable', 'bank', 'revenue', 'tax', 'discount', 'write_off', 'bank_fee', 'fx', 'fx_unrealised', 'opening', 'other'));

SELECT host.tenant_table('ledger.exchange_rate', 'SELECT, INSERT'),
       host.tenant_table('ledger.rate_policy', 'SELECT, INSERT, UPDATE');
