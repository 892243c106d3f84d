CREATE TABLE notes.owed (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  customer_id uuid NOT NULL,
  currency text NOT NULL,
  amount text NOT NULL,
  PRIMARY KEY (tenant_id, customer_id, currency));
SELECT host.tenant_table('notes.owed', 'SELECT, INSERT, UPDATE');
