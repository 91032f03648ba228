//! A register that was posted by an older counting rule: this program counts it anew in one entry, and changes nothing else.
//!
//! `tests/data/register-of-rule-1.ndjson` holds the rows of a register that the last program with rule 1 wrote, from 28 June to
//! 5 July 2026: roofs from before the programme and within it, chillers one after the other, a roof that was taken down and
//! replaced, a roof whose carbon credits were sold, and every other kind of change.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use green_homes::domain::counting::CONTRIBUTION_NO;
use green_homes::domain::records::Role;
use serde_json::{Value, json};

use crate::support::{App, TestDatabase, clock_at, db_execute, db_lines, on_both_databases};

on_both_databases!(
    start_on_a_register_of_an_older_rule_posts_the_differences_in_one_entry,
    start_on_a_register_of_a_newer_rule_is_refused_in_words,
);

const ROWS: &str = include_str!("../data/register-of-rule-1.ndjson");
/// The entries of that register.
const VERSION: i64 = 41;

/// A value as SQL of both databases writes it.
fn literal(value: &Value, is_sqlite: bool) -> String {
    match value {
        Value::Object(bytes) if is_sqlite => format!("X'{}'", bytes["hex"].as_str().unwrap()),
        Value::Object(bytes) => format!("'\\x{}'", bytes["hex"].as_str().unwrap()),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}

/// Migrations since the old register was written.
const LATER_MIGRATIONS: usize = 7;

/// Puts the rows of the old register into an empty database of the schema of then, with a day and a table as they were kept.
fn db_load(database: &TestDatabase) {
    let mut connection = database.db_open().connection().unwrap();
    for _ in 0..LATER_MIGRATIONS {
        green_homes::db::engine::revert_last(&mut connection).unwrap();
    }
    drop(connection);
    db_execute(&database.url, "DELETE FROM register_head").unwrap();
    // A site may name the site that it was merged into before that one is there.
    let defer = if database.is_sqlite() { "PRAGMA defer_foreign_keys = ON;" } else { "" };
    let mut script = format!("BEGIN; {defer}");
    for line in ROWS.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (columns, values): (Vec<&str>, Vec<String>) = line["row"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(column, value)| (column.as_str(), literal(value, database.is_sqlite())))
            .unzip();
        let (table, columns, values) = (line["table"].as_str().unwrap(), columns.join(", "), values.join(", "));
        writeln!(script, "INSERT INTO {table} ({columns}) VALUES ({values});").unwrap();
    }
    let hash = if database.is_sqlite() { "X'00'" } else { "'\\x00'" };
    let day = "'2026-07-03', 30, HASH, 0, '{\"data\":{}}', 'http://127.0.0.1:8080', 'P', ''".replace("HASH", hash);
    writeln!(
        script,
        "INSERT INTO days (day, version, hash, verified_sites, body, public_url, publisher, changes) VALUES ({day});
         INSERT INTO month_tables (day, name, body) VALUES ('2026-06-30', 'provinces', '{{}}');"
    )
    .unwrap();
    script += "COMMIT;";
    db_execute(&database.url, &script).unwrap();
}

fn clock() -> Arc<Mutex<DateTime<Utc>>> {
    Arc::new(Mutex::new("2026-07-05T03:00:00Z".parse().unwrap()))
}

