ALTER TABLE workflow.instance
  ADD event_type text NOT NULL DEFAULT '',     -- that began it
  ADD event bytea NOT NULL DEFAULT '';
ALTER TABLE workflow.visit
  ADD awaits text NOT NULL DEFAULT '',         -- the event that it waits for
  ADD awaits_about text NOT NULL DEFAULT '';   -- what that must be about; empty: anything
CREATE INDEX visit_awaits ON workflow.visit (tenant_id, awaits, awaits_about) WHERE state = 'open' AND awaits <> '';
CREATE INDEX instance_flow_name ON workflow.instance (tenant_id, flow, case_id);
