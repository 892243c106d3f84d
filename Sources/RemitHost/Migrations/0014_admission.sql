ALTER TABLE host.call ADD admission bytea NOT NULL DEFAULT '';   -- remit.plugin.v1.Admission: what the company's forms did to the request, and said
