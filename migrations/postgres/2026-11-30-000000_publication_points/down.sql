DROP TABLE published_groups;
DROP TABLE waiting;
DROP TABLE points;
UPDATE register_head SET format_no = 2;
