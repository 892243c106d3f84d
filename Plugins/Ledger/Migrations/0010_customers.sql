-- Names and identifiers of customers, what finds similar ones, and merges. Masters: their history is in host.call.
CREATE TABLE ledger.customer_name (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  customer_id uuid NOT NULL,
  kind text NOT NULL,                          -- '' is the name in ledger.customer
  name text NOT NULL,
  name_key text NOT NULL,                      -- NameKey: without case, signs and legal form
  PRIMARY KEY (tenant_id, customer_id, kind),
  FOREIGN KEY (tenant_id, customer_id) REFERENCES ledger.customer);
CREATE INDEX customer_name_key ON ledger.customer_name (tenant_id, name_key);

CREATE TABLE ledger.customer_gram (            -- pairs of neighbours in the keys of its names
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  gram text NOT NULL,
  customer_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, gram, customer_id),
  FOREIGN KEY (tenant_id, customer_id) REFERENCES ledger.customer);
CREATE INDEX customer_gram_customer ON ledger.customer_gram (tenant_id, customer_id);

CREATE TABLE ledger.customer_identifier (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  customer_id uuid NOT NULL,
  scheme text NOT NULL CHECK (scheme IN ('uscc', 'eu_vat', 'iban')),
  value text NOT NULL,
  PRIMARY KEY (tenant_id, customer_id, scheme, value),
  FOREIGN KEY (tenant_id, customer_id) REFERENCES ledger.customer);
CREATE INDEX customer_identifier_value ON ledger.customer_identifier (tenant_id, scheme, value);

-- The payer of a merged customer is that of the one it was merged into, so whoever goes by payers need not know of merges.
ALTER TABLE ledger.customer
  ADD merged_into uuid,
  ADD CONSTRAINT customer_merged_into FOREIGN KEY (tenant_id, merged_into) REFERENCES ledger.customer NOT VALID;
CREATE INDEX customer_merged ON ledger.customer (tenant_id, merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE ledger.customer_merge (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  merge_id uuid NOT NULL,
  from_id uuid NOT NULL, into_id uuid NOT NULL,
  reason text NOT NULL,
  recorded_at timestamptz NOT NULL, recorded_by text NOT NULL,
  undone_at timestamptz, undone_by text,
  PRIMARY KEY (tenant_id, merge_id),
  CHECK ((undone_at IS NULL) = (undone_by IS NULL)),
  FOREIGN KEY (tenant_id, from_id) REFERENCES ledger.customer,
  FOREIGN KEY (tenant_id, into_id) REFERENCES ledger.customer);
CREATE INDEX customer_merge_from ON ledger.customer_merge (tenant_id, from_id);
CREATE INDEX customer_merge_into ON ledger.customer_merge (tenant_id, into_id);

CREATE TABLE ledger.customer_merge_step (      -- what the merge changed, for its undoing
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  merge_id uuid NOT NULL, customer_id uuid NOT NULL,
  payer_before uuid, payer_after uuid, merged_before uuid, merged_after uuid,
  PRIMARY KEY (tenant_id, merge_id, customer_id),
  FOREIGN KEY (tenant_id, merge_id) REFERENCES ledger.customer_merge,
  FOREIGN KEY (tenant_id, customer_id) REFERENCES ledger.customer);
CREATE INDEX customer_merge_step_customer ON ledger.customer_merge_step (tenant_id, customer_id);

SELECT host.tenant_table('ledger.customer_name', 'SELECT, INSERT, DELETE'),
       host.tenant_table('ledger.customer_gram', 'SELECT, INSERT, DELETE'),
       host.tenant_table('ledger.customer_identifier', 'SELECT, INSERT, DELETE'),
       host.tenant_table('ledger.customer_merge', 'SELECT, INSERT, UPDATE (undone_at, undone_by)'),
       host.tenant_table('ledger.customer_merge_step', 'SELECT, INSERT');
