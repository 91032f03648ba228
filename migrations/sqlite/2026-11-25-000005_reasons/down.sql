DROP TABLE releases;
DROP TABLE month_tables;
ALTER TABLE days DROP COLUMN changes;
ALTER TABLE days DROP COLUMN publisher;
ALTER TABLE days DROP COLUMN public_url;
