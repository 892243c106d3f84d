ALTER TABLE host.call ADD admission bytea NOT NULL DEFAULT '';   -- remit.plugin.v1.Admission: what the company's forms did to the request, and said
GRANT EXECUTE ON FUNCTION host.lock TO remit_host;                 -- requests that are judged one after the other
