-- The register: schema of ARCHITECTURE.md, "Data". The same names stand in both databases.

CREATE TABLE register_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    instance_id TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('live', 'demo')),
    contribution_no INTEGER NOT NULL
);

CREATE TABLE partners (
    code TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT,
    vcca_role TEXT,
    listed BOOLEAN NOT NULL,
    sandbox BOOLEAN NOT NULL,
    suspended_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE clients (
    client_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('partner', 'dashboard', 'reviewer', 'admin')),
    partner TEXT COLLATE "C" REFERENCES partners (code),
    province_code TEXT,
    created_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP,
    CHECK ((role = 'partner') = (partner IS NOT NULL))
);

-- Argon2id hashes; two are in force while a secret is being changed.
CREATE TABLE client_secrets (
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id),
    hash TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    PRIMARY KEY (client_id, hash)
);

CREATE TABLE projects (
    code TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name_vi TEXT NOT NULL,
    name_en TEXT NOT NULL,
    funder TEXT,
    created_at TIMESTAMP NOT NULL
);

-- Public halves only: each process keeps its private key in its own data directory.
CREATE TABLE signing_keys (
    kid TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    public_key TEXT NOT NULL,
    not_after TIMESTAMP NOT NULL
);

-- No foreign keys from here to installation_measures: PostgreSQL checks them row by row, which
-- takes a quarter of the time of a write (ARCHITECTURE.md, "Speed"). SQLite has them, and every
-- test runs on it, too; triggers below keep the parents; the audit names rows without one.
CREATE TABLE sites (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    partner TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('home', 'building', 'office', 'factory')),
    province_code TEXT NOT NULL,
    former_province_code TEXT,
    commune_code TEXT,
    low_income BOOLEAN,
    remote BOOLEAN,
    woman_headed BOOLEAN,
    place_version INTEGER NOT NULL,
    superseded_by TEXT COLLATE "C",
    revision INTEGER NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE site_refs (
    partner TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (partner, external_id)
);
CREATE INDEX site_refs_by_site ON site_refs (site);

-- Personal data lives in this table and nowhere else.
CREATE TABLE site_private (
    site TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    address TEXT,
    grid_customer_code TEXT COLLATE "C",
    lat_microdeg INTEGER,
    lon_microdeg INTEGER,
    consent_on DATE,
    consent_text_version INTEGER,
    CHECK ((lat_microdeg IS NULL) = (lon_microdeg IS NULL)),
    CHECK ((consent_on IS NULL) = (consent_text_version IS NULL))
);
CREATE INDEX site_private_by_grid_code ON site_private (grid_customer_code) WHERE grid_customer_code IS NOT NULL;

CREATE TABLE installations (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    site TEXT COLLATE "C" NOT NULL,
    partner TEXT COLLATE "C" NOT NULL,
    -- Copied from the partner, where it never changes, so that counting needs no other table.
    sandbox BOOLEAN NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    project TEXT COLLATE "C",
    installed_on DATE,
    status TEXT NOT NULL
        CHECK (status IN ('pledged', 'installed', 'verified', 'rejected', 'withdrawn', 'decommissioned')),
    evidence_tier TEXT CHECK (evidence_tier IN ('sampled', 'document', 'inspected', 'metered')),
    reported_at TIMESTAMP NOT NULL,
    verified_at TIMESTAMP,
    decommissioned_on DATE,
    cost_vnd BIGINT CHECK (cost_vnd >= 0),
    support_vnd BIGINT CHECK (support_vnd >= 0),
    finance TEXT,
    system_owner TEXT,
    power_use TEXT,
    attributes_sold TEXT,
    registered_version BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((evidence_tier IS NULL) = (verified_at IS NULL)),
    CHECK ((status = 'decommissioned') = (decommissioned_on IS NOT NULL))
);
CREATE INDEX installations_by_site ON installations (site);
CREATE INDEX installations_by_partner ON installations (partner, id);
-- Last, because the planner takes the last of equals, and knows nothing of a young table.
CREATE UNIQUE INDEX installations_by_external_id ON installations (partner, external_id);

CREATE TABLE installation_measures (
    installation TEXT COLLATE "C" NOT NULL,
    measure INTEGER NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    inverter_w BIGINT CHECK (inverter_w > 0),
    PRIMARY KEY (installation, measure)
);

CREATE TABLE entries (
    version BIGINT NOT NULL PRIMARY KEY,
    recorded_at TIMESTAMP NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    cause TEXT NOT NULL,
    subject TEXT NOT NULL,
    digest BYTEA NOT NULL,
    journal_digest BYTEA NOT NULL,
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL
);

CREATE TABLE entry_facts (
    version BIGINT NOT NULL PRIMARY KEY,
    salt BYTEA,
    facts TEXT NOT NULL,
    note TEXT
);

CREATE TABLE journal (
    version BIGINT NOT NULL,
    seq INTEGER NOT NULL,
    recorded_on DATE NOT NULL,
    cause TEXT NOT NULL,
    cell BIGINT NOT NULL,
    deltas TEXT NOT NULL,
    PRIMARY KEY (version, seq)
);

-- Cells at one version of the journal: a checkpoint, so that a start need not read it all.
CREATE TABLE cells (
    cell BIGINT NOT NULL PRIMARY KEY,
    totals TEXT NOT NULL
);
CREATE TABLE cells_checkpoint (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO cells_checkpoint (id, version) VALUES (1, 0);

-- The snapshot of each closed day in Hà Nội.
CREATE TABLE days (
    day DATE NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE idempotency_keys (
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id),
    key TEXT COLLATE "C" NOT NULL,
    request_digest BYTEA NOT NULL,
    status INTEGER,
    response TEXT,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (client_id, key)
);

-- What was written stays written. Only the salt and the note of an entry may be erased.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE FUNCTION refuse_all_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version = OLD.version AND NEW.facts = OLD.facts AND NEW.salt IS NULL AND NEW.note IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'only salt and note of an entry may be erased';
END $$;
CREATE FUNCTION refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are kept for ever', TG_TABLE_NAME;
END $$;
CREATE TRIGGER entries_refuse_change BEFORE UPDATE OR DELETE ON entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_refuse_change BEFORE UPDATE OR DELETE ON journal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_facts_refuse_delete BEFORE DELETE ON entry_facts
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_facts_refuse_update BEFORE UPDATE ON entry_facts
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_erasure();
CREATE TRIGGER entries_refuse_truncate BEFORE TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_refuse_truncate BEFORE TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_facts_refuse_truncate BEFORE TRUNCATE ON entry_facts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER partners_refuse_delete BEFORE DELETE ON partners
    FOR EACH ROW EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER partners_refuse_truncate BEFORE TRUNCATE ON partners
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER sites_refuse_delete BEFORE DELETE ON sites
    FOR EACH ROW EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER site_refs_refuse_change BEFORE UPDATE OR DELETE ON site_refs
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER site_refs_refuse_truncate BEFORE TRUNCATE ON site_refs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sites_refuse_truncate BEFORE TRUNCATE ON sites
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER installations_refuse_delete BEFORE DELETE ON installations
    FOR EACH ROW EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER installations_refuse_truncate BEFORE TRUNCATE ON installations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
