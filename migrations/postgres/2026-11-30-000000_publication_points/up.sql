-- The closes of days at which figures moved. A point that a clock ahead had made is void, and its number is not given again.
CREATE TABLE points (
    number INTEGER NOT NULL PRIMARY KEY,
    day DATE NOT NULL,
    version BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    -- The version of the cells that it shows: an activation makes a point without moving them.
    cells_version BIGINT NOT NULL,
    methodology INTEGER NOT NULL,
    -- What the national sums moved by, and the part of it that is told by cause.
    national TEXT NOT NULL,
    by_cause TEXT NOT NULL,
    is_void BOOLEAN NOT NULL DEFAULT FALSE
);

-- What the newest point does not show yet, of which site.
CREATE TABLE waiting (
    place INTEGER NOT NULL PRIMARY KEY,
    partition TEXT NOT NULL,
    site TEXT NOT NULL,
    cell BIGINT NOT NULL,
    cause TEXT,
    totals TEXT NOT NULL,
    depth INTEGER NOT NULL,
    since INTEGER NOT NULL,
    new_to INTEGER NOT NULL
);

-- What has to be known of a group from one point to the next.
CREATE TABLE published_groups (
    partition TEXT NOT NULL,
    strand BIGINT NOT NULL,
    path TEXT NOT NULL,
    moved_at INTEGER,
    earlier TEXT NOT NULL,
    PRIMARY KEY (partition, strand, path)
);

-- Days and tables show the newest point from now on. They are made anew from the journal, each with its point.
DELETE FROM month_tables;
DELETE FROM days;

-- An older program would close days without their points, so it stops writing.
UPDATE register_head SET format_no = 3;
