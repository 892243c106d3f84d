ALTER TABLE host.document ADD events text[] NOT NULL DEFAULT '{}';   -- that it names: a module that subscribes to "*" is told of those
