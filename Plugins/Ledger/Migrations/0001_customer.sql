CREATE TABLE ledger.customer (                 -- a master: current row; its history is in host.call
  tenant_id   integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  customer_id uuid NOT NULL,
  number      text NOT NULL,                   -- the company's own
  name        text NOT NULL,
  payer_id    uuid,                            -- who pays, where that is another
  custom      jsonb NOT NULL DEFAULT '{}',     -- fields of the company's form
  version     integer NOT NULL DEFAULT 1,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, customer_id),
  CONSTRAINT customer_number UNIQUE (tenant_id, number),
  FOREIGN KEY (tenant_id, payer_id) REFERENCES ledger.customer);
CREATE INDEX customer_payer ON ledger.customer (tenant_id, payer_id);

SELECT host.tenant_table('ledger.customer', 'SELECT, INSERT, UPDATE');
