//! Whoever tries things out moves no public byte: no number, no version, no entity tag, no instant, no closed day.

use chrono::Days;
use green_homes::domain::records::{NewPartner, Role};
use green_homes::domain::rules::Registrant;
use green_homes::domain::values::{Code, Name, Tier};
use green_homes::register::{Command, DirectoryChange, Done, InstallationChange};
use serde_json::{Value, json};

use crate::lifecycle::act;
use crate::support::{App, Passing, TestDatabase, db_lines, home, new_installation, on_both_databases, progress_at};

on_both_databases!(
    record_by_a_sandbox_partner_moves_no_public_byte,
    close_a_day_that_a_sandbox_partner_ended_is_of_the_entry_before,
);

const PAGES: [&str; 9] = [
    "/v1/progress",
    "/v1/progress.csv",
    "/v1/progress.txt",
    "/v1/progress/provinces",
    "/v1/progress/timeline",
    "/v1/tables/provinces",
    "/v1/tables/programme_sums",
    "/v1/progress/releases",
    "/v1/methodology",
];

/// The public pages with their entity tags.
async fn pages(app: &App) -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for path in PAGES {
        let page = app.public().get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        pages.push((page.header("etag").to_owned(), page.text));
    }
    pages
}

async fn record_by_a_sandbox_partner_moves_no_public_byte(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    app.db_add_partner("TRYOUT", true);
    let trying = app.client(Role::Partner, Some("TRYOUT")).await;
    let live = partner.register(&home("live")).await;
    assert_eq!(act(&reviewer, &live, "verify").await.status, 200);
    let public_version = app.db_version();
    app.progress_at(public_version).await;
    let before = pages(&app).await;
    // Every kind of entry that a sandbox partner, its householders and its reviewers make.
    let mut body = home("a");
    body["consent"] = json!({"on": "2026-01-02", "text_version": 1});
    let (id, householder) = trying.register_home(&body).await;
    let path = format!("/v1/installations/{id}");
    let site = trying.get(&path).await.body["data"]["site"]["id"].as_str().unwrap().to_owned();
    let correction = json!({"low_income": true, "reason": "data_entry_error"});
    let corrected = trying.send_json("PATCH", &format!("/v1/sites/{site}"), &correction).await;
    assert_eq!(corrected.status, 200, "{}", corrected.text);
    let dispute = householder.post("/v1/householder/dispute", &json!({"reason": "wrong_facts"})).await;
    assert_eq!(dispute.status, 201, "{}", dispute.text);
    let close = format!("/v1/review/disputes/{}/close", dispute.body["data"]["id"]);
    assert_eq!(reviewer.post(&close, &json!({"outcome": "dismissed"})).await.status, 200);
    let code = trying.post(&format!("{path}/householder-code"), &json!({})).await;
    assert_eq!(code.status, 200, "{}", code.text);
    let householder = householder.with_code(code.body["data"]["code"].as_str().unwrap());
    assert_eq!(householder.post("/v1/householder/withdraw-consent", &json!({})).await.status, 200);
    assert_eq!(act(&reviewer, &id, "verify").await.status, 200);
    assert_eq!(trying.get(&path).await.body["data"]["status"], "verified", "its own records are as fresh as ever");
    assert_eq!(app.db_version(), public_version + 7);
    let named = "SELECT CAST(public_version AS TEXT) AS line FROM entries WHERE public_version IS NOT NULL";
    assert_eq!(db_lines(&app.database.url, named), vec![public_version.to_string(); 7]);
    assert_eq!(pages(&app).await, before);
    let ready = app.operator().get("/readyz?verbose").await.body;
    let drift = &ready["checks"]["drift"];
    assert_eq!((&drift["behind"], &drift["head_version"]), (&json!(0), &json!(public_version)), "{ready}");
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    // A process that starts now knows nothing of before.
    let fresh = App::start(app.stop().await).await;
    assert_eq!(pages(&fresh).await, before);
    // The next entry of somebody else has the next number of the chain.
    fresh.db_add_partner("NEXT", false);
    assert_eq!(progress_at(&fresh.address, public_version + 8).await["meta"]["version"], json!(public_version + 8));
    assert!(fresh.db_audit().ok, "{:?}", fresh.db_audit());
    fresh.stop().await;
}

async fn close_a_day_that_a_sandbox_partner_ended_is_of_the_entry_before(database: TestDatabase) {
    let first = "2027-03-30".parse().unwrap();
    let days = Passing::begin_on(database, "2027-03-30").await;
    // Before the last public entry, because it is one.
    days.app.inside().await;
    let new = NewPartner {
        code: Code::parse("TRYOUT").unwrap(),
        name: Name::parse("Tryout").unwrap(),
        kind: None,
        vcca_role: None,
        listed: false,
        sandbox: true,
    };
    days.change(Command::Directory(DirectoryChange::AddPartner(new))).unwrap();
    days.verify_a_home("live");
    let public_version = days.app.db_version();
    let tried = |name: &str| {
        let by = Registrant { partner: Code::parse("TRYOUT").unwrap(), sandbox: true };
        let done = days.change(Command::Register { by, new: Box::new(new_installation(name)) });
        let Ok(Done::Registered { id, .. }) = done else { panic!("{done:?}") };
        days.change(InstallationChange::Verify { tier: Tier::Document }.of(id)).unwrap();
    };
    tried("a");
    // The next day has entries of the sandbox alone, and is the end of a month: tables and a release are made of it.
    days.pass_to(first + Days::new(1)).await;
    tried("b");
    days.pass_to(first + Days::new(2)).await;
    for day in [first, first + Days::new(1)] {
        let closed = days.at_close_of(day).await;
        assert_eq!(closed["meta"]["version"], json!(public_version), "{day}");
    }
    let bridge = format!("/v1/progress/bridge?from={first}&to={}", first + Days::new(1));
    let bridge = days.app.inside().await.get(&bridge).await.body;
    let moved = bridge["data"].as_array().unwrap().iter().filter(|row| row["sites_verified"] != json!(0));
    assert_eq!(moved.collect::<Vec<&Value>>(), Vec::<&Value>::new());
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}
