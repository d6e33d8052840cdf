-- Schema 3: runs that came as a bundle. What was measured in them was measured elsewhere.
ALTER TABLE runs ADD COLUMN imported_at TEXT;     -- NULL: it ran here
ALTER TABLE runs ADD COLUMN bundle_sha256 TEXT;   -- of the archive that it came in
