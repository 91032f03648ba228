UPDATE register_head SET format_no = 3;
DELETE FROM published_groups;
DELETE FROM waiting;
ALTER TABLE waiting DROP COLUMN stays;
ALTER TABLE waiting ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE published_groups DROP COLUMN shown;
ALTER TABLE points DROP COLUMN gathered;
DELETE FROM points;
DELETE FROM days;
CREATE TABLE month_tables (
    day DATE NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (day, name)
);
DROP TABLE point_pages;
