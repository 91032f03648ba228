//! A clock that lies: what it would do to the register, and the ways out that an operator has.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use green_homes::app;
use green_homes::domain::records::Role;
use green_homes::domain::values::{Month, day_of};
use green_homes::register::Clock;
use serde_json::{Value, json};

use crate::process::{Process, faked, ran};
use crate::support::{
    App, Client, Passing, TestDatabase, clock_at, db_execute, db_lines, home, on_both_databases, run,
};

on_both_databases!(
    start_with_a_clock_far_ahead_seals_nothing_and_writes_nothing,
    start_with_a_clock_behind_writes_nothing,
    jump_ahead_under_a_process_is_noticed,
    set_back_a_register_that_was_carried_off_voids_what_had_not_come,
    set_back_twice_closes_the_days_between_at_their_last_entry,
);

fn at(instant: DateTime<Utc>) -> Clock {
    clock_at(Arc::new(Mutex::new(instant)))
}

/// A register with one home and a second partner's client, made by the right clock; the service has stopped.
async fn with_one_home(database: TestDatabase) -> (TestDatabase, Client) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    partner.register(&home("a")).await;
    (app.stop().await, partner)
}

/// A service whose clock nobody vouched for.
async fn start_unvouched(database: TestDatabase, instant: DateTime<Utc>) -> App {
    let settings = database.settings();
    App::start_with(database, settings, at(instant)).await
}

fn sealed(database: &TestDatabase) -> Vec<String> {
    let days = "SELECT 'day ' || CAST(day AS TEXT) AS line FROM days UNION ALL SELECT 'release ' || CAST(day AS TEXT) FROM releases \
        UNION ALL SELECT 'version ' || version FROM register_head ORDER BY line";
    db_lines(&database.url, days)
}

async fn problem_of(app: &App) -> Value {
    app.operator().get("/readyz").await.body["problem"].clone()
}

/// Nothing is written or closed, reads go on with the old day, and everybody hears why. `way` is the way out that is told.
async fn is_in_doubt(app: &App, before: &[String], day: NaiveDate, way: &str) {
    let ready = app.operator().get("/readyz").await;
    assert_eq!((ready.status, &ready.body["problem"]["code"]), (503, &json!("clock_in_doubt")), "{}", ready.text);
    assert!(ready.body["problem"]["detail"].as_str().unwrap().contains(way), "{}", ready.text);
    let verbose = app.operator().get("/readyz?verbose").await;
    assert_eq!((verbose.status, &verbose.body["checks"]["clock"]["ok"]), (503, &json!(false)), "{}", verbose.text);
    let metrics = app.operator().get("/metrics").await.text;
    assert!(metrics.contains("\ngreen_homes_clock_in_doubt 1\n"), "{metrics}");
    let progress = app.public().get("/v1/progress").await.body;
    assert_eq!((&progress["meta"]["as_of"], &progress["data"]["live"]["sites"]["reported"]), (&json!(day), &json!(1)));
    let (id, secret) = db_client(app);
    let token = app.token(&id, &secret).await;
    let refused = Client::new(&app.address).with_token(token).post("/v1/installations", &home("b")).await;
    assert_eq!((refused.status, &refused.body["code"]), (503, &json!("clock_in_doubt")), "{}", refused.text);
    assert_eq!(refused.header("retry-after"), "60");
    assert_eq!(sealed(&app.database), before);
}

/// A client that was there before.
fn db_client(app: &App) -> (String, String) {
    (db_lines(&app.database.url, "SELECT client_id AS line FROM clients").remove(0), "a secret of the tests".to_owned())
}

async fn start_with_a_clock_far_ahead_seals_nothing_and_writes_nothing(database: TestDatabase) {
    let (database, _) = with_one_home(database).await;
    let (before, now) = (sealed(&database), Utc::now());
    for days in [3, 70, 400] {
        let app = start_unvouched(database_of(&database), now + TimeDelta::days(days)).await;
        is_in_doubt(&app, &before, day_of(now), "green-homes clock accept").await;
        app.stop().await;
    }
    // Within two days nothing is wrong: a machine may be off over a weekend's night.
    let app = start_unvouched(database_of(&database), now + TimeDelta::hours(47)).await;
    assert_eq!(problem_of(&app).await, json!(null));
    app.stop().await;
}

/// The same database for another service.
fn database_of(database: &TestDatabase) -> TestDatabase {
    TestDatabase { url: database.url.clone(), data_dir: tempfile::tempdir().unwrap() }
}

