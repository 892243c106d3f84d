-- A lock that modules may take to the end of the transaction, by name: never another tenant's or another module's. Executable by modules only.
-- Shared by those who post, exclusive for who changes what they must agree on.
CREATE FUNCTION host.lock(name text, is_exclusive boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  tenant integer := current_setting('remit.tenant')::int;
  key integer := hashtext(current_setting('role') || '/' || name);
BEGIN
  IF is_exclusive THEN PERFORM pg_advisory_xact_lock(tenant, key); ELSE PERFORM pg_advisory_xact_lock_shared(tenant, key); END IF;
END $$;
REVOKE EXECUTE ON FUNCTION host.lock FROM PUBLIC;
