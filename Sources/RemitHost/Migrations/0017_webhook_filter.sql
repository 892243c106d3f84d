ALTER TABLE host.webhook ADD filter text NOT NULL DEFAULT '';   -- CEL over the event; empty: all of its types
