-- What people note on runs, to find them again: no evidence, and under no seal. A run without a row has none of it.
CREATE TABLE labels (
  run    TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  tags   TEXT NOT NULL CHECK (json_valid(tags)),               -- array of words, in order
  note   TEXT NOT NULL,                                        -- one line; "": none
  hidden INTEGER NOT NULL CHECK (hidden IN (0, 1))             -- not in `pgolf ls` unless asked for
) STRICT, WITHOUT ROWID;
