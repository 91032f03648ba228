//! Whoever drops, changes, disables or adds a trigger, an index, a column, a constraint or a table of the register is found.

use diesel::connection::SimpleConnection;
use green_homes::api::MAKE;
use green_homes::db::engine::migrations;
use green_homes::db::{Database, Url};
use green_homes::register::audit::audit;

use crate::migrations::empty;
use crate::postgres::cluster;
use crate::process::output;
use crate::support::{TestDatabase, db_execute, db_lines, db_sqlite, on_both_databases};

use super::{copy_of, names, written};

on_both_databases!(
    change_the_schema_is_found_and_named,
    add_what_is_the_operators_own_is_no_finding,
    audit_a_register_of_an_older_schema_compares_what_it_has,
);

const ON_BOTH: [(&str, &str); 12] = [
    ("DELETE FROM __diesel_schema_migrations WHERE version LIKE '20261124%'", "schema migrations"),
    ("INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')", "schema migrations"),
    ("DROP INDEX installations_by_site", "schema index installations_by_site"),
    ("CREATE INDEX mine ON clients (name)", "schema index mine"),
    (
        "DROP INDEX installations_by_external_id; CREATE INDEX installations_by_external_id ON installations (external_id, partner)",
        "schema index installations_by_external_id",
    ),
    ("DROP TABLE householder_codes", "schema table householder_codes"),
    ("DROP TABLE projects", "schema table projects"),
    ("DROP TABLE journal", "schema table journal"),
    ("DROP TABLE register_head", "schema table register_head"),
    ("ALTER TABLE idempotency_keys DROP COLUMN response", "idempotency_keys"),
    ("ALTER TABLE entry_facts RENAME COLUMN note TO notes", "entry_facts"),
    ("ALTER TABLE clients ADD COLUMN mine TEXT", "clients"),
];

const ON_SQLITE: [(&str, &str); 6] = [
    ("DROP TRIGGER entries_refuse_update", "schema trigger entries_refuse_update"),
    ("DROP TRIGGER releases_refuse_replace", "schema trigger releases_refuse_replace"),
    (
        "DROP TRIGGER journal_refuse_delete; CREATE TRIGGER journal_refuse_delete BEFORE DELETE ON journal \
         WHEN OLD.seq > 5 BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
        "schema trigger journal_refuse_delete",
    ),
    (
        "CREATE TRIGGER mine AFTER INSERT ON Clients BEGIN UPDATE clients SET role = 'admin' WHERE client_id = NEW.client_id; END",
        "schema trigger mine",
    ),
    (
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, '''partner'', ', '''partner'', ''any'', ') \
         WHERE name = 'clients'",
        "schema table clients",
    ),
    (
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, 'revoked_at TEXT', 'revoked_at INTEGER') \
         WHERE name = 'clients'",
        "schema table clients",
    ),
];

