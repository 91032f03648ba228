-- The queue of reviewers: what waits, oldest first.
CREATE INDEX installations_waiting ON installations (id) WHERE status = 'installed';
-- Keys are kept for two days, then forgotten in one stroke.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
-- The kept answer says its status itself.
ALTER TABLE idempotency_keys DROP COLUMN status;
