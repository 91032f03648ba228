-- Days are kept with what moved on each of them, by cause, and with whose names their headline bears. Those that
-- were kept without are made up again from the journal.
DELETE FROM days;
ALTER TABLE days ADD COLUMN public_url TEXT NOT NULL DEFAULT '';
ALTER TABLE days ADD COLUMN publisher TEXT NOT NULL DEFAULT '';
ALTER TABLE days ADD COLUMN changes TEXT NOT NULL DEFAULT '';

-- The public tables at the end of each closed month.
CREATE TABLE month_tables (
    day DATE NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (day, name)
);

-- Headlines that were published for good: which day's, at which version, by which entry, with their SHA-256.
CREATE TABLE releases (
    day DATE NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    sha256 BYTEA NOT NULL,
    public_url TEXT NOT NULL,
    publisher TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TRIGGER releases_refuse_change BEFORE UPDATE OR DELETE ON releases
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER releases_refuse_truncate BEFORE TRUNCATE ON releases
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