async fn start_with_a_clock_behind_writes_nothing(database: TestDatabase) {
    let (database, _) = with_one_home(database).await;
    let before = sealed(&database);
    let app = start_unvouched(database_of(&database), Utc::now() - TimeDelta::days(2)).await;
    is_in_doubt(&app, &before, day_of(Utc::now()), "green-homes clock set-back").await;
    app.stop().await;
    let app = start_unvouched(database_of(&database), Utc::now() - TimeDelta::minutes(50)).await;
    assert_eq!(problem_of(&app).await, json!(null));
    app.stop().await;
}

async fn jump_ahead_under_a_process_is_noticed(database: TestDatabase) {
    let (database, _) = with_one_home(database).await;
    let (before, began) = (sealed(&database), Utc::now());
    let now = Arc::new(Mutex::new(began));
    let settings = database.settings();
    let app = App::start_with(database, settings, clock_at(now.clone())).await;
    *now.lock().unwrap() = began + TimeDelta::days(70);
    until_problem(&app, &json!("clock_in_doubt")).await;
    is_in_doubt(&app, &before, day_of(began), "green-homes clock accept").await;
    // The clock is set: the service goes on by itself.
    *now.lock().unwrap() = began + TimeDelta::minutes(1);
    until_problem(&app, &json!(null)).await;
    app.stop().await;
}

