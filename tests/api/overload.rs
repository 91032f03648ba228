//! When there is too much to do, when the day changes, when one request spoils a batch.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use green_homes::app;
use green_homes::db::ledger::head;
use green_homes::domain::records::Actor;
use green_homes::domain::refusals::Refusal;
use green_homes::domain::rules::Registrant;
use green_homes::domain::values::{Code, date};
use green_homes::register::{BatchTransaction, Command, Failure, Request, system_clock};
use serde_json::json;

use crate::postgres::Cluster;
use crate::support::{App, Client, Reply, TestDatabase, clock_at, db_execute, db_sqlite, home, on_both_databases, run};

on_both_databases!(
    fill_the_queue_answers_503_with_retry_after_and_loses_nothing,
    midnight_in_ha_noi_moves_the_day_of_the_public_number,
    one_request_that_the_database_refuses_spoils_no_other,
);

async fn fill_the_queue_answers_503_with_retry_after_and_loses_nothing(database: TestDatabase) {
    let mut settings = database.settings();
    settings.queue = 4;
    let app = App::start_with(database, settings, system_clock()).await;
    let partner = app.partner("SOLARCO").await;
    let lock = db_lock(&app.database.url);
    let asked: Vec<_> = (0..40)
        .map(|n| {
            let partner = partner.clone();
            actix_web::rt::spawn(async move { partner.post("/v1/installations", &home(&n.to_string())).await })
        })
        .collect();
    // The writer holds one batch, four wait, and every other is turned away while it waits.
    let mut replies = Vec::new();
    until_turned_away(&partner).await;
    let metrics = app.operator().get("/metrics").await.text;
    assert!(metrics.contains("green_homes_writes_waiting 4\n"), "{metrics}");
    drop(lock);
    for one in asked {
        replies.push(one.await.unwrap());
    }
    let of = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!(of(201) + of(503), 40);
    assert!(of(201) >= 1 && of(503) >= 1, "{} and {}", of(201), of(503));
    let busy = replies.iter().find(|reply| reply.status == 503).unwrap();
    assert_eq!((busy.header("retry-after"), &busy.body["code"]), ("1", &json!("unavailable")));
    assert_eq!(recorded(&partner, &replies).await, of(201), "each 201 is there");
    assert!(app.db_audit().ok);
    app.stop().await;
}

/// How many of the answered installations the register has.
async fn recorded(partner: &Client, replies: &[Reply]) -> usize {
    let mut found = 0;
    for id in replies.iter().filter_map(|reply| reply.body["data"]["installation"]["id"].as_str()) {
        found += usize::from(partner.get(&format!("/v1/installations/{id}")).await.status == 200);
    }
    found
}

/// The queue is full when one more is turned away.
async fn until_turned_away(partner: &Client) {
    for n in 0.. {
        let body = home(&format!("probe-{n}"));
        let one_more = partner.post("/v1/installations", &body);
        match actix_web::rt::time::timeout(std::time::Duration::from_millis(200), one_more).await {
            Ok(reply) if reply.status == 503 => return,
            _ => {}
        }
    }
}

/// Keeps every writer from the head until it is dropped.
fn db_lock(url: &str) -> Box<dyn std::any::Any> {
    if let Some(path) = url.strip_prefix("sqlite://") {
        let mut connection = db_sqlite(path);
        connection.batch_execute("BEGIN IMMEDIATE").unwrap();
        Box::new(connection)
    } else {
        let mut connection = PgConnection::establish(url).unwrap();
        connection.batch_execute("BEGIN; SELECT 1 FROM register_head FOR UPDATE").unwrap();
        Box::new(connection)
    }
}

async fn midnight_in_ha_noi_moves_the_day_of_the_public_number(database: TestDatabase) {
    // Midnight in Hà Nội is 17:00 UTC. The database was made by the machine's clock: stay after it.
    let tomorrow = date::day_of(Utc::now()) + chrono::Days::new(2);
    let midnight = date::start_of(tomorrow);
    let clock = Arc::new(Mutex::new(midnight - chrono::TimeDelta::seconds(1)));
    let app = App::start_at(database, clock_at(clock.clone())).await;
    let partner = app.partner("SOLARCO").await;
    let mut body = home("a");
    body["installed_on"] = json!(tomorrow.to_string());
    let early = partner.post("/v1/installations", &body).await;
    assert_eq!(early.errors(), [("/installed_on".to_owned(), "in_the_future".to_owned())], "{}", early.text);
    assert_ne!(app.progress_at(0).await["meta"]["as_of"], json!(tomorrow.to_string()));
    set(&clock, midnight);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while app.progress_at(0).await["meta"]["as_of"] != json!(tomorrow.to_string()) {
        assert!(std::time::Instant::now() < until, "the day does not change without a write");
    }
    let progress = app.progress_at(0).await;
    assert_eq!(progress["meta"]["generated_at"], json!(green_homes_instant(midnight)));
    assert_eq!(partner.post("/v1/installations", &body).await.status, 201);
    // A clock that goes back does not take the day back.
    set(&clock, midnight - chrono::TimeDelta::seconds(3));
    body["external_id"] = json!("I-b");
    body["site"]["external_id"] = json!("S-b");
    assert_eq!(partner.post("/v1/installations", &body).await.status, 201);
    assert!(app.db_audit().ok);
    app.stop().await;
}

