-- What payment in time is worth, and the taxes of a document by rate.
ALTER TABLE ledger.item
  ADD discount_minor bigint NOT NULL DEFAULT 0 CHECK (discount_minor >= 0 AND discount_minor <= abs(amount_minor)),
  ADD discount_until date,
  ADD CHECK ((discount_minor > 0) = (discount_until IS NOT NULL));

CREATE TABLE ledger.tax_line (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int, document_id uuid NOT NULL,
  line smallint NOT NULL,
  rate_percent text NOT NULL CHECK (rate_percent ~ '^[0-9]{1,3}([.][0-9]{1,4})?$'),
  net_minor bigint NOT NULL, tax_minor bigint NOT NULL,
  PRIMARY KEY (tenant_id, document_id, line),
  FOREIGN KEY (tenant_id, document_id) REFERENCES ledger.document);

SELECT host.tenant_table('ledger.tax_line', 'SELECT, INSERT');
