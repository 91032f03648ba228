//! Closed days: the number as it was known at the close of a day in Hà Nội, for ever.

use std::time::{Duration, Instant};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use green_homes::domain::records::Role;
use green_homes::domain::values::{hex, sha256, start_of};
use serde_json::{Value, json};

use crate::process::{Process, faked};
use crate::support::{App, Client, Passing, TestDatabase, clock_at, db_execute, db_lines, on_both_databases, run};

on_both_databases!(
    close_a_day_keeps_its_number_as_it_was,
    start_after_days_off_makes_up_for_them_to_the_same_bytes,
    stop_while_days_are_closed_calls_the_rest_off_until_the_next_start,
    record_with_a_clock_behind_a_closed_day_comes_on_the_next,
    ask_for_a_day_that_is_none_or_was_before_the_register,
);

/// The numbers, and the version, day and methodology that they are of: what a close keeps. It turns the words about a day that
/// goes on into those about one that is over.
fn numbers(progress: &Value) -> Value {
    let mut data = progress["data"].clone();
    data["live"]["sentence"] = json!(null);
    let meta = ["version", "as_of", "methodology_version", "permalink", "license", "citation"];
    json!([data, meta.map(|name| &progress["meta"][name])])
}

async fn close_a_day_keeps_its_number_as_it_was(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let (first, second) = (days.today(), days.today() + Days::new(1));
    days.app.progress_at(days.app.db_version()).await;
    let lived = days.app.public().get("/v1/progress").await.body;
    days.pass_to(second).await;
    days.verify_a_home("b");
    days.app.progress_at(days.app.db_version()).await;
    let kept = days.kept_of(first).await;
    assert_eq!(numbers(&kept), numbers(&lived), "as it was");
    check_words(&lived, &kept, first);
    assert_eq!(kept["today"]["sites_verified"], json!(2), "{}", kept["today"]);
    assert_eq!(kept["data"]["live"]["sites"]["verified"], json!(1));
    // The day that goes on names the one that may be cited, with its sentence and the digest of its sealed bytes.
    let now = days.app.public().get("/v1/progress").await.body;
    let (citable, sealed) =
        (&now["meta"]["citable"], days.app.public().get(&format!("/v1/progress/days/{first}/sealed")).await);
    assert_eq!((&citable["as_of"], &citable["sentence"]), (&json!(first), &kept["data"]["live"]["sentence"]));
    assert_eq!(citable["permalink"], kept["meta"]["permalink"]);
    assert!(citable["sealed_url"].as_str().unwrap().ends_with(&format!("/v1/progress/days/{first}/sealed")));
    assert_eq!(citable["sha256"], json!(hex(&sha256(sealed.text.as_bytes()))));
    let link = kept["meta"]["permalink"].as_str().unwrap();
    assert!(link.ends_with(&format!("/v1/progress?as_of={first}")), "{link}");
    let open = days.app.public().get(&format!("/v1/progress/days/{second}/sealed")).await;
    assert_eq!((open.status, open.errors()), (422, vec![("day".to_owned(), "day_not_closed".to_owned())]));
    let csv = days.app.public().get("/v1/progress.csv").await.text;
    assert!(csv.contains("\nclosed,false,"), "{csv}");
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}

