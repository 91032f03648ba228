//! Rejecting everything that nobody verified of one partner and one span.

use std::sync::{Arc, Mutex};

use chrono::{Days, TimeDelta, Utc};
use green_homes::domain::records::Actor;
use green_homes::domain::rules::Registrant;
use green_homes::domain::values::{Code, day_of, start_of};
use green_homes::register::{BatchTransaction, Command, Request, system_clock};
use serde_json::{Value, json};

use crate::lifecycle::{People, act};
use crate::support::{App, Client, TestDatabase, clock_at, db_lines, home, new_installation, on_both_databases};

on_both_databases!(
    reject_a_span_rejects_what_nobody_verified_of_it_and_nothing_else,
    reject_a_span_of_thousands_is_done_call_by_call,
    reject_a_span_by_who_is_limited_or_may_not_stays_within_what_is_theirs,
);

const PATH: &str = "/v1/review/rejections";

async fn reject(caller: &Client, query: &str, body: &Value) -> Value {
    let reply = caller.post(&format!("{PATH}{query}"), body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["data"].clone()
}

fn told(rejected: usize, remaining: usize, dry_run: bool) -> Value {
    json!({"rejected": rejected, "remaining": remaining, "dry_run": dry_run})
}

/// The external ids of what has a status, in order.
fn standing(app: &App, status: &str) -> Vec<String> {
    let query = format!("SELECT external_id AS line FROM installations WHERE status = '{status}' ORDER BY external_id");
    db_lines(&app.database.url, &query)
}

async fn reject_a_span_rejects_what_nobody_verified_of_it_and_nothing_else(database: TestDatabase) {
    // Midnight in Hà Nội passes while homes are registered.
    let midnight = start_of(day_of(Utc::now()) + Days::new(1));
    let now = Arc::new(Mutex::new(midnight - TimeDelta::seconds(2)));
    let settings = database.settings();
    database.db_accept(&clock_at(now.clone()));
    let app = App::start_with(database, settings, clock_at(now.clone())).await;
    let people = People::of(&app).await;
    for (second, name) in [(0, "before"), (2, "midnight"), (3, "after"), (4, "late")] {
        *now.lock().unwrap() = midnight + TimeDelta::seconds(second - 2);
        people.owner.register(&home(name)).await;
        people.other.register(&home(name)).await;
    }
    for status in ["pledged", "verified", "rejected", "withdrawn", "decommissioned"] {
        people.installation_in(status, status).await;
    }
    let today = day_of(midnight);
    let span = |from: Value, to: Value| {
        json!({"partner": "SOLARCO", "recorded_from": from, "recorded_to": to, "reason": "not_eligible",
            "note": "A client of the partner was misused."})
    };
    let instant = |seconds: i64| json!((midnight + TimeDelta::seconds(seconds)).to_rfc3339());
    // From is within the span, to is not: the day before has one, the second after midnight another.
    let yesterday = span(json!(today - Days::new(1)), json!(today));
    let version = app.db_version();
    assert_eq!(reject(&people.reviewer, "?dry_run=true", &yesterday).await, told(1, 0, true));
    assert_eq!(app.db_version(), version);
    assert_eq!(reject(&people.reviewer, "", &yesterday).await, told(1, 0, false));
    assert_eq!(reject(&people.reviewer, "", &yesterday).await, told(0, 0, false), "the same again");
    assert_eq!(app.db_version(), version + 1);
    assert_eq!(reject(&people.admin, "", &span(json!(today), instant(1))).await, told(1, 0, false));
    assert_eq!(standing(&app, "rejected"), ["I-before", "I-midnight", "I-rejected"]);
    // The rest of the day: what is pledged or waits, whatever its status was before, and no other.
    let rest = span(instant(-10), json!(today + Days::new(1)));
    assert_eq!(reject(&people.reviewer, "", &rest).await, told(3, 0, false));
    assert_eq!(standing(&app, "rejected"), ["I-after", "I-before", "I-late", "I-midnight", "I-pledged", "I-rejected"]);
    assert_eq!(standing(&app, "installed"), ["I-after", "I-before", "I-late", "I-midnight"], "the other partner's");
    assert_eq!(standing(&app, "verified"), ["I-verified"]);
    // Each is rejected as one is: with its entry, and its partner may ask for another review.
    let id = db_lines(
        &app.database.url,
        "SELECT id AS line FROM installations WHERE external_id = 'I-after' AND partner = 'SOLARCO'",
    );
    let history = people.owner.get(&format!("/v1/installations/{}/history", id[0])).await.body["data"][0].clone();
    assert_eq!((&history["action"], &history["reason"]), (&json!("reject"), &json!("not_eligible")), "{history}");
    assert_eq!(history["note"], json!("A client of the partner was misused."));
    assert_eq!(act(&people.owner, &id[0], "resubmit").await.status, 200);
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn reject_a_span_of_thousands_is_done_call_by_call(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let engine = BatchTransaction::new(app.database.db_open(), system_clock());
    let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
    let homes: Vec<Request> = (0..2_001)
        .map(|n| Command::Register { by: by.clone(), new: Box::new(new_installation(&n.to_string())) })
        .map(|command| Request::new(Actor::operator("test"), command))
        .collect();
    for batch in homes.chunks(250) {
        assert!(engine.execute(&batch.iter().collect::<Vec<_>>()).results.iter().all(Result::is_ok));
    }
    let today = day_of(Utc::now());
    let span = json!({"partner": "SOLARCO", "recorded_from": today - Days::new(1), "recorded_to": today + Days::new(2),
        "reason": "other"});
    assert_eq!(reject(&people.reviewer, "?dry_run=true", &span).await, told(2_000, 1, true));
    assert_eq!(reject(&people.reviewer, "", &span).await, told(2_000, 1, false));
    assert_eq!(reject(&people.reviewer, "", &span).await, told(1, 0, false));
    let progress = app.progress_at(app.db_version()).await;
    assert_eq!(progress["data"]["sites"]["reported"], json!(0));
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn reject_a_span_by_who_is_limited_or_may_not_stays_within_what_is_theirs(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    people.owner.register(&home("here")).await;
    let mut elsewhere = home("elsewhere");
    elsewhere["site"]["province_code"] = json!("79");
    people.owner.register(&elsewhere).await;
    let today = day_of(Utc::now());
    let span = |partner: &str| {
        json!({"partner": partner, "recorded_from": today - Days::new(1), "recorded_to": today + Days::new(2),
            "reason": "other"})
    };
    let limited = async |body: Value| {
        let made = people.admin.post("/v1/clients", &body).await.body["data"].clone();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        app.public().with_token(app.token(&text("client_id"), &text("client_secret")).await)
    };
    let own = limited(json!({"role": "reviewer", "name": "An", "affiliation": "SOLARCO"})).await;
    assert_eq!(reject(&own, "", &span("SOLARCO")).await, told(0, 0, false), "nobody rejects their own work");
    let of_province = limited(json!({"role": "reviewer", "name": "Bình", "province_code": "79"})).await;
    assert_eq!(reject(&of_province, "", &span("SOLARCO")).await, told(1, 0, false));
    assert_eq!(standing(&app, "rejected"), ["I-elsewhere"]);
    for caller in [&people.owner, &people.dashboard, &app.public()] {
        assert!([401, 403].contains(&caller.post(PATH, &span("SOLARCO")).await.status));
    }
    let changed = |name: &str, value: Value| {
        let mut body = span("SOLARCO");
        body[name] = value;
        body
    };
    for (body, pointer, code) in [
        (span("NOBODY"), "/partner", "unknown_partner"),
        (changed("recorded_to", json!(today - Days::new(1))), "/recorded_to", "empty_span"),
        (changed("recorded_from", json!("2026-11-27 08:30")), "/recorded_from", "not_a_moment"),
        (changed("recorded_from", json!("2026-02-30")), "/recorded_from", "not_a_date"),
        (changed("reason", json!("tired")), "/reason", "unknown_value"),
    ] {
        let reply = people.reviewer.post(PATH, &body).await;
        assert_eq!((reply.status, reply.errors()), (422, vec![(pointer.to_owned(), code.to_owned())]), "{body}");
    }
    app.stop().await;
}
