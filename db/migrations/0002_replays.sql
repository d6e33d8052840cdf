-- Runs that repeat the recorded schedule of another one.

CREATE TABLE replays (
  run             TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  replay_of       TEXT NOT NULL,                               -- a run; not a reference: it may be of another record
  schedule_sha256 TEXT NOT NULL,                               -- of schedule.json in the run's directory
  artifact_sha256 TEXT                                         -- of the run replayed, to be equalled; NULL: it had none
) STRICT, WITHOUT ROWID;
