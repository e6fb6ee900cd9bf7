-- An example: make it yours before it is applied anywhere, or delete it with its rollback and its seed.
CREATE TABLE notes (
    note_id integer PRIMARY KEY,
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- without it, whoever has the project's public key reads and writes the table
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
