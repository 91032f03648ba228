-- The person at home: withdrawal of consent, codes, disputes.

ALTER TABLE site_private ADD COLUMN consent_withdrawn_on TEXT;

-- What a householder shows in place of a password, kept as its SHA-256 alone. One a site.
CREATE TABLE householder_codes (
    hash BLOB NOT NULL PRIMARY KEY,
    site TEXT NOT NULL UNIQUE REFERENCES sites (id),
    issued_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a householder says is wrong. Its id is the version of its entry, which seals it and has the note.
CREATE TABLE disputes (
    id INTEGER NOT NULL PRIMARY KEY,
    site TEXT NOT NULL REFERENCES sites (id),
    installation TEXT REFERENCES installations (id),
    reason TEXT NOT NULL CHECK (reason IN ('not_here', 'wrong_facts', 'no_consent', 'other')),
    opened_at TEXT NOT NULL,
    closed_at TEXT,
    closed_version INTEGER,
    outcome TEXT CHECK (outcome IN ('upheld', 'dismissed')),
    CHECK ((closed_at IS NULL) = (outcome IS NULL)),
    CHECK ((closed_at IS NULL) = (closed_version IS NULL))
) STRICT;
CREATE INDEX disputes_by_site ON disputes (site);
CREATE INDEX disputes_open ON disputes (id) WHERE closed_at IS NULL;

-- Registrations are found by registered_version; they need no row here.
CREATE INDEX entries_by_subject ON entries (subject) WHERE action <> 'register';
CREATE INDEX sites_by_successor ON sites (superseded_by) WHERE superseded_by IS NOT NULL;
