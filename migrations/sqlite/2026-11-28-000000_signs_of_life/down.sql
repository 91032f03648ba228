DROP INDEX entries_of_clocks;
DROP TRIGGER releases_refuse_delete;
CREATE TRIGGER releases_refuse_delete BEFORE DELETE ON releases
BEGIN SELECT RAISE(ABORT, 'releases are append-only'); END;
DROP TABLE voided;
ALTER TABLE register_head DROP COLUMN format_no;
ALTER TABLE register_head DROP COLUMN clock_seen;
