-- The trail says by which key, and what people know a thing by.
ALTER TABLE host.call ADD key_id text NOT NULL DEFAULT '', ADD title text NOT NULL DEFAULT '';
