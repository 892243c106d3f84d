-- What is settled beside the amount of the credit, and the account of what banks keep.
ALTER TABLE ledger.allocation
  ADD discount_minor  bigint NOT NULL DEFAULT 0,
  ADD fee_minor       bigint NOT NULL DEFAULT 0,
  ADD write_off_minor bigint NOT NULL DEFAULT 0,   -- of the debit; with the other sign of amount_minor: of the credit
  ADD CHECK (sign(discount_minor) * sign(amount_minor) >= 0 AND sign(fee_minor) * sign(amount_minor) >= 0);

ALTER TABLE ledger.account DROP CONSTRAINT account_role_check;
ALTER TABLE ledger.account ADD CONSTRAINT account_role_check
  CHECK (role IN ('receivable', 'bank', 'revenue', 'tax', 'discount', 'write_off', 'bank_fee', 'fx', 'other'));

ALTER TABLE ledger.allocation RENAME CONSTRAINT allocation_tenant_id_reverses_key TO allocation_undone;
CREATE INDEX item_customer_side ON ledger.item (tenant_id, side, customer_id) WHERE open_minor <> 0;   -- who has unapplied credits
