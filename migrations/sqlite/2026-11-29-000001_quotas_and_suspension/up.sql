-- Of an entry of a sandbox partner: the newest entry before it that is none. Public numbers bear the version of that one. Of every
-- other entry: null.
ALTER TABLE entries ADD COLUMN public_version INTEGER;

-- The installations that a partner may register a day up to and including the day quota_until; null is what everybody may.
ALTER TABLE partners ADD COLUMN daily_installations INTEGER;
ALTER TABLE partners ADD COLUMN quota_until TEXT;

-- Whether it counts for nothing, because its partner is suspended and nobody verified it.
ALTER TABLE installations ADD COLUMN set_aside INTEGER NOT NULL DEFAULT 0;
CREATE INDEX installations_set_aside ON installations (partner, id) WHERE set_aside;
-- What a suspension of the partner sets aside.
CREATE INDEX installations_unverified ON installations (partner, id)
    WHERE NOT sandbox AND NOT set_aside AND evidence_tier IS NULL AND status IN ('pledged', 'installed', 'decommissioned');
-- What a partner registered on a day.
CREATE INDEX installations_by_recording ON installations (partner, reported_at);
