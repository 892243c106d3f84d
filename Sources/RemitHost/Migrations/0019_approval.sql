ALTER TABLE host.call
  ADD person text NOT NULL DEFAULT '',           -- id of the person who called; empty: a machine
  ADD on_behalf text NOT NULL DEFAULT '',        -- request id of the call for whose caller a module did it
  ADD passed text NOT NULL DEFAULT '';           -- what let it through where approvals hold: "case/0193..."
ALTER TABLE host.person ADD manager text NOT NULL DEFAULT '';   -- login; empty: nobody
-- For modules: who there is, and what they are there for.
CREATE VIEW host.person_v1 AS
  SELECT tenant_id, login, name, locale, array_to_string(roles, ',') AS roles, state = 'active' AS active, manager,
         coalesce(away_from::text, '') AS away_from, coalesce(away_until::text, '') AS away_until, coalesce(substitute, '') AS substitute
    FROM host.person WHERE tenant_id = current_setting('remit.tenant')::int;
