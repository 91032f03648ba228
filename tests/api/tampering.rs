//! One changed byte anywhere is found by `audit`, which names it.

mod directory;
mod schema;

use chrono::Days;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use green_homes::api::MAKE;
use green_homes::domain::records::Role;
use green_homes::register::Command;
use green_homes::register::audit::{Report, audit};
use serde_json::json;

use crate::process::output;
use crate::support::{App, Passing, TestDatabase, db_lines, db_sqlite, home, on_both_databases};

on_both_databases!(change_one_byte_anywhere_is_found_and_named, change_a_closed_day_or_a_release_is_found_and_named,);

/// The entries of [`written`]: 1 partner, 2 client, 3 client, 4 and 5 installations, 6 verification.
const CHANGES: [(&str, &str); 42] = [
    ("UPDATE entries SET actor = 'c-someone' WHERE version = 5", "entry 5"),
    ("UPDATE entries SET action = 'verifz' WHERE version = 7", "entry 7"),
    ("UPDATE entries SET cause = 'corrected' WHERE version = 5", "entry 5"),
    ("UPDATE entries SET subject = 'installation/x' WHERE version = 6", "entry 6"),
    ("UPDATE entries SET recorded_at = '2026-01-01 00:00:00' WHERE version = 5", "entry 5"),
    ("UPDATE entries SET digest = previous WHERE version = 5", "entry 5"),
    ("UPDATE entries SET journal_digest = previous WHERE version = 5", "entry 5"),
    ("UPDATE entries SET previous = digest WHERE version = 5", "entry 5"),
    ("UPDATE entries SET hash = digest WHERE version = 6", "entry 6"),
    ("UPDATE entries SET public_version = 4 WHERE version = 5", "entry 5"),
    ("DELETE FROM entries WHERE version = 6", "entry 6"),
    ("UPDATE entry_facts SET facts = replace(facts, '5400', '5401') WHERE version = 5", "facts 5"),
    ("UPDATE entry_facts SET note = 'seen by nobody' WHERE version = 7", "facts 7"),
    ("UPDATE entry_facts SET salt = NULL, note = NULL WHERE version = 7", "facts 7"),
    ("DELETE FROM entry_facts WHERE version = 5", "facts 5"),
    ("UPDATE journal SET deltas = '[2]' WHERE version = 5 AND seq = 0", "journal 5"),
    ("UPDATE journal SET cell = cell + 1 WHERE version = 5 AND seq = 1", "journal 5"),
    ("UPDATE journal SET cause = 'corrected' WHERE version = 7 AND seq = 0", "journal 7/0"),
    ("UPDATE journal SET recorded_on = '2020-01-01' WHERE version = 6 AND seq = 1", "journal 6/1"),
    ("DELETE FROM journal WHERE version = 7 AND seq = 0", "journal 7"),
    ("UPDATE cells SET totals = '[1,1,1]'", "cell "),
    ("DELETE FROM cells", "cell "),
    ("UPDATE cells_checkpoint SET version = 6", "cell "),
    ("UPDATE register_head SET version = 6", "head"),
    ("UPDATE sites SET kind = 'office'", "site "),
    ("UPDATE installations SET installed_on = '2026-01-16' WHERE external_id = 'I-b'", "installation "),
    ("UPDATE installations SET province_code = '79' WHERE external_id = 'I-b'", "installation "),
    ("UPDATE installations SET cost_vnd = 1 WHERE external_id = 'I-a'", "installation "),
    ("UPDATE installation_measures SET quantity = quantity + 1", "installation "),
    ("DELETE FROM installations WHERE external_id = 'I-b'", "installation_measures"),
    ("UPDATE installations SET verified_at = '2026-01-01 00:00:00' WHERE external_id = 'I-a'", "installation "),
    ("UPDATE installations SET reported_at = '2026-01-01 00:00:00' WHERE external_id = 'I-a'", "installation "),
    ("UPDATE installations SET registered_version = 4 WHERE external_id = 'I-b'", "installation "),
    ("UPDATE installations SET set_aside = NOT set_aside WHERE external_id = 'I-b'", "installation "),
    ("UPDATE sites SET place_version = 9", "site "),
    ("UPDATE register_head SET recorded_at = '2030-01-01 00:00:00'", "head"),
    ("UPDATE site_refs SET external_id = 'S-c' WHERE external_id = 'S-a'", "name of site "),
    ("UPDATE site_refs SET site = (SELECT max(id) FROM sites)", "name of site "),
    ("DELETE FROM site_refs WHERE external_id = 'S-b'", "facts 6"),
    ("DELETE FROM sites", "installations"),
    ("DELETE FROM partners", "site_refs"),
    ("UPDATE installations SET site = 'nowhere' WHERE external_id = 'I-b'", "installations"),
];

