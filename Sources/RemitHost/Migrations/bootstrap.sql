-- Roles and revocations of a database. Run by `remitd migrate` as an administrator, each time; it changes nothing that is there.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'remit_host_owner') THEN CREATE ROLE remit_host_owner NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'remit_host') THEN CREATE ROLE remit_host NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'remitd') THEN CREATE ROLE remitd LOGIN NOINHERIT; END IF;
END $$;
ALTER ROLE remitd SET search_path = pg_catalog;        -- names are always qualified
ALTER ROLE remitd SET temp_file_limit = '2GB';         -- one sort must not fill the disk
ALTER ROLE remitd SET jit = off;                       -- costs a second where a plan only looks costly, and calls are short
CREATE SCHEMA IF NOT EXISTS host AUTHORIZATION remit_host_owner;
GRANT USAGE ON SCHEMA host TO remitd, remit_host;
GRANT remit_host TO remitd;                            -- what the host's own methods act as

-- What a statement of a module must not reach.
REVOKE UPDATE ON pg_catalog.pg_settings FROM PUBLIC;   -- its rule calls set_config
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE USAGE ON LANGUAGE sql, plpgsql FROM PUBLIC;     -- no DO, no functions of its own
GRANT USAGE ON LANGUAGE plpgsql TO remit_host_owner;
DO $$ BEGIN EXECUTE format('REVOKE TEMP ON DATABASE %I FROM PUBLIC', current_database()); END $$;
DO $$
DECLARE f regprocedure;
BEGIN
  FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~
    '^(set_config$|pg_(try_)?advisory_|lo_|lo(read|write)$|(query|cursor|table|schema|database)_to_xml|ts_stat$|ts_rewrite$|pg_notify$|pg_sleep|pg_(cancel|terminate)_backend$|pg_export_snapshot$|pg_logical_emit_message$)'
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO remitd, remit_host, remit_host_owner;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_xact_lock(integer, integer), pg_catalog.pg_advisory_xact_lock_shared(integer, integer)
  TO remit_host_owner;                                 -- for host.lock

CREATE TABLE IF NOT EXISTS host.migration (
  module text NOT NULL, number integer NOT NULL, name text NOT NULL, sha256 text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (module, number));
ALTER TABLE host.migration OWNER TO remit_host_owner;
GRANT SELECT ON host.migration TO remitd;
