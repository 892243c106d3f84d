-- Documents of every kind: why they were posted, and the account of what was open before Remit.
ALTER TABLE ledger.document ADD reason text NOT NULL DEFAULT '';
CREATE INDEX document_by_number ON ledger.document (tenant_id, number);   -- whatever the kind

ALTER TABLE ledger.account DROP CONSTRAINT account_role_check;
ALTER TABLE ledger.account ADD CONSTRAINT account_role_check
  CHECK (role IN ('receivable', 'bank', 'revenue', 'tax', 'discount', 'write_off', 'bank_fee', 'fx', 'opening', 'other'));

ALTER TABLE ledger.document RENAME CONSTRAINT document_tenant_id_reverses_key TO document_reversed;
