//! A database that goes back under its processes: a standby that lagged is promoted, or a backup is restored. The public number is
//! always that of the database, and the operator hears of it.

use std::time::{Duration, Instant};

use chrono::{Days, TimeDelta};
use green_homes::domain::values::Month;
use serde_json::json;

use crate::support::{
    App, Client, Content, Passing, TestDatabase, clock_at, db_execute, db_lines, home, on_both_databases, run,
};

on_both_databases!(
    lose_an_entry_and_write_on_counts_what_the_database_holds,
    lose_an_entry_without_a_write_counts_what_the_database_holds,
    lose_an_entry_to_one_of_another_process_counts_what_the_database_holds,
    lose_an_entry_to_one_of_another_process_and_write_on_counts_what_the_database_holds,
    lose_a_closed_day_closes_it_again,
    lose_a_month_end_releases_it_again,
    start_with_a_checkpoint_beyond_the_head_counts_the_journal,
    lose_entries_keeps_the_checkpoint_at_the_head,
    start_with_a_closed_day_that_its_entries_contradict_is_refused_in_words,
    find_a_stored_day_that_the_entries_contradict_stands_still_and_says_so,
);

/// Waits until `/v1/progress` has this many reported sites, at this version.
async fn until_reported(client: &Client, sites: i64, version: i64) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let progress = client.get("/v1/progress").await.body;
        if (&progress["data"]["live"]["sites"]["reported"], &progress["meta"]["version"])
            == (&json!(sites), &json!(version))
        {
            return;
        }
        assert!(Instant::now() < until, "{}", progress["data"]["live"]);
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Everything that the process says is what a process says that starts now, and the operator hears that it lost something.
async fn agrees_with_a_fresh_process(app: App) {
    let operator = app.operator();
    let until = Instant::now() + Duration::from_secs(20);
    // The snapshot follows what was loaded within a quarter of a second.
    while operator.get("/readyz?verbose").await.status != 200 {
        assert!(Instant::now() < until, "{}", operator.get("/readyz?verbose").await.text);
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    let metrics = operator.get("/metrics").await.text;
    let rebuilds = metrics.lines().find_map(|line| line.strip_prefix("green_homes_register_rebuilds_total "));
    assert!(rebuilds.is_some_and(|count| count != "0"), "{metrics}");
    let ready = operator.get("/readyz?verbose").await;
    let drift = &ready.body["checks"]["drift"];
    assert_eq!((ready.status, &drift["hash_agrees"]), (200, &json!(true)), "{}", ready.text);
    assert_eq!(drift["rebuilds"].to_string(), rebuilds.unwrap());
    let inside = app.inside().await;
    let told = app.public().get("/v1/progress").await;
    let tables = inside.get("/v1/tables/provinces").await;
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    let fresh = App::start(app.stop().await).await;
    let told_fresh = fresh.public().get("/v1/progress").await;
    let tables_fresh = fresh.public().with_token(inside.token.unwrap()).get("/v1/tables/provinces").await;
    assert_eq!((tables.status, &tables.body["meta"]["scope"]), (200, &json!("internal")), "{}", tables.text);
    assert_eq!((&told.text, told.header("etag")), (&told_fresh.text, told_fresh.header("etag")));
    assert_eq!(tables.text, tables_fresh.text);
    fresh.stop().await;
}

/// A service with one home, the content of its database then, and another home since.
async fn with_a_lost_home(database: TestDatabase) -> (App, Client, Content) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    app.inside().await;
    partner.register(&home("kept")).await;
    let content = Content::db_of(&app.database);
    partner.register(&home("lost")).await;
    app.progress_at(app.db_version()).await;
    (app, partner, content)
}

async fn lose_an_entry_and_write_on_counts_what_the_database_holds(database: TestDatabase) {
    let (app, partner, content) = with_a_lost_home(database).await;
    let version = app.db_version();
    content.db_put_back();
    // As many entries as there were, and one of them of another home.
    let office = json!({"external_id": "O", "site": {"kind": "office", "province_code": "79"}, "status": "installed",
        "installed_on": "2026-01-15", "measures": [{"measure": "rooftop_solar_pv", "quantity": 10}]});
    partner.register(&office).await;
    assert_eq!(app.db_version(), version);
    until_reported(&app.public(), 2, version).await;
    agrees_with_a_fresh_process(app).await;
}

