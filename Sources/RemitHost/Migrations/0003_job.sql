-- What modules have done at certain times, for each company: one row a job. Who runs it holds a lease; a lease that ran out is anybody's.
CREATE TABLE host.job (
  tenant_id integer NOT NULL REFERENCES host.tenant,
  module text NOT NULL,
  name text NOT NULL,
  due_at timestamptz NOT NULL,
  lease_until timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (tenant_id, module, name));
CREATE INDEX job_due ON host.job (due_at);
GRANT SELECT, INSERT, UPDATE ON host.job TO remitd;
