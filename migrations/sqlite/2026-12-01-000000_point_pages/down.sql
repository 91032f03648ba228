UPDATE register_head SET format_no = 3;
DELETE FROM waiting;
ALTER TABLE waiting DROP COLUMN stays;
ALTER TABLE waiting ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
DROP TABLE published_groups;
CREATE TABLE published_groups (
    partition TEXT NOT NULL,
    strand INTEGER NOT NULL,
    path TEXT NOT NULL,
    moved_at INTEGER,
    earlier TEXT NOT NULL,
    PRIMARY KEY (partition, strand, path)
) STRICT, WITHOUT ROWID;
ALTER TABLE points DROP COLUMN gathered;
DELETE FROM points;
DROP TABLE days;
CREATE TABLE days (
    day TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body TEXT NOT NULL,
    verified_sites INTEGER NOT NULL DEFAULT 0,
    publisher TEXT NOT NULL DEFAULT '',
    changes TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE TABLE month_tables (
    day TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (day, name)
) STRICT;
DROP TABLE point_pages;
