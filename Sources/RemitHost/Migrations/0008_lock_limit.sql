-- Locks by name are entries of a table in memory that all companies share: a transaction may take so many.
CREATE OR REPLACE FUNCTION host.lock(name text, is_exclusive boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  tenant integer := current_setting('remit.tenant')::int;
  key integer := hashtext(current_setting('role') || '/' || name);
  taken integer := coalesce(nullif(current_setting('remit.locks', true), ''), '0')::int + 1;
BEGIN
  IF taken > 100 THEN RAISE EXCEPTION USING ERRCODE = 'RM001', MESSAGE = 'TOO_MANY_LOCKS: a transaction may take 100 locks by name'; END IF;
  PERFORM set_config('remit.locks', taken::text, true);
  IF is_exclusive THEN PERFORM pg_advisory_xact_lock(tenant, key); ELSE PERFORM pg_advisory_xact_lock_shared(tenant, key); END IF;
END $$;
