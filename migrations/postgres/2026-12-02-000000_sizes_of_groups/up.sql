-- The sizes of the sites that a group shows: the largest stay while one or two would be most of what is left. Points are made anew by this rule.
DELETE FROM days;
DELETE FROM point_pages;
DELETE FROM points;
DELETE FROM waiting;
DELETE FROM published_groups;
ALTER TABLE published_groups ADD COLUMN sizes TEXT NOT NULL DEFAULT '0 0';

-- An older program would store groups without them, so it stops writing.
UPDATE register_head SET format_no = 5;