async fn lose_an_entry_without_a_write_counts_what_the_database_holds(database: TestDatabase) {
    let (app, _, content) = with_a_lost_home(database).await;
    let version = app.db_version();
    content.db_put_back();
    until_reported(&app.public(), 1, version - 1).await;
    agrees_with_a_fresh_process(app).await;
}

async fn lose_an_entry_to_one_of_another_process_counts_what_the_database_holds(database: TestDatabase) {
    let (app, _, content) = with_a_lost_home(database).await;
    let version = app.db_version();
    content.db_put_back();
    // The operator knows of the failover.
    let _ = std::fs::remove_file(app.database.data_dir.path().join("register.json"));
    // By the way of the command line, which is another process to this one.
    app.db_add_partner("OTHER", false);
    until_reported(&app.public(), 1, version).await;
    agrees_with_a_fresh_process(app).await;
}

async fn lose_an_entry_to_one_of_another_process_and_write_on_counts_what_the_database_holds(database: TestDatabase) {
    let (app, partner, content) = with_a_lost_home(database).await;
    let version = app.db_version();
    content.db_put_back();
    let _ = std::fs::remove_file(app.database.data_dir.path().join("register.json"));
    // Now the register stands at the version that the process knows, with another entry; its own batch follows at once.
    app.db_add_partner("OTHER", false);
    partner.register(&home("after")).await;
    until_reported(&app.public(), 2, version + 1).await;
    agrees_with_a_fresh_process(app).await;
}

