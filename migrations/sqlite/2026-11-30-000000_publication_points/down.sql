DROP TABLE published_groups;
DROP TABLE waiting;
DROP TABLE points;