async fn change_one_byte_anywhere_is_found_and_named(database: TestDatabase) {
    let database = written(database).await;
    assert!(audit(&database.db_open(), MAKE).unwrap().ok);
    for (change, named) in CHANGES {
        let copy = copy_of(&database);
        db_execute(&copy.url, change);
        let report = audit(&copy.db_open(), MAKE).unwrap();
        assert!(!report.ok && names(&report, named), "{change}: {:?}", report.findings);
    }
    let copy = copy_of(&database);
    db_execute(&copy.url, CHANGES[0].0);
    let (report, code) = output(&copy, &["audit"]);
    assert_eq!((code, &report["findings"][0]["what"]), (Some(1), &json!("entry 5")), "{report}");
}

const CHANGES_OF_DAYS: [(&str, &str); 15] = [
    ("UPDATE days SET body = '{}'", "day "),
    ("DELETE FROM days WHERE day = (SELECT min(day) FROM days)", "day "),
    ("UPDATE days SET body = replace(body, '\"verified\":1', '\"verified\":2')", "day "),
    ("UPDATE days SET body = '{}}'", "day "),
    ("UPDATE days SET version = version - 1", "day "),
    ("UPDATE days SET verified_sites = 2", "day "),
    ("UPDATE days SET changes = ''", "day "),
    ("UPDATE days SET publisher = 'Somebody'", "day "),
    ("UPDATE days SET day = '2020-02-24' WHERE day = (SELECT min(day) FROM days)", "day 2020-02-24"),
    ("UPDATE releases SET body = replace(body, '\"verified\":1', '\"verified\":2')", "release "),
    ("UPDATE releases SET public_url = 'https://elsewhere.example'", "release "),
    ("UPDATE releases SET version = version - 1", "release "),
    ("UPDATE releases SET sha256 = (SELECT hash FROM register_head)", "release "),
    ("UPDATE releases SET entry = 1", "release "),
    ("DELETE FROM releases", "facts "),
];

async fn change_a_closed_day_or_a_release_is_found_and_named(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let first = days.today();
    days.pass_to(first + Days::new(1)).await;
    days.change(Command::Release(first)).unwrap();
    days.pass_to(first + Days::new(3)).await;
    let database = days.app.stop().await;
    let report = audit(&database.db_open(), MAKE).unwrap();
    assert!(report.ok, "{:?}", report.findings);
    for (change, named) in CHANGES_OF_DAYS {
        let copy = copy_of(&database);
        db_execute(&copy.url, change);
        let report = audit(&copy.db_open(), MAKE).unwrap();
        assert!(!report.ok && names(&report, named), "{change}: {:?}", report.findings);
    }
}

/// A register with two installations, one of them verified with a note, stopped at a checkpoint.
pub async fn written(database: TestDatabase) -> TestDatabase {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let id = partner.register(&home("a")).await;
    partner.register(&home("b")).await;
    let decision = json!({"evidence_tier": "inspected", "note": "seen on the roof"});
    assert_eq!(reviewer.post(&format!("/v1/installations/{id}/verify"), &decision).await.status, 200);
    app.stop().await
}

pub fn names(report: &Report, what: &str) -> bool {
    report.findings.iter().any(|finding| finding.what.starts_with(what))
}

/// Another database with the same content.
pub fn copy_of(database: &TestDatabase) -> TestDatabase {
    let data_dir = tempfile::tempdir().unwrap();
    if database.is_sqlite() {
        let copy = data_dir.path().join("copy.db");
        crate::support::db_execute(&database.url, &format!("VACUUM INTO '{}'", copy.display())).unwrap();
        return TestDatabase { url: format!("sqlite://{}", copy.display()), data_dir };
    }
    let name = database.url.rsplit('/').next().unwrap().split('?').next().unwrap();
    TestDatabase { url: crate::postgres::cluster().create_database_from(name), data_dir }
}

/// Changes the database as somebody with its password could: triggers and foreign keys are no
/// obstacle.
pub fn db_execute(url: &str, sql: &str) {
    if let Some(path) = url.strip_prefix("sqlite://") {
        let mut connection = db_sqlite(path);
        let triggers = db_lines(url, "SELECT sql AS line FROM sqlite_master WHERE type = 'trigger'");
        for drop in db_lines(url, "SELECT 'DROP TRIGGER ' || name AS line FROM sqlite_master WHERE type = 'trigger'") {
            connection.batch_execute(&drop).unwrap();
        }
        connection.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
        connection.batch_execute(sql).unwrap();
        // Whoever wants to stay unseen puts them back.
        for trigger in triggers {
            connection.batch_execute(&trigger).unwrap();
        }
    } else {
        let mut connection = PgConnection::establish(url).unwrap();
        connection.batch_execute("SET session_replication_role = replica").unwrap();
        connection.batch_execute(sql).unwrap();
    }
}
