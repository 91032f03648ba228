-- The partner that a reviewer works for: nobody reviews their own.
ALTER TABLE clients ADD COLUMN affiliation TEXT REFERENCES partners (code);
