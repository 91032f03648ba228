ALTER TABLE clients DROP COLUMN affiliation;
