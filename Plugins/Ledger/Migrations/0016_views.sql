-- Published, as proto/remit/ledger/v1/view.proto says; owned by remit_ledger_owner, so that row-level security holds.
CREATE VIEW ledger.customer_v1 AS
  SELECT customer_id, number, name, payer_id, merged_into, posting_profile, version, recorded_at FROM ledger.customer;
CREATE VIEW ledger.document_v1 AS
  SELECT document_id, kind, number, customer_id, currency, amount_minor, base_minor, tax_minor, issued_on, effective_on, external_id, reverses,
         reason, bank_text, recorded_at, recorded_by FROM ledger.document;
CREATE VIEW ledger.item_v1 AS
  SELECT item_id, document_id, line, customer_id, currency, side, amount_minor, base_minor, due_on, open_minor, open_base_minor,
         discount_minor, discount_until FROM ledger.item;
CREATE VIEW ledger.movement_v1 AS
  SELECT movement_id, item_id, cause_id, customer_id, currency, side, due_on, amount_minor, base_minor, effective_on, recorded_at
    FROM ledger.movement;
CREATE VIEW ledger.allocation_v1 AS
  SELECT allocation_id, debit_item, credit_item, amount_minor, discount_minor, fee_minor, write_off_minor, reason, effective_on, reverses,
         recorded_at, recorded_by FROM ledger.allocation;
CREATE VIEW ledger.period_v1 AS
  SELECT starts_on, ends_on, state FROM ledger.period;
