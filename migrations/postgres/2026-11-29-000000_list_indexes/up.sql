-- Lists of installations: an index for each single filter and for a status in a province, so that no list reads the rows of a whole
-- partner or register. Where a filter names no status, the six statuses are read side by side.

-- Copied from the site, so that an index can have it. The audit compares both.
ALTER TABLE installations ADD COLUMN province_code TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE installations SET province_code = (SELECT province_code FROM sites WHERE sites.id = installations.site);
-- An older program would leave the province out, and count what the next migration sets aside.
UPDATE register_head SET format_no = 2;

DROP INDEX installations_waiting;
DROP INDEX installations_by_partner;
DROP INDEX installations_by_external_id;
CREATE INDEX installations_by_status ON installations (status, id);
CREATE INDEX installations_by_province ON installations (province_code, status, id);
CREATE INDEX installations_by_partner ON installations (partner, status, id);
CREATE INDEX installations_by_partner_and_province ON installations (partner, province_code, status, id);
-- Last, because the planner takes the last of equals, and knows nothing of a young table.
CREATE UNIQUE INDEX installations_by_external_id ON installations (external_id, partner);

-- The history of a record is read in the order of versions.
DROP INDEX entries_by_subject;
CREATE INDEX entries_by_subject ON entries (subject, version) WHERE action <> 'register';
