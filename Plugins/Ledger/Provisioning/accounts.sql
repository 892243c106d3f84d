-- The accounts that every company has from its first day.
INSERT INTO ledger.account (code, name, role) VALUES
  ('1100', 'Trade receivables', 'receivable'),
  ('1000', 'Bank', 'bank'),
  ('4000', 'Revenue', 'revenue'),
  ('2200', 'Tax payable', 'tax'),
  ('4100', 'Discounts given', 'discount'),
  ('6300', 'Receivables written off', 'write_off'),
  ('6310', 'Bank charges', 'bank_fee'),
  ('6500', 'Exchange differences', 'fx'),
  ('6510', 'Exchange differences, unrealised', 'fx_unrealised'),
  ('9000', 'Opening balances', 'opening')
ON CONFLICT DO NOTHING;
