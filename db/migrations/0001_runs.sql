-- Schema 1. Times are UTC text with milliseconds; durations carry their unit in the name; documents are JSON text.

CREATE TABLE submissions (
  id              TEXT PRIMARY KEY,               -- "pr-334"
  pr              INTEGER NOT NULL,
  title           TEXT NOT NULL,
  author          TEXT NOT NULL,
  track           TEXT NOT NULL,
  upstream_commit TEXT NOT NULL,
  code_bytes      INTEGER NOT NULL,
  document        TEXT NOT NULL CHECK (json_valid(document))   -- submission.toml: claims, headline, techniques, differences
) STRICT, WITHOUT ROWID;

CREATE TABLE pinned (
  sha256     TEXT PRIMARY KEY,
  submission TEXT NOT NULL REFERENCES submissions (id),
  profile    TEXT NOT NULL,
  as_run     INTEGER NOT NULL CHECK (as_run IN (0, 1)),        -- record profile, nothing overridden
  seed       INTEGER NOT NULL,
  num_params INTEGER NOT NULL,
  document   TEXT NOT NULL CHECK (json_valid(document))        -- pinned.json
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  id           TEXT PRIMARY KEY,
  pinned       TEXT NOT NULL REFERENCES pinned (sha256),
  state        TEXT NOT NULL CHECK (state IN ('queued', 'preparing', 'training', 'packing', 'artifact_saved', 'evaluating',
                                              'judging', 'done', 'failed', 'killed', 'lost')),
  directory    TEXT NOT NULL,                                  -- below the workspace
  command      TEXT NOT NULL CHECK (json_valid(command)),      -- what repeats the run: array of arguments
  created_at   TEXT NOT NULL,
  ended_at     TEXT,
  failure_kind TEXT,                                           -- exception, out_of_memory, limit, killed, interrupted, lost
  failure      TEXT,                                           -- one line
  boot_id      TEXT NOT NULL,                                  -- the supervising pgolf: boot, process, its start time
  pid          INTEGER NOT NULL,
  pid_start    INTEGER NOT NULL,                               -- clock ticks after boot
  heartbeat_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_by_time ON runs (created_at);

CREATE TABLE transitions (
  run   TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  seq   INTEGER NOT NULL,
  state TEXT NOT NULL,
  at    TEXT NOT NULL,
  PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE phases (
  run           TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name          TEXT NOT NULL,                                 -- train, pack, eval
  attempt       INTEGER NOT NULL,
  directory     TEXT NOT NULL,                                 -- below the run's
  started_at    TEXT NOT NULL,
  pid           INTEGER NOT NULL,
  pid_start     INTEGER NOT NULL,
  sandbox       TEXT NOT NULL,                                 -- level of isolation
  limit_ms      REAL,                                          -- enforced from outside; NULL: none
  wall_ms       REAL,                                          -- external monotonic clock; NULL while running
  max_rss_bytes INTEGER,
  cpu_ms        REAL,
  outcome       TEXT,                                          -- ok, exception, out_of_memory, limit, killed, interrupted, lost
  exit_code     INTEGER,
  signal        INTEGER,
  message       TEXT,
  document      TEXT NOT NULL CHECK (json_valid(document)),    -- times between events, what was visible and what was denied
  PRIMARY KEY (run, name, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE metrics (
  run   TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name  TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE curves (
  run        TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  series     TEXT NOT NULL,                                    -- train_loss, lr_scale, stream.<pass>
  step       INTEGER NOT NULL,                                 -- optimizer steps, or targets of a stream
  elapsed_ms REAL,
  value      REAL NOT NULL,
  PRIMARY KEY (run, series, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifacts (
  run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name     TEXT NOT NULL,                                      -- checkpoint, artifact
  path     TEXT NOT NULL,                                      -- below the run's directory
  bytes    INTEGER NOT NULL,
  sha256   TEXT NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document)),         -- bytes by class
  saved_at TEXT NOT NULL,
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE judgements (
  id             INTEGER PRIMARY KEY,
  run            TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  ruleset        TEXT NOT NULL,
  ruleset_sha256 TEXT NOT NULL,
  as_of          TEXT NOT NULL,                                -- date whose rules were applied
  judged_at      TEXT NOT NULL
) STRICT;
CREATE INDEX judgements_by_run ON judgements (run);

CREATE TABLE verdicts (
  judgement INTEGER NOT NULL REFERENCES judgements (id) ON DELETE CASCADE,
  seq       INTEGER NOT NULL,
  rule      TEXT NOT NULL,
  reading   TEXT NOT NULL,                                     -- strict, practice
  status    TEXT NOT NULL CHECK (status IN ('pass', 'fail', 'unknown', 'warn')),
  document  TEXT NOT NULL CHECK (json_valid(document)),        -- observed, limit, unit, evidence, citation
  PRIMARY KEY (judgement, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE environment (
  run   TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  name  TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;
