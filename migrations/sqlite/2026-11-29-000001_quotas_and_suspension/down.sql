DROP INDEX installations_by_recording;
DROP INDEX installations_unverified;
DROP INDEX installations_set_aside;
ALTER TABLE installations DROP COLUMN set_aside;
ALTER TABLE partners DROP COLUMN quota_until;
ALTER TABLE partners DROP COLUMN daily_installations;
ALTER TABLE entries DROP COLUMN public_version;
