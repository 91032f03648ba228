-- The pages of each publication point, compressed: figures and tables as they were published. Days and points are made anew from
-- the journal, with these pages.
CREATE TABLE point_pages (
    point INTEGER NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (point, name)
) STRICT;
DROP TABLE month_tables;

-- With a row number: to find a key among rows that are their own index, SQLite reads whole rows, and a day of a million entries has tens of
-- megabytes of changes.
DROP TABLE days;
CREATE TABLE days (
    day TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    hash BLOB NOT NULL,
    verified_sites INTEGER NOT NULL,
    body TEXT NOT NULL,
    publisher TEXT NOT NULL,
    changes TEXT NOT NULL
) STRICT;

DELETE FROM points;
DELETE FROM waiting;

-- With a place, so that a point writes the groups that changed, and with the sum of what a group shows, to know when its last site leaves.
DROP TABLE published_groups;
CREATE TABLE published_groups (
    place INTEGER NOT NULL PRIMARY KEY,
    partition TEXT NOT NULL,
    strand INTEGER NOT NULL,
    path TEXT NOT NULL,
    moved_at INTEGER,
    earlier TEXT NOT NULL,
    shown TEXT NOT NULL
) STRICT;

-- Answers about people that have company and wait for the end of the quarter, added up by cell.
ALTER TABLE points ADD COLUMN gathered TEXT NOT NULL DEFAULT '';

-- The stay of what waits in each remainder, in place of one point for all.
ALTER TABLE waiting DROP COLUMN since;
ALTER TABLE waiting ADD COLUMN stays TEXT NOT NULL DEFAULT '';

-- An older program would keep days without figures of points, so it stops writing.
UPDATE register_head SET format_no = 4;