const ON_POSTGRES: [(&str, &str); 21] = [
    ("DROP TRIGGER entries_refuse_change ON entries", "schema trigger entries_refuse_change"),
    ("ALTER TABLE entries DISABLE TRIGGER entries_refuse_change", "schema trigger entries_refuse_change"),
    ("ALTER TABLE journal ENABLE REPLICA TRIGGER journal_refuse_truncate", "schema trigger journal_refuse_truncate"),
    ("ALTER TABLE releases DISABLE TRIGGER ALL", "schema trigger releases_refuse_update"),
    ("ALTER TABLE clients DISABLE TRIGGER ALL", "schema constraint clients.clients_partner_fkey"),
    (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "schema function refuse_change()",
    ),
    (
        "CREATE SCHEMA mine; CREATE FUNCTION mine.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE OR REPLACE TRIGGER entries_refuse_change BEFORE UPDATE OR DELETE ON entries \
         FOR EACH ROW EXECUTE FUNCTION mine.refuse_change()",
        "schema trigger entries_refuse_change",
    ),
    (
        "CREATE TRIGGER mine BEFORE INSERT ON clients FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "schema trigger mine",
    ),
    ("CREATE RULE mine AS ON DELETE TO disputes DO INSTEAD NOTHING", "schema rule mine"),
    ("ALTER TABLE sites ENABLE ROW LEVEL SECURITY", "schema table sites"),
    ("CREATE POLICY mine ON sites USING (false)", "schema policy mine"),
    ("ALTER TABLE clients DROP CONSTRAINT clients_role_check", "schema constraint clients.clients_role_check"),
    (
        "ALTER TABLE clients DROP CONSTRAINT clients_role_check; \
         ALTER TABLE clients ADD CONSTRAINT clients_role_check CHECK (role <> '') NOT VALID",
        "schema constraint clients.clients_role_check",
    ),
    ("ALTER TABLE site_refs DROP CONSTRAINT site_refs_pkey", "schema constraint site_refs.site_refs_pkey"),
    ("ALTER TABLE installations ALTER COLUMN cost_vnd TYPE NUMERIC", "schema column installations.cost_vnd"),
    ("ALTER TABLE partners ALTER COLUMN name DROP NOT NULL", "schema column partners.name"),
    ("ALTER TABLE partners ALTER COLUMN code TYPE TEXT COLLATE \"POSIX\"", "schema column partners.code"),
    ("ALTER TABLE clients ALTER COLUMN role SET DEFAULT 'admin'", "schema column clients.role"),
    ("ALTER TABLE cells SET UNLOGGED", "schema table cells"),
    // What the service would read from now on.
    ("CREATE SCHEMA postgres; CREATE TABLE postgres.clients (LIKE public.clients)", "schema table clients"),
    ("CREATE TABLE more () INHERITS (entries)", "schema table entries"),
];

async fn change_the_schema_is_found_and_named(database: TestDatabase) {
    let database = written(database).await;
    let own: &[(&str, &str)] = if database.is_sqlite() { &ON_SQLITE } else { &ON_POSTGRES };
    let mut changes = 0;
    for (change, named) in ON_BOTH.iter().chain(own) {
        let copy = copy_of(&database);
        // Tables that others refer to.
        let cascade = if database.is_sqlite() || !change.starts_with("DROP TABLE") { "" } else { " CASCADE" };
        match copy.url.strip_prefix("sqlite://") {
            // A table that others refer to goes only without foreign keys; what a schema says of itself only without a guard.
            Some(path) => db_sqlite(path).batch_execute(&format!("PRAGMA foreign_keys = OFF; {change}")).unwrap(),
            None => db_execute(&copy.url, &format!("{change}{cascade}")).unwrap(),
        }
        let open = Database::open(&Url::parse(&copy.url).unwrap(), 2).unwrap();
        let report = audit(&open, MAKE).unwrap_or_else(|error| panic!("{change}: {error}"));
        let found =
            report.findings.iter().any(|finding| finding.what.starts_with("schema ") && finding.what.contains(named));
        assert!(!report.ok && found, "{change}: {report:?}");
        changes += 1;
    }
    assert_eq!(changes, ON_BOTH.len() + own.len());
    // The same by the command.
    let (report, code) = output(&database, &["audit"]);
    assert_eq!((code, &report["not_audited"]), (Some(0), &serde_json::Value::Null), "{report}");
    let (change, named) = ON_BOTH[2];
    db_execute(&database.url, change).unwrap();
    let (report, code) = output(&database, &["audit"]);
    assert_eq!((code, report["findings"][0]["what"].as_str()), (Some(1), Some(named)), "{report}");
}

async fn add_what_is_the_operators_own_is_no_finding(database: TestDatabase) {
    let database = written(database).await;
    let tables = "CREATE TABLE mine (id INTEGER PRIMARY KEY, name TEXT); CREATE INDEX mine_by_name ON mine (name); \
                  CREATE VIEW my_partners AS SELECT code FROM partners;";
    let trigger = if database.is_sqlite() {
        "CREATE TRIGGER of_mine AFTER INSERT ON mine BEGIN SELECT 1; END"
    } else {
        "CREATE FUNCTION of_mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER of_mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION of_mine();
         CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.clients (id INTEGER)"
    };
    db_execute(&database.url, tables).unwrap();
    db_execute(&database.url, trigger).unwrap();
    let report = audit(&database.db_open(), MAKE).unwrap();
    assert!(report.ok && report.not_audited.is_empty(), "{report:?}");
    if !database.is_sqlite() {
        let schemas = "SELECT nspname::text AS line FROM pg_namespace WHERE nspname LIKE 'green_homes_audit%'";
        assert_eq!(db_lines(&database.url, schemas), Vec::<String>::new(), "nothing is left of the comparison");
    }
}

