-- Numbers without a gap, where the company asks for them. A counter is locked from the round trip that takes a number to the commit.
CREATE TABLE ledger.number_series (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  kind text NOT NULL CHECK (kind IN ('invoice', 'credit_note', 'debit_note', 'receipt', 'refund', 'write_off', 'adjustment', 'opening',
                                     'reversal')),
  pattern text NOT NULL CHECK (pattern ~ '[{]number[}]'),
  digits smallint NOT NULL CHECK (digits BETWEEN 0 AND 12),
  version integer NOT NULL DEFAULT 1,
  recorded_at timestamptz NOT NULL, recorded_by text NOT NULL,
  PRIMARY KEY (tenant_id, kind));

CREATE TABLE ledger.number_counter (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  kind text NOT NULL, year integer NOT NULL,   -- 0: of all years
  last bigint NOT NULL,
  PRIMARY KEY (tenant_id, kind, year))
  WITH (fillfactor = 50);                      -- room for the next version of the row beside it

SELECT host.tenant_table('ledger.number_series', 'SELECT, INSERT, UPDATE, DELETE'),
       host.tenant_table('ledger.number_counter', 'SELECT, INSERT, UPDATE');
