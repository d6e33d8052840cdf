-- Schema 7: what strangers published, as it was read: pull requests of a repository, or single folders.

CREATE TABLE archive_sources (
  id          INTEGER PRIMARY KEY,
  kind        TEXT NOT NULL CHECK (kind IN ('git', 'folder')),
  location    TEXT NOT NULL UNIQUE,                            -- where it lay when it was read
  main_commit TEXT,                                            -- NULL: a folder, or no main branch
  reader      INTEGER NOT NULL,                                -- version of what read it (archive/import.h)
  read_at     TEXT NOT NULL
) STRICT;

CREATE TABLE archive_heads (
  source   INTEGER NOT NULL REFERENCES archive_sources (id) ON DELETE CASCADE,
  pull     INTEGER NOT NULL,                                   -- 0: a folder
  head     TEXT NOT NULL,
  base     TEXT,                                               -- the commit that it is held against; NULL: nothing
  relation TEXT NOT NULL CHECK (relation IN ('base', 'merged', 'in_main', 'unrelated', 'folder')),
  commits  INTEGER NOT NULL,                                   -- of its own
  PRIMARY KEY (source, pull)
) STRICT, WITHOUT ROWID;

CREATE TABLE archive_folders (
  id     INTEGER PRIMARY KEY,
  source INTEGER NOT NULL,
  pull   INTEGER NOT NULL,
  path   BLOB NOT NULL,                                        -- any bytes; empty: files in no folder of a submission
  owner  INTEGER NOT NULL,                                     -- the pull request that added it first
  UNIQUE (source, pull, path),
  FOREIGN KEY (source, pull) REFERENCES archive_heads (source, pull) ON DELETE CASCADE
) STRICT;

CREATE TABLE archive_blobs (
  id    INTEGER PRIMARY KEY,
  oid   TEXT NOT NULL,                                         -- git's, of the bytes
  kind  TEXT NOT NULL CHECK (kind IN ('log', 'card', 'script', 'code', 'text')),
  bytes INTEGER,                                               -- NULL: the repository does not hold it
  lines BLOB NOT NULL,                                         -- measured lines: number, 8 bytes of the SHA-256 of each
  UNIQUE (oid, kind)
) STRICT;

CREATE TABLE archive_values (
  blob  INTEGER NOT NULL REFERENCES archive_blobs (id) ON DELETE CASCADE,
  seq   INTEGER NOT NULL,
  line  INTEGER NOT NULL,                                      -- from 1
  key   TEXT NOT NULL,                                         -- one name for one thing (docs/archive.md)
  label TEXT NOT NULL,                                         -- the words that stand before the value
  text  TEXT NOT NULL,                                         -- as printed
  PRIMARY KEY (blob, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_values_by_key ON archive_values (key, text);

CREATE TABLE archive_files (
  folder  INTEGER NOT NULL REFERENCES archive_folders (id) ON DELETE CASCADE,
  name    BLOB NOT NULL,                                       -- below the folder; any bytes
  blob    INTEGER NOT NULL REFERENCES archive_blobs (id),
  on_main INTEGER NOT NULL CHECK (on_main IN (0, 1)),          -- main has a file of that path
  PRIMARY KEY (folder, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_files_by_blob ON archive_files (blob);
