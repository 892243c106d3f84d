-- Credit notes and open items come in files too.
ALTER TABLE ledger.import_file
  DROP CONSTRAINT import_file_kind_check,
  ADD CHECK (kind IN ('customers', 'invoices', 'receipts', 'credit notes', 'open items'));
