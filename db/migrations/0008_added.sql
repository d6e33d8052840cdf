-- Schema 8: when the folder of a submission was added.
ALTER TABLE archive_folders ADD COLUMN added_at INTEGER;  -- author's time of the first commit that has it; NULL: unknown
