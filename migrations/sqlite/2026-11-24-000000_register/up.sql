-- The register: schema of ARCHITECTURE.md, "Data". The same names stand in both databases.

CREATE TABLE register_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    hash BLOB NOT NULL,
    recorded_at TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('live', 'demo')),
    contribution_no INTEGER NOT NULL
) STRICT;

CREATE TABLE partners (
    code TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT,
    vcca_role TEXT,
    listed INTEGER NOT NULL,
    sandbox INTEGER NOT NULL,
    suspended_at TEXT,
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE clients (
    client_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('partner', 'dashboard', 'reviewer', 'admin')),
    partner TEXT REFERENCES partners (code),
    province_code TEXT,
    created_at TEXT NOT NULL,
    revoked_at TEXT,
    CHECK ((role = 'partner') = (partner IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Argon2id hashes; two are in force while a secret is being changed.
CREATE TABLE client_secrets (
    client_id TEXT NOT NULL REFERENCES clients (client_id),
    hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    PRIMARY KEY (client_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE projects (
    code TEXT NOT NULL PRIMARY KEY,
    name_vi TEXT NOT NULL,
    name_en TEXT NOT NULL,
    funder TEXT,
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Public halves only: each process keeps its private key in its own data directory.
CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    public_key TEXT NOT NULL,
    not_after TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sites (
    id TEXT NOT NULL PRIMARY KEY,
    partner TEXT NOT NULL REFERENCES partners (code),
    kind TEXT NOT NULL CHECK (kind IN ('home', 'building', 'office', 'factory')),
    province_code TEXT NOT NULL,
    former_province_code TEXT,
    commune_code TEXT,
    low_income INTEGER,
    remote INTEGER,
    woman_headed INTEGER,
    place_version INTEGER NOT NULL,
    superseded_by TEXT REFERENCES sites (id),
    revision INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE site_refs (
    partner TEXT NOT NULL REFERENCES partners (code),
    external_id TEXT NOT NULL,
    site TEXT NOT NULL REFERENCES sites (id),
    version INTEGER NOT NULL,
    PRIMARY KEY (partner, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX site_refs_by_site ON site_refs (site);

-- Personal data lives in this table and nowhere else.
CREATE TABLE site_private (
    site TEXT NOT NULL PRIMARY KEY REFERENCES sites (id),
    address TEXT,
    grid_customer_code TEXT,
    lat_microdeg INTEGER,
    lon_microdeg INTEGER,
    consent_on TEXT,
    consent_text_version INTEGER,
    CHECK ((lat_microdeg IS NULL) = (lon_microdeg IS NULL)),
    CHECK ((consent_on IS NULL) = (consent_text_version IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX site_private_by_grid_code ON site_private (grid_customer_code) WHERE grid_customer_code IS NOT NULL;

CREATE TABLE installations (
    id TEXT NOT NULL PRIMARY KEY,
    site TEXT NOT NULL REFERENCES sites (id),
    partner TEXT NOT NULL REFERENCES partners (code),
    -- Copied from the partner, where it never changes, so that counting needs no other table.
    sandbox INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    project TEXT REFERENCES projects (code),
    installed_on TEXT,
    status TEXT NOT NULL
        CHECK (status IN ('pledged', 'installed', 'verified', 'rejected', 'withdrawn', 'decommissioned')),
    evidence_tier TEXT CHECK (evidence_tier IN ('sampled', 'document', 'inspected', 'metered')),
    reported_at TEXT NOT NULL,
    verified_at TEXT,
    decommissioned_on TEXT,
    cost_vnd INTEGER CHECK (cost_vnd >= 0),
    support_vnd INTEGER CHECK (support_vnd >= 0),
    finance TEXT,
    system_owner TEXT,
    power_use TEXT,
    attributes_sold TEXT,
    registered_version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CHECK ((evidence_tier IS NULL) = (verified_at IS NULL)),
    CHECK ((status = 'decommissioned') = (decommissioned_on IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX installations_by_site ON installations (site);
CREATE INDEX installations_by_partner ON installations (partner, id);
CREATE UNIQUE INDEX installations_by_external_id ON installations (partner, external_id);

CREATE TABLE installation_measures (
    installation TEXT NOT NULL REFERENCES installations (id),
    measure INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    inverter_w INTEGER CHECK (inverter_w > 0),
    PRIMARY KEY (installation, measure)
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
    version INTEGER NOT NULL PRIMARY KEY,
    recorded_at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    cause TEXT NOT NULL,
    subject TEXT NOT NULL,
    digest BLOB NOT NULL,
    journal_digest BLOB NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TABLE entry_facts (
    version INTEGER NOT NULL PRIMARY KEY,
    salt BLOB,
    facts TEXT NOT NULL,
    note TEXT
) STRICT;

CREATE TABLE journal (
    version INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    recorded_on TEXT NOT NULL,
    cause TEXT NOT NULL,
    cell INTEGER NOT NULL,
    deltas TEXT NOT NULL,
    PRIMARY KEY (version, seq)
) STRICT, WITHOUT ROWID;

-- Cells at one version of the journal: a checkpoint, so that a start need not read it all.
CREATE TABLE cells (
    cell INTEGER NOT NULL PRIMARY KEY,
    totals TEXT NOT NULL
) STRICT;
CREATE TABLE cells_checkpoint (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO cells_checkpoint (id, version) VALUES (1, 0);

-- The snapshot of each closed day in Hà Nội.
CREATE TABLE days (
    day TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
    client_id TEXT NOT NULL REFERENCES clients (client_id),
    key TEXT NOT NULL,
    request_digest BLOB NOT NULL,
    status INTEGER,
    response TEXT,
    created_at TEXT NOT NULL,
    PRIMARY KEY (client_id, key)
) STRICT, WITHOUT ROWID;

-- What was written stays written. Only the salt and the note of an entry may be erased.
CREATE TRIGGER entries_refuse_update BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
CREATE TRIGGER entries_refuse_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
-- To SQLite a REPLACE deletes no row that a trigger would see.
CREATE TRIGGER entries_refuse_replace BEFORE INSERT ON entries
WHEN EXISTS (SELECT 1 FROM entries WHERE version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
CREATE TRIGGER journal_refuse_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_refuse_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_refuse_replace BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE version = NEW.version AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER entry_facts_refuse_delete BEFORE DELETE ON entry_facts
BEGIN SELECT RAISE(ABORT, 'facts are kept for ever'); END;
CREATE TRIGGER entry_facts_refuse_update BEFORE UPDATE ON entry_facts
WHEN NOT (NEW.version = OLD.version AND NEW.facts = OLD.facts AND NEW.salt IS NULL AND NEW.note IS NULL)
BEGIN SELECT RAISE(ABORT, 'only salt and note of an entry may be erased'); END;
CREATE TRIGGER entry_facts_refuse_replace BEFORE INSERT ON entry_facts
WHEN EXISTS (SELECT 1 FROM entry_facts WHERE version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'facts are kept for ever'); END;
CREATE TRIGGER partners_refuse_delete BEFORE DELETE ON partners
BEGIN SELECT RAISE(ABORT, 'rows of partners are kept for ever'); END;
CREATE TRIGGER sites_refuse_delete BEFORE DELETE ON sites
BEGIN SELECT RAISE(ABORT, 'rows of sites are kept for ever'); END;
CREATE TRIGGER site_refs_refuse_update BEFORE UPDATE ON site_refs
BEGIN SELECT RAISE(ABORT, 'names of sites are append-only'); END;
CREATE TRIGGER site_refs_refuse_delete BEFORE DELETE ON site_refs
BEGIN SELECT RAISE(ABORT, 'names of sites are append-only'); END;
CREATE TRIGGER installations_refuse_delete BEFORE DELETE ON installations
BEGIN SELECT RAISE(ABORT, 'rows of installations are kept for ever'); END;
