-- Days are kept with what moved on each of them, by cause, and with whose names their headline bears. Those that
-- were kept without are made up again from the journal.
DELETE FROM days;
ALTER TABLE days ADD COLUMN public_url TEXT NOT NULL DEFAULT '';
ALTER TABLE days ADD COLUMN publisher TEXT NOT NULL DEFAULT '';
ALTER TABLE days ADD COLUMN changes TEXT NOT NULL DEFAULT '';

-- The public tables at the end of each closed month.
CREATE TABLE month_tables (
    day TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (day, name)
) STRICT, WITHOUT ROWID;

-- Headlines that were published for good: which day's, at which version, by which entry, with their SHA-256.
CREATE TABLE releases (
    day TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    published_at TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    public_url TEXT NOT NULL,
    publisher TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER releases_refuse_update BEFORE UPDATE ON releases
BEGIN SELECT RAISE(ABORT, 'releases are append-only'); END;
CREATE TRIGGER releases_refuse_delete BEFORE DELETE ON releases
BEGIN SELECT RAISE(ABORT, 'releases are append-only'); END;
CREATE TRIGGER releases_refuse_replace BEFORE INSERT ON releases
WHEN EXISTS (SELECT 1 FROM releases WHERE day = NEW.day)
BEGIN SELECT RAISE(ABORT, 'releases are append-only'); END;