async fn lose_a_closed_day_closes_it_again(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let first = days.today();
    days.pass_to(first + Days::new(1)).await;
    let content = Content::db_of(&days.app.database);
    days.pass_to(first + Days::new(2)).await;
    let closed = days.at_close_of(first + Days::new(1)).await;
    content.db_put_back();
    let rebuilt = || db_lines(&days.app.database.url, "SELECT CAST(day AS TEXT) AS line FROM days ORDER BY day DESC");
    let until = Instant::now() + Duration::from_secs(20);
    while rebuilt()[0] != (first + Days::new(1)).to_string() {
        assert!(Instant::now() < until, "{:?}", rebuilt());
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
    let again = days.at_close_of(first + Days::new(1)).await;
    assert_eq!(again["data"], closed["data"]);
    let metrics = days.app.operator().get("/metrics").await.text;
    assert!(metrics.contains("green_homes_register_rebuilds_total 1"), "{metrics}");
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}

async fn lose_a_month_end_releases_it_again(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let end = Month::of(days.today()).last_day();
    days.pass_to(end).await;
    let content = Content::db_of(&days.app.database);
    days.pass_to(end + Days::new(1)).await;
    let releases = async || {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let all = days.app.public().get("/v1/progress/releases").await.body["data"].clone();
            if all[0]["id"] == json!(end.to_string()) {
                return all;
            }
            assert!(Instant::now() < until, "{all}");
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let released = releases().await;
    content.db_put_back();
    let again = releases().await;
    assert_eq!(again[0]["sha256"], released[0]["sha256"]);
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}

async fn start_with_a_checkpoint_beyond_the_head_counts_the_journal(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    for name in ["a", "b", "c"] {
        partner.register(&home(name)).await;
    }
    let version = app.db_version();
    let database = app.stop().await;
    let stands_at = |database: &TestDatabase| {
        db_lines(&database.url, "SELECT CAST(version AS TEXT) AS line FROM cells_checkpoint").remove(0)
    };
    assert_eq!(stands_at(&database), version.to_string());
    // As a process left it that went on counting entries which a failover had lost.
    let beyond = version + 10;
    db_execute(&database.url, &format!("UPDATE cells_checkpoint SET version = {beyond}")).unwrap();
    let twice = "UPDATE cells SET totals = (SELECT totals FROM cells ORDER BY cell LIMIT 1)";
    db_execute(&database.url, twice).unwrap();
    let app = App::start(database).await;
    until_reported(&app.public(), 3, version).await;
    let until = Instant::now() + Duration::from_secs(20);
    while stands_at(&app.database) != version.to_string() {
        assert!(Instant::now() < until, "the checkpoint is not made anew: {}", stands_at(&app.database));
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    let app = App::start(app.stop().await).await;
    until_reported(&app.public(), 3, version).await;
    app.stop().await;
}

async fn lose_entries_keeps_the_checkpoint_at_the_head(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    partner.register(&home("a")).await;
    let version = app.db_version();
    let database = app.stop().await;
    let open = database.db_open();
    let mut connection = open.connection().unwrap();
    // A process that knows entries which the register lost.
    let at = green_homes::db::ledger::cells_and_journal::advance_checkpoint(&mut connection, version + 5).unwrap();
    assert_eq!(at, version);
}

/// The last closed day is what the next one is counted from, so a wrong one would go on being wrong.
async fn start_with_a_closed_day_that_its_entries_contradict_is_refused_in_words(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let first = days.today();
    days.pass_to(first + Days::new(1)).await;
    let (database, clock) = (days.app.stop().await, clock_at(days.now));
    for changed in ["version = version - 1", "hash = (SELECT hash FROM entries WHERE version = 1)"] {
        let before = Content::db_of(&database);
        db_execute(&database.url, &format!("UPDATE days SET {changed}")).unwrap();
        let refused = green_homes::app::start(&database.settings(), &clock).err().unwrap().to_string();
        assert!(refused.contains(&format!("{first} is stored as closed at entry")), "{refused}");
        before.db_put_back();
    }
    App::start_at(database, clock).await.stop().await;
}

/// As after a repair by hand that went wrong: a day is there that is not over.
async fn find_a_stored_day_that_the_entries_contradict_stands_still_and_says_so(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let first = days.today();
    let closed = days.pass_to(first + Days::new(1)).await;
    let columns = "version, hash, body, verified_sites, publisher, changes";
    let tomorrow = first + Days::new(1);
    let stored = format!("INSERT INTO days (day, {columns}) SELECT '{tomorrow}', {columns} FROM days");
    db_execute(&days.app.database.url, &stored).unwrap();
    days.verify_a_home("b");
    *days.now.lock().unwrap() += TimeDelta::days(1);
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let ready = days.app.operator().get("/readyz").await;
        if ready.body["problem"]["code"] == "contradiction" {
            assert_eq!(ready.status, 503);
            assert!(
                ready.body["problem"]["detail"].as_str().unwrap().contains(&tomorrow.to_string()),
                "{}",
                ready.text
            );
            break;
        }
        assert!(Instant::now() < until, "{}", ready.text);
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    let progress = days.app.public().get("/v1/progress").await.body;
    assert_eq!(progress["meta"]["as_of"], closed["meta"]["as_of"], "the day does not turn");
    assert!(!days.app.db_audit().ok);
    days.app.stop().await;
}

#[test]
fn start_while_another_process_closes_a_day_reads_one_moment() {
    run(start_between_two_moments(TestDatabase::postgres()));
}

/// On PostgreSQL, where a reader can be made to wait between two statements; both databases are read by the same transaction.
///
/// The start reads the cells of one moment, and then waits for the table of days, because the test holds it; meanwhile the register
/// goes on to a moment at which a day is closed with an entry more.
async fn start_between_two_moments(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let (first, now) = (days.today(), days.now.clone());
    days.pass_to(first + Days::new(1)).await;
    let before = Content::db_of(&days.app.database);
    days.verify_a_home("b");
    days.pass_to(first + Days::new(2)).await;
    let after = Content::db_of(&days.app.database);
    let database = days.app.stop().await;
    before.db_put_back();
    let url = database.url.clone();
    let (held, holds) = std::sync::mpsc::channel();
    let swap = std::thread::spawn(move || {
        use diesel::Connection;
        use diesel::connection::SimpleConnection;
        let mut connection = diesel::PgConnection::establish(&url).unwrap();
        connection.batch_execute("BEGIN; SET LOCAL session_replication_role = replica; LOCK TABLE days").unwrap();
        held.send(()).unwrap();
        let waits = "SELECT query AS line FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let until = Instant::now() + Duration::from_secs(20);
        while db_lines(&url, waits).is_empty() {
            assert!(Instant::now() < until, "nobody waits for the days");
            std::thread::sleep(Duration::from_millis(10));
        }
        connection.batch_execute(&format!("{} COMMIT", after.statements())).unwrap();
    });
    holds.recv().unwrap();
    let app = App::start_at(database, clock_at(now)).await;
    swap.join().unwrap();
    let progress = app.progress_at(app.db_version()).await;
    assert_eq!(progress["data"]["sites"]["verified"], json!(2));
    assert_eq!(progress["meta"]["as_of"], json!((first + Days::new(2)).to_string()));
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    let then = app.public().get(&format!("/v1/progress?as_of={}", first + Days::new(1))).await.body;
    assert_eq!(then["data"]["live"]["sites"]["verified"], json!(2));
    app.stop().await;
}
