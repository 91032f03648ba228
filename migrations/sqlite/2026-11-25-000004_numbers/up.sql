-- Which methodology is in force since when: the entries say it.
CREATE INDEX entries_of_methodologies ON entries (version) WHERE action = 'activate_methodology';
-- Verified sites at the end of each closed day, for the pace.
ALTER TABLE days ADD COLUMN verified_sites INTEGER NOT NULL DEFAULT 0;
-- The last day that is kept: whatever the clock of a process says, nothing is recorded on it any more.
ALTER TABLE register_head ADD COLUMN closed_day TEXT;
