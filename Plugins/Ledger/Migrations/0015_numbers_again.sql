-- The number of a document that was reversed is free for the one in its place. An invoice or a credit note and the open item that it came as are one, and
-- have one number.
ALTER TABLE ledger.document
  ADD number_use integer NOT NULL DEFAULT 0,          -- 0: what its number means; of those reversed, how many had it before, from 1 on
  ADD external_id_use integer NOT NULL DEFAULT 0,     -- the same for its external id, which a corrected file takes again
  DROP CONSTRAINT document_number, DROP CONSTRAINT document_external_id;

ALTER TABLE ledger.document NO FORCE ROW LEVEL SECURITY;
UPDATE ledger.document d SET number_use = 1
 WHERE EXISTS (SELECT FROM ledger.document r WHERE (r.tenant_id, r.reverses) = (d.tenant_id, d.document_id))
    OR d.kind = 'opening' AND EXISTS (SELECT FROM ledger.document i
                                       WHERE (i.tenant_id, i.number) = (d.tenant_id, d.number) AND i.kind IN ('invoice', 'credit_note'));
UPDATE ledger.document d SET number_use = 2
 WHERE number_use = 1 AND kind = 'opening' AND EXISTS (SELECT FROM ledger.document i
                                                        WHERE (i.tenant_id, i.number, i.number_use) = (d.tenant_id, d.number, 1)
                                                          AND i.kind IN ('invoice', 'credit_note'));
ALTER TABLE ledger.document FORCE ROW LEVEL SECURITY;

CREATE UNIQUE INDEX document_number ON ledger.document (tenant_id, kind, number, number_use) WHERE kind NOT IN ('invoice', 'credit_note');
CREATE UNIQUE INDEX document_invoice_number ON ledger.document (tenant_id, number, number_use) WHERE kind IN ('invoice', 'opening');
CREATE UNIQUE INDEX document_credit_note_number ON ledger.document (tenant_id, number, number_use) WHERE kind IN ('credit_note', 'opening');
ALTER TABLE ledger.document ADD CONSTRAINT document_external_id UNIQUE (tenant_id, kind, external_id, external_id_use);
GRANT UPDATE (number_use, external_id_use) ON ledger.document TO remit_ledger;
