CREATE TABLE notes.note (
  tenant_id integer NOT NULL DEFAULT current_setting('remit.tenant')::int,
  note_id uuid NOT NULL,
  title text NOT NULL,
  text text NOT NULL,
  recorded_by text NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, note_id),
  CONSTRAINT note_title UNIQUE (tenant_id, title));
SELECT host.tenant_table('notes.note', 'SELECT, INSERT');
