-- What fails is tried again later and later.
ALTER TABLE host.job ADD failures integer NOT NULL DEFAULT 0;
