//! The schema's way up and down, two processes on it at once, and what it refuses whoever asks.

use std::process::Stdio;
use std::sync::{Arc, Barrier};

use diesel::result::Error;
use green_homes::api::MAKE;
use green_homes::app;
use green_homes::db::engine::{pending, revert_all};
use green_homes::db::{Database, Url};
use green_homes::domain::records::Role;
use green_homes::register::system_clock;
use serde_json::json;

use crate::postgres::cluster;
use crate::process::command;
use crate::support::{App, TestDatabase, db_execute, db_lines, home, on_both_databases};

on_both_databases!(
    migrate_down_and_up_again_leaves_the_same_schema,
    migrate_an_empty_database_many_times_at_once_succeeds_each_time,
    migrate_what_a_newer_version_migrated_is_refused_in_words,
    change_what_was_written_is_refused_by_the_database,
    replace_what_was_written_is_refused_by_the_database,
    erase_salt_and_note_of_an_entry_is_all_that_may_be_erased,
);

async fn migrate_down_and_up_again_leaves_the_same_schema(database: TestDatabase) {
    let database = empty(&database);
    let nothing = schema(&database);
    let open = database.db_open();
    assert_eq!(pending(&mut open.connection().unwrap()).unwrap(), 0);
    let made = schema(&database);
    assert!(made.iter().any(|line| line.contains("entries")), "{made:?}");
    let reverted = revert_all(&mut open.connection().unwrap()).unwrap();
    assert!(reverted >= 1);
    assert_eq!(schema(&database), nothing, "down leaves nothing behind");
    assert_eq!(pending(&mut open.connection().unwrap()).unwrap(), reverted);
    assert_eq!(app::migrate(&open, &system_clock(), database.data_dir.path()).unwrap(), reverted);
    assert_eq!(schema(&database), made);
    assert_eq!(
        app::migrate(&open, &system_clock(), database.data_dir.path()).unwrap(),
        0,
        "once more is nothing to do"
    );
    drop(open);
    let app = App::start(database).await;
    app.partner("SOLARCO").await.register(&home("a")).await;
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn migrate_an_empty_database_many_times_at_once_succeeds_each_time(database: TestDatabase) {
    for _ in 0..5 {
        let database = empty(&database);
        let barrier = Arc::new(Barrier::new(4));
        let threads = (0..4).map(|_| {
            let (settings, barrier) = (database.settings(), barrier.clone());
            std::thread::spawn(move || {
                barrier.wait();
                app::open_database(&settings, &system_clock()).map(drop).map_err(|error| error.to_string())
            })
        });
        for thread in threads.collect::<Vec<_>>() {
            assert_eq!(thread.join().unwrap(), Ok(()));
        }
    }
    let database = empty(&database);
    let migrate = || command(&database, database.data_dir.path()).arg("init").stderr(Stdio::piped()).spawn().unwrap();
    for process in [migrate(), migrate()] {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let heads = db_lines(&database.url, "SELECT instance_id AS line FROM register_head");
    assert_eq!(heads.len(), 1, "one head, whoever was first");
}

async fn migrate_what_a_newer_version_migrated_is_refused_in_words(database: TestDatabase) {
    drop(database.db_open());
    db_execute(&database.url, "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')").unwrap();
    let before = schema(&database);
    let Err(error) = app::open_database(&database.settings(), &system_clock()) else { panic!("it was opened") };
    assert!(error.to_string().contains("newer") && error.to_string().contains("20991231000000"), "{error}");
    let output = command(&database, database.data_dir.path()).arg("serve").stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("newer"), "{said}");
    assert_eq!(schema(&database), before);
}

async fn change_what_was_written_is_refused_by_the_database(database: TestDatabase) {
    let database = written(database).await;
    let mut changes = vec![
        "UPDATE entries SET actor = 'somebody'",
        "UPDATE entries SET actor = actor WHERE version = 1",
        "DELETE FROM entries",
        "DELETE FROM entries WHERE version = 1",
        "UPDATE journal SET deltas = '[2]'",
        "DELETE FROM journal",
        "UPDATE entry_facts SET facts = '{}'",
        "UPDATE entry_facts SET note = 'another note' WHERE note IS NOT NULL",
        "UPDATE entry_facts SET salt = NULL WHERE note IS NOT NULL",
        "UPDATE entry_facts SET version = version + 100, salt = NULL, note = NULL",
        "UPDATE entry_facts SET salt = NULL, note = NULL, facts = '{}'",
        "DELETE FROM entry_facts",
        "DELETE FROM installations",
        "DELETE FROM sites",
        "DELETE FROM partners",
    ];
    if !database.is_sqlite() {
        changes.extend(["TRUNCATE entries", "TRUNCATE journal", "TRUNCATE entry_facts", "TRUNCATE installations"]);
    }
    for change in changes {
        assert_refused(&database, change);
    }
    let report = green_homes::register::audit::audit(&database.db_open(), MAKE).unwrap();
    assert!(report.ok, "{:?}", report.findings);
}

/// `REPLACE` is an insertion to some and a deletion to others.
async fn replace_what_was_written_is_refused_by_the_database(database: TestDatabase) {
    let database = written(database).await;
    let (insert, conflict) = if database.is_sqlite() {
        ("INSERT OR REPLACE", "")
    } else {
        ("INSERT", "ON CONFLICT (version) DO UPDATE SET")
    };
    let change =
        |what| if conflict.is_empty() { String::new() } else { format!("{conflict} {what} = excluded.{what}") };
    let entries = format!(
        "{insert} INTO entries SELECT version, recorded_at, 'somebody', action, cause, subject, digest, journal_digest, \
         previous, hash, public_version FROM entries WHERE version = 1 {}",
        change("actor")
    );
    let facts = format!(
        "{insert} INTO entry_facts SELECT version, salt, '{{}}', note FROM entry_facts WHERE version = 1 {}",
        change("facts")
    );
    let journal = format!(
        "{insert} INTO journal SELECT version, seq, recorded_on, cause, cell, '[2]' FROM journal WHERE seq = 0 {}",
        change("deltas").replace("(version)", "(version, seq)")
    );
    for sql in [entries, facts, journal] {
        assert_refused(&database, &sql);
    }
}

async fn erase_salt_and_note_of_an_entry_is_all_that_may_be_erased(database: TestDatabase) {
    let database = written(database).await;
    let erase = "UPDATE entry_facts SET salt = NULL, note = NULL WHERE note IS NOT NULL";
    db_execute(&database.url, erase).unwrap();
    let left = db_lines(&database.url, "SELECT note AS line FROM entry_facts WHERE note IS NOT NULL");
    assert_eq!(left, Vec::<String>::new());
    // No entry of an erasure names it: somebody went behind the register's back.
    let report = green_homes::register::audit::audit(&database.db_open(), MAKE).unwrap();
    assert!(!report.ok && report.findings.iter().all(|finding| finding.what.starts_with("facts ")), "{report:?}");
}

#[test]
fn migrate_both_databases_gives_the_same_tables_and_columns() {
    let columns = |database: &TestDatabase| {
        drop(database.db_open());
        let sql = if database.is_sqlite() {
            "SELECT m.name || '.' || c.name || CASE WHEN c.\"notnull\" = 1 THEN '' ELSE '?' END AS line \
             FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%'"
        } else {
            "SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN '' ELSE '?' END AS line \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'"
        };
        let mut lines = db_lines(&database.url, sql);
        lines.sort();
        lines
    };
    let (sqlite, postgres) = (columns(&TestDatabase::sqlite()), columns(&TestDatabase::postgres()));
    assert!(sqlite.len() > 50, "{sqlite:?}");
    assert_eq!(sqlite, postgres);
}

/// A database of the same kind without any schema.
pub fn empty(like: &TestDatabase) -> TestDatabase {
    if like.is_sqlite() {
        return TestDatabase::sqlite();
    }
    TestDatabase { url: cluster().create_database(), data_dir: tempfile::tempdir().unwrap() }
}

/// Everything that a migration can make, but for the list of migrations itself.
fn schema(database: &TestDatabase) -> Vec<String> {
    let url = &database.url;
    // Opening a file of SQLite makes it.
    drop(Database::open(&Url::parse(url).unwrap(), 2).unwrap());
    let mut lines = if database.is_sqlite() {
        db_lines(url, "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS line FROM sqlite_master")
    } else {
        [
            "SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable AS line \
             FROM information_schema.columns WHERE table_schema = 'public'",
            "SELECT 'index ' || indexdef AS line FROM pg_indexes WHERE schemaname = 'public'",
            "SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) AS line FROM pg_constraint \
             WHERE connamespace = 'public'::regnamespace",
            "SELECT 'trigger ' || pg_get_triggerdef(oid) AS line FROM pg_trigger WHERE NOT tgisinternal",
            "SELECT 'function ' || pg_get_functiondef(oid) AS line FROM pg_proc \
             WHERE pronamespace = 'public'::regnamespace",
        ]
        .iter()
        .flat_map(|sql| db_lines(url, sql))
        .collect()
    };
    lines.retain(|line| !line.contains("__diesel_schema_migrations"));
    lines.sort();
    lines
}

/// A register with an installation that was verified with a note, stopped.
async fn written(database: TestDatabase) -> TestDatabase {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let path = format!("/v1/installations/{}/verify", partner.register(&home("a")).await);
    let verified = reviewer.post(&path, &json!({"evidence_tier": "inspected", "note": "seen"})).await;
    assert_eq!(verified.status, 200, "{}", verified.text);
    app.stop().await
}

fn assert_refused(database: &TestDatabase, sql: &str) {
    match db_execute(&database.url, sql) {
        Err(Error::DatabaseError(_, info)) => {
            let words = ["append-only", "kept for ever", "may be erased"];
            assert!(words.iter().any(|word| info.message().contains(word)), "{sql}: {}", info.message());
        }
        other => panic!("{sql}: {other:?}"),
    }
}
