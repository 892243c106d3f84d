CREATE TABLE workflow.flow (                   -- what running cases go by; never changed
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  sha256 bytea NOT NULL CHECK (length(sha256) = 32),
  name text NOT NULL,
  body bytea NOT NULL,                         -- remit.workflow.v1.Flow
  PRIMARY KEY (tenant_id, sha256));
CREATE TABLE workflow.instance (               -- a case
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  case_id uuid NOT NULL,
  flow text NOT NULL,
  flow_sha256 bytea NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'returned', 'blocked', 'done', 'rejected', 'withdrawn', 'stopped')),
  submitter text NOT NULL,
  former text[] NOT NULL,                      -- who submitted it before; they decide nothing in it either
  submit_call text NOT NULL,                   -- request id of the call that lends who submits
  method text NOT NULL,
  request bytea NOT NULL,                      -- as shaped: what is shown is what is done
  approval text NOT NULL,                      -- that held it
  subject text NOT NULL CHECK (length(subject) <= 300),
  summary text NOT NULL CHECK (length(summary) <= 500),
  currency text NOT NULL,                      -- empty: no amount
  amount_minor bigint NOT NULL,
  why text NOT NULL,
  may_decide_own boolean NOT NULL,             -- who submitted it may decide too, as the flow says
  round smallint NOT NULL CHECK (round > 0),   -- grows when it is submitted again
  visits smallint NOT NULL CHECK (visits >= 0),   -- the last numbers given
  entries integer NOT NULL CHECK (entries >= 0),
  variables jsonb NOT NULL,
  problem bytea NOT NULL,                      -- remit.plugin.v1.Status
  reply bytea NOT NULL,                        -- of the method, when it was done
  carried_out_at timestamptz,                  -- when that was; it is done once
  reminded_at timestamptz,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  CHECK ((ended_at IS NOT NULL) = (state IN ('done', 'rejected', 'withdrawn', 'stopped'))),
  PRIMARY KEY (tenant_id, case_id),
  CONSTRAINT instance_flow FOREIGN KEY (tenant_id, flow_sha256) REFERENCES workflow.flow DEFERRABLE);
CREATE INDEX instance_of_flow ON workflow.instance (tenant_id, flow_sha256);
CREATE INDEX instance_open ON workflow.instance (tenant_id, case_id) WHERE ended_at IS NULL;
CREATE INDEX instance_submitter ON workflow.instance (tenant_id, submitter, case_id);
CREATE INDEX instance_subject ON workflow.instance (tenant_id, subject, case_id) WHERE subject <> '';
CREATE TABLE workflow.visit (                  -- that a case came to a step
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  case_id uuid NOT NULL,
  visit smallint NOT NULL,
  step text NOT NULL,
  came_from smallint,
  splits smallint[] NOT NULL,                  -- visits of the splits that it is within, the outermost first
  round smallint NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'passed', 'rejected', 'returned', 'cancelled', 'failed')),
  late text NOT NULL,                          -- '': its deadline is to come, or there is none; 'given': others decide since
  started_at timestamptz NOT NULL,
  due_at timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (tenant_id, case_id, visit),
  FOREIGN KEY (tenant_id, case_id) REFERENCES workflow.instance DEFERRABLE);
CREATE TABLE workflow.task (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  case_id uuid NOT NULL,
  visit smallint NOT NULL,
  task smallint NOT NULL,
  seat smallint NOT NULL,                      -- whose vote it is part of
  turn smallint NOT NULL,                      -- its place in the seat
  weight smallint NOT NULL CHECK (weight > 0), -- of the seat
  assignee text NOT NULL,                      -- login, or 'role/<name>': whoever of them
  added_by text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'open', 'approved', 'rejected', 'returned', 'moved', 'skipped')),
  opened_at timestamptz,
  decided_at timestamptz,
  decided_by text NOT NULL,                    -- another than the assignee: of the role, or standing in
  comment text NOT NULL,
  PRIMARY KEY (tenant_id, case_id, visit, task),
  FOREIGN KEY (tenant_id, case_id, visit) REFERENCES workflow.visit DEFERRABLE);
CREATE INDEX task_open ON workflow.task (tenant_id, assignee, opened_at) WHERE state = 'open';
CREATE INDEX task_decided ON workflow.task (tenant_id, decided_by, decided_at) WHERE decided_by <> '';
CREATE TABLE workflow.entry (                  -- the history of a case
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  case_id uuid NOT NULL,
  entry integer NOT NULL,
  at timestamptz NOT NULL,
  by text NOT NULL,                            -- empty: Remit itself
  what text NOT NULL,
  visit smallint NOT NULL,                     -- 0: of none
  comment text NOT NULL,
  changes bytea NOT NULL,                      -- remit.workflow.v1.Entry, with what the request was changed in
  PRIMARY KEY (tenant_id, case_id, entry),
  FOREIGN KEY (tenant_id, case_id) REFERENCES workflow.instance DEFERRABLE);
SELECT host.tenant_table('workflow.flow', 'SELECT, INSERT'),
       host.tenant_table('workflow.instance', 'SELECT, INSERT, UPDATE'),
       host.tenant_table('workflow.visit', 'SELECT, INSERT, UPDATE'),
       host.tenant_table('workflow.task', 'SELECT, INSERT, UPDATE'),
       host.tenant_table('workflow.entry', 'SELECT, INSERT');
