ALTER TABLE register_head DROP COLUMN closed_day;
ALTER TABLE days DROP COLUMN verified_sites;
DROP INDEX entries_of_methodologies;