async fn until_problem(app: &App, code: &Value) {
    let until = Instant::now() + Duration::from_secs(20);
    while problem_of(app).await["code"] != *code {
        assert!(Instant::now() < until, "{}", problem_of(app).await);
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn set_back_a_register_that_was_carried_off_voids_what_had_not_come(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let right = *days.now.lock().unwrap();
    let today = day_of(right);
    let month_end = Month::of(today).last_day();
    // The clock goes 70 days ahead, and somebody vouches for it: days and months are sealed that have not come.
    days.pass_to(today + Days::new(70)).await;
    days.verify_a_home("meanwhile");
    days.app.progress_at(days.app.db_version()).await;
    let release = format!("/v1/progress/releases/{month_end}");
    until_status(&days.app, &release, 200).await;
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    // Asked for and kept, though it is void later.
    let bridge = format!("/v1/progress/bridge?from={today}&to={month_end}");
    assert_eq!(days.app.public().get(&bridge).await.status, 200);
    // It is set right: nothing goes on until the operator sets the register back.
    *days.now.lock().unwrap() = right + TimeDelta::minutes(5);
    until_problem(&days.app, &json!("clock_in_doubt")).await;
    let Ok(done) = days.change(green_homes::register::Command::SetClockBack) else { panic!("not set back") };
    assert!(format!("{done:?}").contains("is_release: true"), "{done:?}");
    until_problem(&days.app, &json!(null)).await;
    let entry = days.app.db_version();
    let progress = days.app.progress_at(entry).await;
    assert_eq!(progress["meta"]["as_of"], json!(today));
    assert_eq!(progress["data"]["sites"]["verified"], json!(2), "what was recorded meanwhile stays");
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    for path in [
        release.clone(),
        format!("{release}/sealed"),
        format!("/v1/progress?as_of={month_end}"),
        format!("/v1/progress/days/{month_end}/sealed"),
        format!("/v1/tables/provinces?as_of={month_end}"),
        format!("/v1/tables/provinces.csv?as_of={month_end}"),
        bridge.clone(),
    ] {
        let gone = days.app.public().get(&path).await;
        assert_eq!((gone.status, &gone.body["code"]), (410, &json!("voided")), "{path}: {}", gone.text);
        assert!(gone.body["detail"].as_str().unwrap().contains(&entry.to_string()), "{}", gone.text);
    }
    // A span that ends with a day which is void only filters what is known today.
    let reader = days.app.role(Role::Dashboard).await;
    let (from, to) = (Month::of(today).first_day(), month_end + Days::new(1));
    let spanned = reader.get(&format!("/v1/aggregates?from={from}&to={to}")).await;
    assert_eq!(spanned.status, 200, "{}", spanned.text);
    let month = days.app.public().get("/v1/progress/releases").await.body;
    assert!(!month.to_string().contains(&month_end.to_string()), "{month}");
    // Then the day really comes: its permalinks have its true numbers, and it is released anew.
    days.verify_a_home("b");
    days.pass_to(today + Days::new(1)).await;
    let then = days.at_close_of(today).await;
    assert_eq!(then["data"]["sites"]["verified"], json!(3));
    days.pass_to(month_end + Days::new(1)).await;
    until_status(&days.app, &release, 200).await;
    assert_eq!(days.at_close_of(month_end).await["data"]["sites"]["verified"], json!(3));
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    let bridged = days.app.inside().await.get(&bridge).await.body;
    assert_eq!(bridged["closing"]["sites_verified"], json!(3), "not what was kept: {bridged}");
    let history = db_lines(&days.app.database.url, "SELECT CAST(COUNT(*) AS TEXT) AS line FROM voided");
    assert_ne!(history, ["0"]);
    assert!(db_execute(&days.app.database.url, "DELETE FROM voided").is_err(), "what is void stays void");
    assert!(db_execute(&days.app.database.url, "DELETE FROM releases").is_err(), "releases are kept");
    let app = App::start_at(days.app.stop().await, clock_at(days.now)).await;
    assert_eq!(app.progress_at(app.db_version()).await["data"]["sites"]["verified"], json!(3));
    app.stop().await;
}

/// Once to an instant that still lay ahead, then to the right one: the second takes along what the first had left beyond it.
async fn set_back_twice_closes_the_days_between_at_their_last_entry(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let right = *days.now.lock().unwrap();
    let today = day_of(right);
    days.pass_to(today + Days::new(20)).await;
    for (ahead, name) in [(5, "b"), (0, "c")] {
        *days.now.lock().unwrap() = right + TimeDelta::days(ahead) + TimeDelta::minutes(5);
        until_problem(&days.app, &json!("clock_in_doubt")).await;
        days.change(green_homes::register::Command::SetClockBack).unwrap();
        until_problem(&days.app, &json!(null)).await;
        days.verify_a_home(name);
    }
    for passed in 1..8 {
        days.pass_to(today + Days::new(passed)).await;
        let then = days.at_close_of(today + Days::new(passed - 1)).await;
        assert_eq!(then["data"]["sites"]["verified"], json!(3), "{passed} days later");
    }
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    let metrics = days.app.operator().get("/metrics").await.text;
    assert!(metrics.contains("\ngreen_homes_register_rebuilds_total 0\n"), "nothing was lost: {metrics}");
    days.app.stop().await;
}

async fn until_status(app: &App, path: &str, status: u16) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let reply = app.public().get(path).await;
        if reply.status == status {
            return;
        }
        assert!(Instant::now() < until, "{path}: {}", reply.text);
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn begin_a_register_on_a_clock_before_the_program_is_refused() {
    for database in [
        TestDatabase::sqlite(),
        TestDatabase { url: crate::postgres::cluster().create_database(), data_dir: tempfile::tempdir().unwrap() },
    ] {
        let early: DateTime<Utc> = "2020-01-01T00:00:00Z".parse().unwrap();
        let error = app::open_database(&database.settings(), &at(early)).err().unwrap().to_string();
        assert!(error.contains("was built on") && error.contains("set the clock"), "{error}");
        app::open_database(&database.settings(), &at(Utc::now())).unwrap();
    }
}

#[test]
fn move_the_machine_seventy_days_ahead_tells_the_operator_what_to_do() {
    run(async {
        let (database, _) = with_one_home(TestDatabase::sqlite()).await;
        let before = sealed(&database);
        let dir = database.data_dir.path();
        let shown = ran(faked(&database, dir, "+70d", &["clock", "show"]));
        assert_eq!(shown.2, Some(1), "{shown:?}");
        let said: Value = serde_json::from_str(&shown.0).unwrap();
        assert!(said["believed"] == json!(false) && said["doubt"].as_str().unwrap().contains("clock accept"), "{said}");
        let (_, refused, code) =
            ran(faked(&database, dir, "+70d", &["partner", "add", "--code", "AHEAD", "--name", "A"]));
        assert!(code == Some(1) && refused.contains("green-homes clock accept"), "{refused}");
        let server = Process::start(faked(&database, dir, "+70d", &["serve", "--metrics-listen", "127.0.0.1:0"]));
        let ready = Client::new(&server.metrics_address).get("/readyz").await;
        assert_eq!((ready.status, &ready.body["problem"]["code"]), (503, &json!("clock_in_doubt")), "{}", ready.text);
        let (code, log) = server.terminate_and_listen();
        assert!(code == Some(0) && log.contains("green-homes clock accept"), "{log}");
        assert_eq!(sealed(&database), before);
        // The operator who knows that the register stood still for seventy days says so.
        let asked = ran(faked(&database, dir, "+70d", &["clock", "accept"]));
        assert!(asked.2 == Some(1) && asked.1.contains("days that would be closed for good"), "{asked:?}");
        assert!(asked.1.contains("70 in all") && asked.1.contains("nothing was changed"), "{asked:?}");
        assert_eq!(ran(faked(&database, dir, "+70d", &["clock", "accept", "--yes"])).2, Some(0));
        assert_eq!(
            ran(faked(&database, dir, "+70d", &["partner", "add", "--code", "AHEAD", "--name", "A"])).2,
            Some(0)
        );
        // And then that this was wrong.
        let (_, refused, code) =
            ran(faked(&database, dir, "+1d", &["partner", "add", "--code", "BACK", "--name", "B"]));
        assert!(code == Some(1) && refused.contains("green-homes clock set-back"), "{refused}");
        let accepted = ran(faked(&database, dir, "+1d", &["clock", "accept"]));
        assert!(accepted.2 == Some(1) && accepted.1.contains("green-homes clock set-back"), "{accepted:?}");
        // It voids for good, so it shows what and asks; and no clock is right that stands before the register began.
        let asked = ran(faked(&database, dir, "+1d", &["clock", "set-back"]));
        assert!(asked.2 == Some(1) && asked.1.contains("The register has come to"), "{asked:?}");
        assert!(asked.1.contains("nothing was set back"), "{asked:?}");
        let early = ran(faked(&database, dir, "-1h", &["clock", "set-back", "--yes"]));
        assert!(early.2 == Some(1) && early.1.contains("the register began at"), "{early:?}");
        let built = ran(faked(&database, dir, "-1000d", &["clock", "set-back", "--yes"]));
        assert!(built.2 == Some(1) && built.1.contains("this program was built on"), "{built:?}");
        assert_eq!(ran(faked(&database, dir, "+1d", &["clock", "set-back", "--yes"])).2, Some(0));
        assert_eq!(ran(faked(&database, dir, "+1d", &["partner", "add", "--code", "BACK", "--name", "B"])).2, Some(0));
        let again = ran(faked(&database, dir, "+1d", &["clock", "set-back", "--yes"]));
        assert!(again.2 == Some(1) && again.1.contains("there is no clock to set back"), "{again:?}");
        assert_eq!(ran(faked(&database, dir, "+1d", &["audit"])).2, Some(0));
    });
}

/// A backup may be older than a register ever stands still, so whoever restores it vouches for the clock.
#[test]
fn restore_an_old_backup_takes_the_clock_as_right() {
    run(async {
        let (database, _) = with_one_home(TestDatabase::sqlite()).await;
        let place = tempfile::tempdir().unwrap();
        let (backup, new) = (place.path().join("backup"), tempfile::tempdir().unwrap());
        let backup = backup.to_str().unwrap();
        assert_eq!(ran(faked(&database, database.data_dir.path(), "+0", &["backup", backup])).2, Some(0));
        let url = format!("sqlite://{}/restored.db", new.path().display());
        let restored = TestDatabase { url, data_dir: new };
        let said = ran(faked(&restored, restored.data_dir.path(), "+10d", &["restore", backup]));
        assert_eq!(said.2, Some(0), "{said:?}");
        let shown = ran(faked(&restored, restored.data_dir.path(), "+10d", &["clock", "show"]));
        assert_eq!(shown.2, Some(0), "{shown:?}");
    });
}

#[test]
fn believe_a_clock_that_the_database_of_another_machine_shares() {
    run(async {
        let (database, _) = with_one_home(TestDatabase::postgres()).await;
        // Its address is another than ours, as that of another machine would be.
        let elsewhere = database.url.replace("@127.0.0.1:", "@127.0.0.2:");
        db_execute(&database.url, "UPDATE register_head SET clock_seen = now() - interval '70 days', recorded_at = now() - interval '70 days'").unwrap();
        let over_tcp = TestDatabase { url: elsewhere, data_dir: tempfile::tempdir().unwrap() };
        let app = start_unvouched(database_of(&database), Utc::now()).await;
        assert_eq!(problem_of(&app).await["code"], json!("clock_in_doubt"), "one address at both ends is this machine");
        app.stop().await;
        let settings = green_homes::settings::Settings { database_shares_clock: true, ..over_tcp.settings() };
        let app = App::start_with(database_of(&over_tcp), settings, at(Utc::now())).await;
        assert_eq!(
            problem_of(&app).await["code"],
            json!("clock_in_doubt"),
            "the operator says that it is this machine"
        );
        app.stop().await;
        let app = start_unvouched(database_of(&over_tcp), Utc::now() + TimeDelta::hours(3)).await;
        let problem = problem_of(&app).await;
        assert!(problem["detail"].as_str().unwrap_or_default().contains("the clock of the database says"), "{problem}");
        app.stop().await;
        let ahead: Clock = Arc::new(|| Utc::now() + TimeDelta::seconds(20));
        let settings = over_tcp.settings();
        let app = App::start_with(database_of(&over_tcp), settings, ahead).await;
        let ready = app.operator().get("/readyz?verbose").await;
        assert_eq!((ready.status, &ready.body["problem"]), (503, &json!(null)), "{}", ready.text);
        let offset = ready.body["checks"]["clock"]["offset_ms"].as_i64().unwrap();
        assert!((19_500..20_500).contains(&offset), "{offset}");
        app.stop().await;
    });
}
