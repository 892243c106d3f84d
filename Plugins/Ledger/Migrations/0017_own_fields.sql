-- What companies keep of their own of a customer or a document is published too.
CREATE OR REPLACE VIEW ledger.customer_v1 AS
  SELECT customer_id, number, name, payer_id, merged_into, posting_profile, version, recorded_at, custom FROM ledger.customer;
CREATE OR REPLACE VIEW ledger.document_v1 AS
  SELECT document_id, kind, number, customer_id, currency, amount_minor, base_minor, tax_minor, issued_on, effective_on, external_id, reverses,
         reason, bank_text, recorded_at, recorded_by, custom,
         EXISTS (SELECT FROM ledger.document r WHERE (r.tenant_id, r.reverses) = (d.tenant_id, d.document_id)) AS is_reversed
    FROM ledger.document d;
