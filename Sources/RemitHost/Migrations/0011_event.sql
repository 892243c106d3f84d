-- Queues, read over all companies: without row-level security, and granted to no module.
CREATE TABLE host.outbox (                     -- what committed writes tell, until it has its sequence
  tenant_id integer NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  type text NOT NULL,
  aggregate text NOT NULL,
  payload bytea NOT NULL,
  hops smallint NOT NULL,                      -- how many events stand before it
  recorded_at timestamptz NOT NULL,
  request_id text NOT NULL,
  PRIMARY KEY (tenant_id, id))
  WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);   -- comes and goes
CREATE TABLE host.event_tail (                 -- the last sequence of a company; who moves events on locks its row
  tenant_id integer PRIMARY KEY,
  last bigint NOT NULL DEFAULT 0)
  WITH (fillfactor = 50);
CREATE TABLE host.cursor (                     -- up to where a subscriber was told: a module
  tenant_id integer NOT NULL,
  subscriber text NOT NULL,
  position bigint NOT NULL,
  retry_at timestamptz NOT NULL DEFAULT 'infinity',   -- of its refused deliveries, the next that is due
  failures integer NOT NULL DEFAULT 0,         -- how often nothing could be delivered at all
  lease_until timestamptz NOT NULL DEFAULT '-infinity',
  leased_by uuid,                              -- who delivers, and says so every two seconds
  PRIMARY KEY (tenant_id, subscriber));
CREATE TABLE host.wake (                       -- a module is called with the key when it is due
  tenant_id integer NOT NULL,
  module text NOT NULL,
  key text NOT NULL,
  due_at timestamptz NOT NULL,
  armed_at timestamptz NOT NULL DEFAULT clock_timestamp(),   -- each arming is a call of its own
  attempts integer NOT NULL DEFAULT 0,
  lease_until timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (tenant_id, module, key));
CREATE INDEX wake_due ON host.wake (due_at);

CREATE TABLE host.event (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  sequence bigint NOT NULL,                    -- dense
  type text NOT NULL,
  aggregate text NOT NULL,
  payload bytea NOT NULL,
  hops smallint NOT NULL,
  recorded_at timestamptz NOT NULL,
  request_id text NOT NULL,
  PRIMARY KEY (tenant_id, sequence));
CREATE TABLE host.delivery (                   -- what a subscriber refused, and what waits behind it
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  subscriber text NOT NULL,
  sequence bigint NOT NULL,
  aggregate text NOT NULL,
  attempts integer NOT NULL,
  retry_at timestamptz NOT NULL,
  trying_until timestamptz NOT NULL DEFAULT '0001-01-01Z',   -- it is on its way
  dead boolean NOT NULL DEFAULT false,         -- given up, until somebody wants it again
  error text NOT NULL,
  PRIMARY KEY (tenant_id, subscriber, sequence));
CREATE INDEX delivery_aggregate ON host.delivery (tenant_id, subscriber, aggregate, sequence);
SELECT host.tenant_table('host.event', 'SELECT, INSERT, DELETE'), host.tenant_table('host.delivery', 'SELECT, INSERT, UPDATE, DELETE');

GRANT SELECT, INSERT, UPDATE, DELETE ON host.outbox, host.event_tail, host.cursor, host.wake, host.event, host.delivery TO remitd;
GRANT SELECT, INSERT, UPDATE, DELETE ON host.outbox, host.event_tail, host.cursor, host.wake TO remit_host;
INSERT INTO host.event_tail (tenant_id) SELECT tenant_id FROM host.tenant;
