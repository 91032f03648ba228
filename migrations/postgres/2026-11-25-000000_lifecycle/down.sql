ALTER TABLE idempotency_keys ADD COLUMN status INTEGER;
DROP INDEX idempotency_keys_by_age;
DROP INDEX installations_waiting;
