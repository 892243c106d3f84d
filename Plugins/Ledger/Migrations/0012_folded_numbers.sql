-- Numbers of customers differ by more than case.
CREATE INDEX customer_number_folded ON ledger.customer (tenant_id, lower(number));