/// A day that goes on says so, everywhere; a day that is over says that it is.
fn check_words(lived: &Value, kept: &Value, day: NaiveDate) {
    let of = |progress: &Value| {
        let meta = &progress["meta"];
        let is_open = meta["warnings"].as_array().unwrap().contains(&json!("day_not_closed"));
        (meta["closed"].clone(), is_open, meta["final_from"].is_string())
    };
    assert_eq!((of(lived), of(kept)), ((json!(false), true, true), (json!(true), false, false)));
    let sentence =
        |progress: &Value, language: &str| progress["data"]["live"]["sentence"][language].as_str().unwrap().to_owned();
    let (vi, en) = (day.format("ngày %d/%m/%Y"), day.format("%-d %B %Y"));
    for (progress, beginnings) in [
        (
            lived,
            [format!("{vi} (giờ Hà Nội), số liệu chưa chốt,"), format!("on {en} (Hanoi time), figures not yet final,")],
        ),
        (kept, [format!("Tính đến hết {vi},"), format!("As of the end of {en},")]),
    ] {
        for (language, words) in ["vi", "en"].into_iter().zip(beginnings) {
            assert!(sentence(progress, language).contains(&words), "{words}: {}", sentence(progress, language));
        }
    }
    let end = start_of(day + Days::new(1));
    let generated: DateTime<Utc> = kept["meta"]["generated_at"].as_str().unwrap().parse().unwrap();
    assert!(generated >= end, "a close was not made before the day was over: {generated}");
    assert_eq!(lived["meta"]["final_from"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap(), end);
}

/// What is kept of each closed day.
pub fn kept_days(url: &str) -> Vec<String> {
    db_lines(
        url,
        "SELECT CAST(day AS TEXT) || ' ' || version || ' ' || verified_sites || ' ' || body AS line FROM days ORDER BY day",
    )
}

async fn start_after_days_off_makes_up_for_them_to_the_same_bytes(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let first = days.today();
    for n in 0..4 {
        if n != 2 {
            days.verify_a_home(&n.to_string());
        }
        days.pass_to(first + Days::new(n + 1)).await;
    }
    let now = days.now.clone();
    let database = days.app.stop().await;
    let lived = kept_days(&database.url);
    assert!(lived.len() >= 4, "{lived:?}");
    db_execute(&database.url, "DELETE FROM days").unwrap();
    *now.lock().unwrap() += TimeDelta::days(2);
    let app = App::start_at(database, clock_at(now)).await;
    let until = Instant::now() + Duration::from_secs(20);
    while kept_days(&app.database.url).len() < lived.len() + 2 {
        assert!(Instant::now() < until, "{:?}", kept_days(&app.database.url).len());
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
    let made_up = kept_days(&app.database.url);
    assert_eq!(made_up[..lived.len()], lived[..]);
    assert_eq!(made_up.len(), lived.len() + 2, "the two days without anything as well");
    app.stop().await;
}

async fn stop_while_days_are_closed_calls_the_rest_off_until_the_next_start(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let now = days.now.clone();
    let database = days.app.stop().await;
    *now.lock().unwrap() += TimeDelta::days(400);
    database.db_accept(&clock_at(now.clone()));
    let settings = database.settings();
    let database = App::start_with(database, settings, clock_at(now.clone())).await.stop().await;
    assert!(kept_days(&database.url).len() < 400);
    let app = App::start_at(database, clock_at(now)).await;
    assert_eq!(kept_days(&app.database.url).len(), 400);
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn record_with_a_clock_behind_a_closed_day_comes_on_the_next(database: TestDatabase) {
    // No last day of a month, because its release would be an entry of the next day.
    let days = Passing::begin_on(database, "2027-02-10").await;
    // Before midnight, because it is an entry.
    days.app.inside().await;
    days.verify_a_home("a");
    let first = days.today();
    days.pass_to_instant(start_of(first + Days::new(1)) + TimeDelta::minutes(20)).await;
    let closed = days.kept_of(first).await["data"].clone();
    // The clock goes back over midnight, by less than an hour.
    *days.now.lock().unwrap() = start_of(first + Days::new(1)) - TimeDelta::minutes(20);
    days.verify_a_home("late");
    let at = db_lines(
        &days.app.database.url,
        "SELECT CAST(recorded_at AS TEXT) AS line FROM entries ORDER BY version DESC LIMIT 1",
    );
    let midnight = start_of(first + Days::new(1)).format("%Y-%m-%d %H:%M:%S").to_string();
    assert!(at[0].starts_with(&midnight), "{at:?} is not {midnight}");
    assert_eq!(days.kept_of(first).await["data"], closed);
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}

async fn ask_for_a_day_that_is_none_or_was_before_the_register(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let anybody: Client = days.app.public();
    let tomorrow = (days.today() + Days::new(1)).to_string();
    for (asked, code) in [(tomorrow.as_str(), "in_the_future"), ("2026-02-30", "not_a_date"), ("", "not_a_date")] {
        let reply = anybody.get(&format!("/v1/progress?as_of={asked}")).await;
        assert_eq!((reply.status, reply.errors()), (422, vec![("as_of".to_owned(), code.to_owned())]), "{asked}");
    }
    let before = anybody.get("/v1/progress?as_of=2020-02-24").await;
    assert_eq!(
        (before.status, &before.body["data"]["live"]["sites"]["in_operation"]),
        (200, &json!(0)),
        "{}",
        before.text
    );
    assert_eq!(before.body["meta"]["warnings"], json!(["nothing_published_yet", "before_the_register"]));
    assert_eq!(days.app.client(Role::Dashboard, None).await.get("/v1/me").await.status, 200);
    days.app.stop().await;
}

#[test]
fn close_a_day_under_an_address_that_nobody_else_can_open_is_warned_about() {
    for (url, is_warned) in [("http://LOCALHOST:8080", true), ("https://register.vn", false)] {
        let database = run(async { App::start(TestDatabase::sqlite()).await.stop().await });
        let arguments = ["serve", "--public-url", url];
        let server = Process::start(faked(&database, database.data_dir.path(), "+47h", &arguments));
        run(async {
            let until = Instant::now() + Duration::from_secs(20);
            while Client::new(&server.address).get("/v1/progress").await.body["meta"]["citable"].is_null() {
                assert!(Instant::now() < until, "no day is closed");
                actix_web::rt::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let (_, said) = server.terminate_and_listen();
        let warned = said.matches("links name an address that nobody else can open").count();
        assert_eq!(warned, usize::from(is_warned), "{url}: {said}");
    }
}
