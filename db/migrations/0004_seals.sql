-- Schema 4: what a run was made from, and a seal over the rows of a run that has ended.
ALTER TABLE runs ADD COLUMN submission TEXT                    -- its row of that time; NULL: an older run
  CHECK (submission IS NULL OR json_valid(submission));

CREATE TABLE seals (
  id          INTEGER PRIMARY KEY,
  run         TEXT NOT NULL,                                   -- not a reference: a run that was deleted is missed
  rows_sha256 TEXT NOT NULL,                                   -- over what the record holds of it (db/seal.cc)
  sha256      TEXT NOT NULL                                    -- over the seal before, run and rows_sha256: a chain
) STRICT;
CREATE INDEX seals_by_run ON seals (run);
