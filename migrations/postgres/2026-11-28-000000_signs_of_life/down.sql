DROP INDEX entries_of_clocks;
DROP TRIGGER releases_refuse_delete ON releases;
DROP FUNCTION refuse_unless_voided;
DROP TRIGGER releases_refuse_update ON releases;
CREATE TRIGGER releases_refuse_change BEFORE UPDATE OR DELETE ON releases
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP TABLE voided;
ALTER TABLE register_head DROP COLUMN format_no;
ALTER TABLE register_head DROP COLUMN clock_seen;
