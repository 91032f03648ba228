DELETE FROM days;
DELETE FROM point_pages;
DELETE FROM points;
DELETE FROM waiting;
DELETE FROM published_groups;
ALTER TABLE published_groups DROP COLUMN sizes;
UPDATE register_head SET format_no = 4;
