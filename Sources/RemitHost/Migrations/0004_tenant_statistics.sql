-- Without statistics of tenant_id a company is estimated at a 200th of a table. With them, one that came after the last ANALYZE is estimated at no
-- rows, and joins are planned that read all of its rows for each of its rows.
CREATE OR REPLACE FUNCTION host.tenant_table(t regclass, may text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  module name := (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = t);
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
  EXECUTE format('ALTER TABLE %s ALTER tenant_id SET STATISTICS 0', t);
  EXECUTE format('CREATE POLICY tenant ON %s USING (tenant_id = current_setting(''remit.tenant'')::int)', t);
  EXECUTE format('GRANT %s ON %s TO %I', may, t, 'remit_' || module);
END $$;