fn set(clock: &Mutex<DateTime<Utc>>, instant: DateTime<Utc>) {
    *clock.lock().unwrap() = instant;
}

fn green_homes_instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

const REFUSE_B_ON_SQLITE: &str = "CREATE TRIGGER refuse_b BEFORE INSERT ON installations
    WHEN NEW.external_id = 'I-b' BEGIN SELECT RAISE(ABORT, 'not b'); END";
const REFUSE_B_ON_POSTGRES: &str = "ALTER TABLE installations ADD CONSTRAINT refuse_b CHECK (external_id <> 'I-b')";
const ALLOW_B_ON_SQLITE: &str = "DROP TRIGGER refuse_b";
const ALLOW_B_ON_POSTGRES: &str = "ALTER TABLE installations DROP CONSTRAINT refuse_b";

async fn one_request_that_the_database_refuses_spoils_no_other(database: TestDatabase) {
    let app = App::start(database).await;
    app.partner("SOLARCO").await;
    let new = |name: &str| {
        let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
        let new = Box::new(crate::support::new_installation(name));
        Request::new(Actor::operator("test"), Command::Register { by, new })
    };
    // One that the database refuses breaks its whole transaction.
    db_execute(&app.database.url, if app.database.is_sqlite() { REFUSE_B_ON_SQLITE } else { REFUSE_B_ON_POSTGRES })
        .unwrap();
    let requests = [new("a"), new("b"), new("c"), new("a")];
    let database = app::open_database(&app.database.settings(), &system_clock()).unwrap();
    let executed = BatchTransaction::new(database, system_clock()).execute(&requests.iter().collect::<Vec<_>>());
    let words: Vec<&str> = executed
        .results
        .iter()
        .map(|result| match result {
            Ok(_) => "done",
            Err(Failure::Broken) => "broken",
            Err(Failure::Refused(Refusal::NotFound)) => "not found",
            Err(_) => "other",
        })
        .collect();
    assert_eq!(words, ["done", "broken", "done", "done"]);
    let progress = app.progress_at(app.db_version()).await;
    assert_eq!(progress["data"]["sites"]["reported"], 2);
    db_execute(&app.database.url, if app.database.is_sqlite() { ALLOW_B_ON_SQLITE } else { ALLOW_B_ON_POSTGRES })
        .unwrap();
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

#[test]
fn restart_postgres_under_load_loses_nothing_and_writes_resume() {
    run(restart_under_load());
}

async fn restart_under_load() {
    let cluster = Cluster::private();
    let database = TestDatabase { url: cluster.create_database(), data_dir: tempfile::tempdir().unwrap() };
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    for round in 0..3 {
        let writers: Vec<_> = (0..16)
            .map(|n| actix_web::rt::spawn(until_registered(partner.clone(), format!("{round}-{n}"), 12)))
            .collect();
        until_written(&app, round * 192 + 20).await;
        cluster.stop_hard();
        assert_eq!(app.public().get("/v1/progress").await.status, 200, "public reads go on");
        cluster.start();
        for writer in writers {
            writer.await.unwrap();
        }
    }
    let progress = app.progress_at(app.db_version()).await;
    assert_eq!(progress["data"]["sites"]["reported"], 3 * 192);
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

/// Registers this many homes; what is answered 503 is sent again, as a client should.
async fn until_registered(partner: Client, name: String, count: usize) {
    for i in 0..count {
        let body = home(&format!("{name}-{i}"));
        let until = std::time::Instant::now() + std::time::Duration::from_mins(1);
        loop {
            let reply = partner.post("/v1/installations", &body).await;
            match reply.status {
                200 | 201 => break,
                503 => assert!(std::time::Instant::now() < until, "writes do not resume"),
                _ => panic!("{} {}", reply.status, reply.text),
            }
            actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

async fn until_written(app: &App, entries: i64) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let version = app.database.db_open().connection().and_then(|mut c| head::version(&mut c)).unwrap_or_default();
        if version > entries {
            return;
        }
        assert!(std::time::Instant::now() < until, "nothing is written");
        actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
