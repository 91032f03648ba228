-- The pages of each publication point, compressed: figures and tables as they were published. Days and points are made anew from
-- the journal, with these pages.
CREATE TABLE point_pages (
    point INTEGER NOT NULL,
    name TEXT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (point, name)
);
DROP TABLE month_tables;
DELETE FROM days;
DELETE FROM points;
DELETE FROM waiting;
DELETE FROM published_groups;

-- The sum of what a group shows, to know when its last site leaves.
ALTER TABLE published_groups ADD COLUMN shown TEXT NOT NULL DEFAULT '[]';

-- Answers about people that have company and wait for the end of the quarter, added up by cell.
ALTER TABLE points ADD COLUMN gathered TEXT NOT NULL DEFAULT '';

-- The stay of what waits in each remainder, in place of one point for all.
ALTER TABLE waiting DROP COLUMN since;
ALTER TABLE waiting ADD COLUMN stays TEXT NOT NULL DEFAULT '';

-- An older program would keep days without figures of points, so it stops writing.
UPDATE register_head SET format_no = 4;
