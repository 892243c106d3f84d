-- The number of a document that was reversed is free for the one in its place: the same number then has another use, and so has the id of its source.
ALTER TABLE ledger.document
  ADD number_use smallint NOT NULL DEFAULT 0,          -- how many with the same kind and number were reversed before
  ADD external_id_use smallint NOT NULL DEFAULT 0,     -- the same for its external id
  DROP CONSTRAINT document_number, ADD CONSTRAINT document_number UNIQUE (tenant_id, kind, number, number_use),
  DROP CONSTRAINT document_external_id, ADD CONSTRAINT document_external_id UNIQUE (tenant_id, kind, external_id, external_id_use);
