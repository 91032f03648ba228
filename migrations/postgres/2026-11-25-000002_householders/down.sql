-- Drops what householders said, their codes, and when they withdrew their consent.
DROP INDEX sites_by_successor;
DROP INDEX entries_by_subject;
DROP TABLE disputes;
DROP TABLE householder_codes;
ALTER TABLE site_private DROP COLUMN consent_withdrawn_on;
