-- Schema 6: runs that were taken out of lists, boards and comparisons. They stay on record, and their seal covers why.
ALTER TABLE runs ADD COLUMN withdrawn_at TEXT;      -- NULL: not withdrawn
ALTER TABLE runs ADD COLUMN withdrawn_reason TEXT;  -- in the words of who did it