async fn audit_a_register_of_an_older_schema_compares_what_it_has(database: TestDatabase) {
    let database = empty(&database);
    let open = Database::open(&Url::parse(&database.url).unwrap(), 2).unwrap();
    db_make_older(&database, &open);
    let report = audit(&open, MAKE).unwrap();
    let [why, rest] = &report.not_audited[..] else { panic!("{report:?}") };
    assert!(report.ok && why.contains("lacks 1 of this program's migrations"), "{report:?}");
    assert!(
        rest.starts_with("the rest: ") && rest.contains("published_groups.sizes"),
        "what the last migration made: {rest}"
    );
    let (change, named) = ON_BOTH[2];
    db_execute(&database.url, change).unwrap();
    let report = audit(&open, MAKE).unwrap();
    assert!(!report.ok && names(&report, named), "{report:?}");
}

/// The register as the program before the last migration made it.
fn db_make_older(database: &TestDatabase, open: &Database) {
    let mut connection = open.connection().unwrap();
    let known = migrations::known(&connection).unwrap();
    let older = migrations::make_schema(&mut connection, known - 1).unwrap();
    let rows: Vec<String> = older.iter().map(|version| format!("('{version}')")).collect();
    let applied = "CREATE TABLE __diesel_schema_migrations (version TEXT PRIMARY KEY NOT NULL)";
    db_execute(&database.url, applied).unwrap();
    let rows = format!("INSERT INTO __diesel_schema_migrations (version) VALUES {}", rows.join(", "));
    db_execute(&database.url, &rows).unwrap();
    let zeros = if database.is_sqlite() { "zeroblob(32)" } else { "decode(repeat('00', 32), 'hex')" };
    let head = "id, version, hash, recorded_at, instance_id, purpose, contribution_no";
    let row = format!("1, 0, {zeros}, '2026-01-01 00:00:00', 'older', 'live', 3");
    db_execute(&database.url, &format!("INSERT INTO register_head ({head}) VALUES ({row})")).unwrap();
}

/// What PostgreSQL restores reads as what the migrations made.
#[test]
fn audit_what_pg_restore_made_of_a_dump_is_clean() {
    crate::support::run(async {
        let mut database = written(TestDatabase::postgres()).await;
        let name = database.url.rsplit('/').next().unwrap();
        database.url = cluster().create_database_from_a_dump_of(name);
        let (report, code) = output(&database, &["audit"]);
        assert_eq!((code, &report["not_audited"]), (Some(0), &serde_json::Value::Null), "{report}");
    });
}

/// A role that may read everything and make nothing is told so in words.
#[test]
fn audit_by_a_role_that_may_make_no_schema_says_so() {
    crate::support::run(async {
        let database = written(TestDatabase::postgres()).await;
        let role = format!("reader_{}", uuid::Uuid::new_v4().simple());
        let grant =
            format!("CREATE ROLE {role} LOGIN PASSWORD 'p'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}");
        db_execute(&database.url, &grant).unwrap();
        let (_, place) = database.url.split_once('@').unwrap();
        let reader = Url::parse(&format!("postgres://{role}:p@{place}")).unwrap();
        let report = audit(&Database::open(&reader, 2).unwrap(), MAKE).unwrap();
        let [why] = &report.not_audited[..] else { panic!("{report:?}") };
        assert!(report.ok && why.contains("may not make a schema"), "{report:?}");
        db_execute(&database.url, &format!("ALTER ROLE {role} SET default_transaction_read_only = on")).unwrap();
        let report = audit(&Database::open(&reader, 2).unwrap(), MAKE).unwrap();
        assert!(report.ok && report.not_audited[0].contains("only reads"), "{report:?}");
    });
}
