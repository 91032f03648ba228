//! The outsider's script, as an outsider runs it: from public data alone it comes to the headline, and it finds every number that is
//! forged.

mod forging;
mod history;

use std::cmp::Ordering;
use std::process::Command as Program;

use chrono::Days;
use green_homes::domain::records::Role;
use serde_json::{Value, json};

use crate::pilot::{outcomes, verify_all};
use crate::support::{App, Passing, TestDatabase, on_both_databases};

use self::history::with_a_long_history;

on_both_databases!(
    recompute_the_pilot_gives_the_headline,
    recompute_on_a_leap_day_gives_the_headline,
    recompute_after_many_lives_ended_gives_the_headline,
    recompute_the_end_of_a_month_gives_what_was_kept,
);

/// Runs the script, while the service answers it; its exit code, and what it printed.
pub async fn recompute(arguments: &[&str]) -> (Option<i32>, String) {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    actix_web::web::block(move || run(&arguments)).await.unwrap()
}

/// Runs the script on everything that a service has, with the token of a reviewer.
pub async fn redo(app: &App, query: &str) -> (Option<i32>, String) {
    let token = app.inside().await.token.unwrap();
    let arguments = [app.address.clone(), query.to_owned()];
    actix_web::web::block(move || run_with(&arguments, &[("GREEN_HOMES_TOKEN", &token)])).await.unwrap()
}

fn run(arguments: &[String]) -> (Option<i32>, String) {
    run_with(arguments, &[])
}

fn run_with(arguments: &[String], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut script = Program::new("python3");
    script
        .envs(environment.iter().copied())
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/recompute.py"))
        .args(arguments);
    let output = script.output().expect("python3");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

async fn recompute_the_pilot_gives_the_headline(database: TestDatabase) {
    let app = App::start(database).await;
    let (code, printed) = redo(&app, "").await;
    assert_eq!(code, Some(0), "a register without anything: {printed}");
    let (partner, reviewer) = (app.partner("PILOT").await, app.role(Role::Reviewer).await);
    assert_eq!(outcomes(&partner).await, (601, 0));
    let (code, printed) = redo(&app, "").await;
    assert_eq!(code, Some(0), "all of it waits: {printed}");
    verify_all(&partner, &reviewer).await;
    app.progress_at(app.db_version()).await;
    let (code, printed) = redo(&app, "").await;
    assert_eq!(code, Some(0), "{printed}");
    let sites = printed.lines().find(|line| line.starts_with("sites.verified")).unwrap();
    assert_eq!(sites.split_whitespace().collect::<Vec<_>>(), ["sites.verified", "601", "601", "0.0e+00"]);
    app.stop().await;
}

async fn recompute_on_a_leap_day_gives_the_headline(database: TestDatabase) {
    check(database, "2028-02-29").await;
}

async fn recompute_after_many_lives_ended_gives_the_headline(database: TestDatabase) {
    check(database, "2036-08-15").await;
}

/// The headline of a long history comes out with both methodologies, and puts everything to the test.
async fn check(database: TestDatabase, today: &str) {
    let (app, progress) = with_a_long_history(database, today).await;
    for query in ["", "?methodology=1"] {
        let (code, printed) = redo(&app, query).await;
        assert_eq!(code, Some(0), "{printed}");
    }
    for figure in [
        "/to_date/generation_kwh",
        "/to_date/saving_kwh",
        "/to_date/provisional_tco2e",
        "/to_date/sold_tco2e",
        "/annual/avoided_tco2e",
        "/lifetime/avoided_tco2e_low",
        "/sites/pledged",
        "/sites/reported",
        "/pre_programme/sites/verified",
    ] {
        let number = progress["data"].pointer(figure).unwrap().as_f64();
        assert!(number >= Some(1.0), "{figure} is not put to the test: {number:?}");
    }
    let sums = app.inside().await.get("/v1/tables/programme_sums").await.body;
    let rows = sums["data"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["metered"] == true) && rows.iter().any(|row| row["metered"] == false));
    let of_measures = |row: &&Value| !row["measure_code"].is_null() && !row["ended_month"].is_null();
    let months = |row: &Value| ["ended_month", "installed_month"].map(|name| row[name].as_str().unwrap().to_owned());
    let ends: Vec<Ordering> =
        rows.iter().filter(of_measures).map(months).map(|[ended, installed]| ended.cmp(&installed)).collect();
    for end in [Ordering::Less, Ordering::Equal, Ordering::Greater] {
        assert!(ends.contains(&end), "the end {end:?} than the beginning is not put to the test");
    }
    app.stop().await;
}

async fn recompute_the_end_of_a_month_gives_what_was_kept(database: TestDatabase) {
    let days = Passing::begin_on(database, "2027-01-30").await;
    // Enough homes a month that there is a month in which they make a million.
    let built: Vec<_> = (0..4_500).map(|number| days.today() - Days::new(number % 230)).collect();
    days.verify_homes_of("january", &built);
    days.pass_to(days.today() + Days::new(2)).await;
    days.verify_homes_of("february", &built[..5]);
    let kept = days.at_close_of("2027-01-31".parse().unwrap()).await;
    assert_eq!((&kept["data"]["sites"]["verified"], &kept["meta"]["closed"]), (&json!(4_500), &json!(true)));
    let pace = &kept["data"]["pace"];
    assert!(pace["projected_2030"]["low"].is_i64() && pace["projected_date"].is_string(), "{pace}");
    let (code, printed) = redo(&days.app, "?as_of=2027-01-31").await;
    assert_eq!(code, Some(0), "{printed}");
    days.app.stop().await;
}
