-- A module may call another in the caller's transaction: then the row of what was done there says through which method.
ALTER TABLE host.call ADD via text NOT NULL DEFAULT '';
