ALTER TABLE workflow.instance
  ADD event_type text NOT NULL DEFAULT '',     -- that began it
  ADD event bytea NOT NULL DEFAULT '';
COMMENT ON COLUMN workflow.visit.late IS 'given: others decide since its deadline; called: what its step calls is done';
ALTER TABLE workflow.visit
  ADD awaits text NOT NULL DEFAULT '',         -- the event that it waits for
  ADD awaits_about text NOT NULL DEFAULT '';   -- what that must be about; empty: anything
CREATE INDEX visit_awaits ON workflow.visit (tenant_id, awaits, awaits_about) WHERE state = 'open' AND awaits <> '';
CREATE INDEX instance_flow_name ON workflow.instance (tenant_id, flow, case_id);
CREATE TABLE workflow.heard (                  -- an event of which some cases that wait for it have not been told
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  sequence bigint NOT NULL,
  type text NOT NULL,
  aggregate text NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (tenant_id, sequence));
SELECT host.tenant_table('workflow.heard', 'SELECT, INSERT, DELETE');
