-- The last instant at which a clock was believed: later than the newest entry where nothing was recorded since.
ALTER TABLE register_head ADD COLUMN clock_seen TEXT;
-- The form of what is written. A program that knows only an older form stops writing.
ALTER TABLE register_head ADD COLUMN format_no INTEGER NOT NULL DEFAULT 1;

-- Closed days and releases that a clock which was ahead had sealed, and the entry that declared them void.
CREATE TABLE voided (
    day TEXT NOT NULL,
    is_release INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    PRIMARY KEY (day, is_release, entry)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER voided_refuse_update BEFORE UPDATE ON voided
BEGIN SELECT RAISE(ABORT, 'what is void stays void'); END;
CREATE TRIGGER voided_refuse_delete BEFORE DELETE ON voided
BEGIN SELECT RAISE(ABORT, 'what is void stays void'); END;
CREATE TRIGGER voided_refuse_replace BEFORE INSERT ON voided
WHEN EXISTS (SELECT 1 FROM voided WHERE day = NEW.day AND is_release = NEW.is_release AND entry = NEW.entry)
BEGIN SELECT RAISE(ABORT, 'what is void stays void'); END;
DROP TRIGGER releases_refuse_delete;
CREATE TRIGGER releases_refuse_delete BEFORE DELETE ON releases
WHEN NOT EXISTS (SELECT 1 FROM voided WHERE day = OLD.day AND is_release = 1 AND sha256 = OLD.sha256)
BEGIN SELECT RAISE(ABORT, 'releases are append-only'); END;

CREATE INDEX entries_of_clocks ON entries (version) WHERE action = 'set_clock_back';
