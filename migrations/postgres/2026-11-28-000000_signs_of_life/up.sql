-- The last instant at which a clock was believed: later than the newest entry where nothing was recorded since.
ALTER TABLE register_head ADD COLUMN clock_seen TIMESTAMP;
-- The form of what is written. A program that knows only an older form stops writing.
ALTER TABLE register_head ADD COLUMN format_no INTEGER NOT NULL DEFAULT 1;

-- Closed days and releases that a clock which was ahead had sealed, and the entry that declared them void.
CREATE TABLE voided (
    day DATE NOT NULL,
    is_release BOOLEAN NOT NULL,
    entry BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    PRIMARY KEY (day, is_release, entry)
);
CREATE TRIGGER voided_refuse_change BEFORE UPDATE OR DELETE ON voided
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER voided_refuse_truncate BEFORE TRUNCATE ON voided
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DROP TRIGGER releases_refuse_change ON releases;
CREATE TRIGGER releases_refuse_update BEFORE UPDATE ON releases
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_unless_voided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM voided WHERE day = OLD.day AND is_release AND sha256 = OLD.sha256) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER releases_refuse_delete BEFORE DELETE ON releases
    FOR EACH ROW EXECUTE FUNCTION refuse_unless_voided();

CREATE INDEX entries_of_clocks ON entries (version) WHERE action = 'set_clock_back';
