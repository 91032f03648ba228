UPDATE register_head SET format_no = 3;
ALTER TABLE published_groups DROP COLUMN shown;
DELETE FROM published_groups;
DELETE FROM waiting;
DELETE FROM points;
DELETE FROM days;
CREATE TABLE month_tables (
    day DATE NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (day, name)
);
DROP TABLE point_pages;