async fn start_on_a_register_of_an_older_rule_posts_the_differences_in_one_entry(database: TestDatabase) {
    db_load(&database);
    drop(database.db_open());
    let refused = green_homes::app::current_database(&database.settings()).err().unwrap().to_string();
    assert!(refused.contains("start `green-homes serve`"), "no command counts anew beside an older service: {refused}");
    let chain = "SELECT subject AS line FROM entries ORDER BY version";
    let before = db_lines(&database.url, chain);
    let app = App::start_at(database, clock_at(clock())).await;
    let url = app.database.url.clone();
    assert_eq!(app.db_version(), VERSION + 1);
    let subjects = db_lines(&url, chain);
    assert_eq!(
        (&subjects[..before.len()], &subjects[before.len()..]),
        (&before[..], &["contribution/3".to_owned()][..])
    );
    let entry = "SELECT action || ' ' || cause AS line FROM entries ORDER BY version DESC LIMIT 1";
    assert_eq!(db_lines(&url, entry), ["count_anew definition"]);
    let report = app.db_audit();
    assert!(report.ok, "{:?}", report.findings);

    check_what_was_kept(&app).await;
    let headline = app.progress_at(app.db_version()).await["data"].clone();
    // The site with roofs of 2018 and 2024, which rule 1 left out, and four others. A corrected roof waits for a reviewer.
    assert_eq!(headline["sites_with_rooftop_solar"]["verified"], json!(5), "{headline:#}");
    // Rule 1 did not count what was sold.
    let [sold, avoided] = ["sold_tco2e", "avoided_tco2e"].map(|name| headline["annual"][name].as_f64().unwrap());
    assert!(0.0 < sold && sold < avoided, "the roof whose carbon credits were sold: {headline:#}");
    let timeline = app.inside().await.get("/v1/progress/timeline?interval=year").await.body;
    let sites = |year: &str| {
        let row = timeline["data"].as_array().unwrap().iter().find(|row| row["period"] == json!(year));
        row.map(|row| row["sites_verified_cumulative"].as_i64().unwrap())
    };
    assert_eq!((sites("2020"), sites("2022")), (Some(1), Some(1)), "the roof of 2020 to 2022, then the chillers");

    // The day of the entry says what the definition moved; the days before stay as they were.
    let version = app.db_version();
    let database = app.stop().await;
    let later = Arc::new(Mutex::new("2026-07-06T03:00:00Z".parse().unwrap()));
    let app = App::start_at(database, clock_at(later)).await;
    assert_eq!(app.db_version(), version, "a second start counts nothing anew");
    let bridge = app.inside().await.get("/v1/progress/bridge?from=2026-07-04&to=2026-07-05").await.body;
    let row = bridge["data"].as_array().unwrap().iter().find(|row| row["cause"] == json!("definition")).unwrap();
    assert!(row["annual_avoided_tco2e"].as_f64().unwrap() > 600.0, "the first chiller counts again: {row}");
    assert!(app.db_audit().ok);
    app.stop().await;
}

/// Days and tables were made anew from the journal, without the address of then. The release, which held it, is gone from the
/// answers, and its entry is in the chain.
async fn check_what_was_kept(app: &App) {
    let anybody = app.public();
    for day in ["2026-06-28", "2026-07-03", "2026-07-04"] {
        let kept = anybody.get(&format!("/v1/progress?as_of={day}")).await;
        assert_eq!((kept.status, &kept.body["data"]["figures"]), (200, &Value::Null), "few sites: {}", kept.text);
        assert!(kept.body["data"]["live"]["sites"]["reported"].is_i64(), "in the form of now: {}", kept.text);
        let sealed = anybody.get(&format!("/v1/progress/days/{day}/sealed")).await;
        assert_eq!(sealed.body["meta"]["permalink"], json!(format!("/v1/progress?as_of={day}")));
    }
    let table = anybody.get("/v1/tables/provinces?as_of=2026-06-30").await;
    assert_eq!((table.status, &table.body["data"]), (200, &json!([])), "{}", table.text);
    let released = "SELECT CAST(day AS TEXT) || ' ' || entry AS line FROM releases";
    let [released] = &db_lines(&app.database.url, released)[..] else { panic!("one release") };
    let (day, entry) = released.split_once(' ').unwrap();
    for end in ["", "/sealed"] {
        let gone = anybody.get(&format!("/v1/progress/releases/{day}{end}")).await;
        assert_eq!((gone.status, &gone.body["code"]), (410, &json!("release_of_old_form")), "{}", gone.text);
        assert!(gone.body["detail"].as_str().unwrap().contains(entry), "{}", gone.text);
    }
    assert_eq!(anybody.get("/v1/progress/releases").await.body["data"], json!([]));
    let again = app.role(Role::Admin).await.send_json("POST", "/v1/progress/releases", &json!({"as_of": day})).await;
    assert_eq!((again.status, &again.body["code"]), (410, &json!("release_of_old_form")), "no link leads to it");
    let subject = format!("SELECT subject AS line FROM entries WHERE version = {entry}");
    assert_eq!(db_lines(&app.database.url, &subject), [format!("release/{day}")]);
}

async fn start_on_a_register_of_a_newer_rule_is_refused_in_words(database: TestDatabase) {
    drop(database.db_open());
    let newer = CONTRIBUTION_NO + 1;
    db_execute(&database.url, &format!("UPDATE register_head SET contribution_no = {newer}")).unwrap();
    let settings = database.settings();
    let error = green_homes::app::start(&settings, &clock_at(clock())).err().unwrap().to_string();
    assert!(error.contains(&format!("counts by rule {newer}")) && error.contains("start the newer program"), "{error}");
}
