//! Quotas: how many new installations a partner may register on one day in Hà Nội, and what an administrator may give.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use green_homes::domain::records::{Actor, NewPartner, OwnQuota, Role};
use green_homes::domain::refusals::Refusal;
use green_homes::domain::rules::Registrant;
use green_homes::domain::values::{Code, Name, day_of, start_of};
use green_homes::register::{BatchTransaction, Command, DirectoryChange, Done, Failure, Request};
use green_homes::settings::Settings;
use serde_json::{Value, json};

use crate::lifecycle::{People, act};
use crate::process::{Process, command, output, partner_client};
use crate::support::{
    App, Client, TestDatabase, clock_at, db_execute, db_lines, home, new_installation, on_both_databases, run, token,
};

on_both_databases!(
    register_beyond_the_quota_is_refused_until_midnight_and_what_is_no_new_record_is_not_counted,
    register_at_the_turn_of_the_day_counts_for_the_day_of_its_entry,
    give_one_partner_a_quota_of_its_own_holds_for_it_alone_and_until_its_day,
    register_after_a_clock_was_set_back_is_not_held_against_what_lies_ahead,
    hold_one_partner_to_a_quota_of_its_own_where_there_is_none_for_all,
    set_a_quota_by_who_may_not_or_with_wrong_values_is_refused,
);

/// A service with a quota of so many a day, whose clock stands still.
async fn with_quota(database: TestDatabase, daily_installations: u32, now: DateTime<Utc>) -> App {
    let settings = Settings { daily_installations, ..database.settings() };
    App::start_with(database, settings, clock_at(Arc::new(Mutex::new(now)))).await
}

async fn post(partner: &Client, name: &str) -> (u16, String) {
    let reply = partner.post("/v1/installations", &home(name)).await;
    (reply.status, reply.body["code"].as_str().unwrap_or_default().to_owned())
}

fn refused() -> (u16, String) {
    (429, "daily_quota".to_owned())
}

async fn register_beyond_the_quota_is_refused_until_midnight_and_what_is_no_new_record_is_not_counted(
    database: TestDatabase,
) {
    let now = Utc::now();
    let app = with_quota(database, 3, now).await;
    let people = People::of(&app).await;
    app.db_add_partner("TRYOUT", true);
    let trying = app.client(Role::Partner, Some("TRYOUT")).await;
    let first = people.owner.register(&home("a")).await;
    // Neither the same again, nor a trial, nor what is wrong, is a new record.
    for _ in 0..5 {
        assert_eq!(post(&people.owner, "a").await.0, 200);
        assert_eq!(people.owner.post("/v1/installations?dry_run=true", &home("b")).await.status, 200);
        assert_eq!(people.owner.post("/v1/installations", &json!({})).await.status, 422);
    }
    people.owner.register(&home("b")).await;
    // What was rejected or taken back was recorded all the same.
    assert_eq!(act(&people.reviewer, &first, "reject").await.status, 200);
    people.owner.register(&home("c")).await;
    let keyed = [("content-type", "application/json"), ("idempotency-key", "k-1")];
    let body = home("d").to_string();
    let refusal = people.owner.send("POST", "/v1/installations", &keyed, Some(body.clone().into())).await;
    assert_eq!((refusal.status, &refusal.body["code"]), (429, &json!("daily_quota")), "{}", refusal.text);
    let tomorrow = day_of(now) + Days::new(1);
    let wait = (start_of(tomorrow) - now).num_seconds() + 1;
    assert_eq!(refusal.header("retry-after"), wait.to_string());
    let detail = refusal.body["detail"].as_str().unwrap();
    let day = tomorrow.format("%d/%m/%Y").to_string();
    assert!(detail.contains(&day) && detail.contains("0 giờ") && detail.contains("đơn vị công bố"), "{detail}");
    let english = [("content-type", "application/json"), ("accept-language", "en")];
    let refusal = people.owner.send("POST", "/v1/installations", &english, Some(body.clone().into())).await;
    let detail = refusal.body["detail"].as_str().unwrap();
    let day = tomorrow.format("00:00 on %-d %B %Y").to_string();
    assert!(detail.contains(&day) && detail.contains("ask the publisher"), "{detail}");
    // A trial is about the content. What is known is known, and everything else goes on.
    assert_eq!(people.owner.post("/v1/installations?dry_run=true", &home("d")).await.status, 200);
    assert_eq!(post(&people.owner, "c").await.0, 200);
    assert_eq!(act(&people.owner, &first, "resubmit").await.status, 200);
    // Others have quotas of their own, who try things out the same.
    for partner in [&people.other, &trying] {
        for name in ["x", "y", "z"] {
            partner.register(&home(name)).await;
        }
        assert_eq!(post(partner, "more").await, refused());
    }
    // The key kept nothing: once the quota is raised, the same request is carried out.
    let raised = json!({"daily_installations": 4, "until": day_of(now)});
    assert_eq!(people.admin.post("/v1/partners/SOLARCO/quota", &raised).await.status, 200);
    let again = people.owner.send("POST", "/v1/installations", &keyed, Some(body.into())).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, ""), "{}", again.text);
    assert_eq!(post(&people.owner, "e").await, refused());
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

/// The engine with a quota, by a clock that the test sets.
struct Engine {
    transaction: BatchTransaction,
    now: Arc<Mutex<DateTime<Utc>>>,
    database: TestDatabase,
}

impl Engine {
    fn new(database: TestDatabase, daily_installations: u32, at: DateTime<Utc>) -> Self {
        let now = Arc::new(Mutex::new(at));
        database.db_accept(&clock_at(now.clone()));
        let engine = BatchTransaction::new(database.db_open(), clock_at(now.clone()));
        let made = Self { transaction: engine.with_daily_installations(daily_installations), now, database };
        for code in ["SOLARCO", "HEATCO"] {
            let (code, name) = (Code::parse(code).unwrap(), Name::parse(code).unwrap());
            let new = NewPartner { code, name, kind: None, vcca_role: None, listed: false, sandbox: false };
            made.carry_out(vec![Command::Directory(DirectoryChange::AddPartner(new))]).remove(0).unwrap();
        }
        made
    }

    fn pass_to(&self, at: DateTime<Utc>) {
        *self.now.lock().unwrap() = at;
        self.database.db_accept(&clock_at(self.now.clone()));
    }

    /// Carries out commands in one batch.
    fn carry_out(&self, commands: Vec<Command>) -> Vec<Result<Done, Failure>> {
        let requests: Vec<Request> =
            commands.into_iter().map(|command| Request::new(Actor::operator("test"), command)).collect();
        self.transaction.execute(&requests.iter().collect::<Vec<_>>()).results
    }

    /// How many of these homes are registered in one batch.
    fn register(&self, partner: &str, names: &[String]) -> usize {
        let by = Registrant { partner: Code::parse(partner).unwrap(), sandbox: false };
        let new = |name: &String| Command::Register { by: by.clone(), new: Box::new(new_installation(name)) };
        let results = self.carry_out(names.iter().map(new).collect());
        let is_refused =
            |one: &&Result<Done, Failure>| matches!(one, Err(Failure::Refused(Refusal::DailyQuota { .. })));
        assert_eq!(results.iter().filter(|one| one.is_err()).count(), results.iter().filter(is_refused).count());
        results.iter().filter(|one| one.is_ok()).count()
    }

    fn raise(&self, daily_installations: u32, until: NaiveDate) -> Result<Done, Failure> {
        let quota = OwnQuota { daily_installations, until };
        let change = DirectoryChange::SetQuota(Code::parse("SOLARCO").unwrap(), quota);
        self.carry_out(vec![Command::Directory(change)]).remove(0)
    }
}

fn names(of: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{of}-{n}")).collect()
}

async fn register_at_the_turn_of_the_day_counts_for_the_day_of_its_entry(database: TestDatabase) {
    let today = day_of(Utc::now()) + Days::new(40);
    let midnight = start_of(today + Days::new(1));
    let engine = Engine::new(database, 5, midnight - TimeDelta::microseconds(1));
    assert_eq!(engine.register("SOLARCO", &names("a", 3)), 3);
    assert_eq!(engine.register("SOLARCO", &names("b", 3)), 2, "the rest of a batch is refused");
    assert_eq!(engine.register("SOLARCO", &names("c", 1)), 0);
    let refusal = engine.carry_out(vec![Command::Register {
        by: Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false },
        new: Box::new(new_installation("d")),
    }]);
    let expected = Refusal::DailyQuota { most: 5, next_day: today + Days::new(1), wait: 1 };
    assert_eq!(refusal.into_iter().next().unwrap().err(), Some(Failure::Refused(expected)));
    assert_eq!(engine.register("HEATCO", &names("h", 6)), 5);
    // The day is that of Hà Nội: UTC is still at 17:00 of the day before.
    engine.pass_to(midnight);
    assert_eq!(engine.register("SOLARCO", &names("e", 6)), 5);
    engine.pass_to(midnight + TimeDelta::hours(24) - TimeDelta::microseconds(1));
    assert_eq!(engine.register("SOLARCO", &names("f", 1)), 0);
    let count = db_lines(&engine.database.url, "SELECT CAST(count(*) AS TEXT) AS line FROM installations");
    assert_eq!(count, ["15"]);
}

async fn give_one_partner_a_quota_of_its_own_holds_for_it_alone_and_until_its_day(database: TestDatabase) {
    let today = day_of(Utc::now()) + Days::new(40);
    let engine = Engine::new(database, 2, start_of(today) + TimeDelta::hours(10));
    engine.raise(4, today + Days::new(1)).unwrap();
    assert_eq!(engine.register("SOLARCO", &names("a", 5)), 4);
    assert_eq!(engine.register("HEATCO", &names("a", 5)), 2);
    // Raised within a batch, it holds for the requests after it.
    let mut batch: Vec<Command> = Vec::new();
    let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
    let one = |name: &str| Command::Register { by: by.clone(), new: Box::new(new_installation(name)) };
    batch.push(one("b"));
    let quota = OwnQuota { daily_installations: 5, until: today + Days::new(1) };
    batch.push(Command::Directory(DirectoryChange::SetQuota(by.partner.clone(), quota)));
    batch.extend(["c", "d"].map(one));
    let done: Vec<bool> = engine.carry_out(batch).iter().map(Result::is_ok).collect();
    assert_eq!(done, [false, true, true, false]);
    engine.pass_to(start_of(today + Days::new(1)) + TimeDelta::hours(23));
    assert_eq!(engine.register("SOLARCO", &names("e", 6)), 5, "its last day");
    engine.pass_to(start_of(today + Days::new(2)));
    assert_eq!(engine.register("SOLARCO", &names("f", 6)), 2, "its last day is over");
    // No limit at all, for a delivery.
    engine.raise(0, today + Days::new(2)).unwrap();
    assert_eq!(engine.register("SOLARCO", &names("g", 20)), 20);
    let before = db_lines(&engine.database.url, "SELECT CAST(version AS TEXT) AS line FROM register_head");
    engine.raise(0, today + Days::new(2)).unwrap();
    let after = db_lines(&engine.database.url, "SELECT CAST(version AS TEXT) AS line FROM register_head");
    assert_eq!(before, after, "the same again is no entry");
    let past = engine.raise(7, today + Days::new(1));
    assert!(matches!(past, Err(Failure::Refused(Refusal::Invalid(_)))), "{past:?}");
    let report = green_homes::register::audit::audit(&engine.database.db_open(), green_homes::api::MAKE).unwrap();
    assert!(report.ok, "{:?}", report.findings);
}

/// A clock ahead dated them; since then it was set back.
async fn register_after_a_clock_was_set_back_is_not_held_against_what_lies_ahead(database: TestDatabase) {
    let app = with_quota(database, 2, Utc::now()).await;
    let partner = app.partner("SOLARCO").await;
    for name in ["a", "b"] {
        partner.register(&home(name)).await;
    }
    assert_eq!(post(&partner, "c").await, refused());
    let ahead = if app.database.is_sqlite() {
        "UPDATE installations SET reported_at = datetime(reported_at, '+10 days')"
    } else {
        "UPDATE installations SET reported_at = reported_at + interval '10 days'"
    };
    db_execute(&app.database.url, ahead).unwrap();
    partner.register(&home("c")).await;
    app.stop().await;
}

async fn hold_one_partner_to_a_quota_of_its_own_where_there_is_none_for_all(database: TestDatabase) {
    let app = with_quota(database, 0, Utc::now()).await;
    let (partner, other) = (app.partner("SOLARCO").await, app.partner("OTHER").await);
    let admin = app.role(Role::Admin).await;
    let quota = json!({"daily_installations": 1, "until": day_of(Utc::now())});
    assert_eq!(admin.post("/v1/partners/SOLARCO/quota", &quota).await.status, 200);
    partner.register(&home("a")).await;
    assert_eq!(post(&partner, "b").await, refused());
    for name in ["c", "d"] {
        other.register(&home(name)).await;
    }
    app.stop().await;
}

async fn set_a_quota_by_who_may_not_or_with_wrong_values_is_refused(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let (path, today) = ("/v1/partners/SOLARCO/quota", day_of(Utc::now()));
    let good = json!({"daily_installations": 20_000, "until": today + Days::new(30)});
    for caller in [&people.owner, &people.reviewer, &people.dashboard] {
        assert_eq!(caller.post(path, &good).await.status, 403);
    }
    let wrong = [
        (json!({"daily_installations": 20_001, "until": today}), ("/daily_installations", "out_of_range")),
        (json!({"daily_installations": -1, "until": today}), ("/daily_installations", "out_of_range")),
        (json!({"daily_installations": 5, "until": today - Days::new(1)}), ("/until", "in_the_past")),
        (json!({"daily_installations": 5}), ("/until", "missing")),
    ];
    for (body, (pointer, code)) in wrong {
        let reply = people.admin.post(path, &body).await;
        assert_eq!((reply.status, reply.errors()), (422, vec![(pointer.to_owned(), code.to_owned())]), "{body}");
    }
    assert_eq!(people.admin.post("/v1/partners/NOBODY/quota", &good).await.status, 404);
    let raised = people.admin.post(path, &good).await;
    assert_eq!((raised.status, &raised.body["data"]["quota"]), (200, &good), "{}", raised.text);
    let listed = people.admin.get("/v1/partners").await.body["data"].clone();
    let quotas: Vec<&Value> = listed.as_array().unwrap().iter().map(|one| &one["quota"]).collect();
    assert_eq!(quotas, [&json!(null), &good], "{listed}");
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    let database = app.stop().await;
    let until = (today + Days::new(1)).to_string();
    let arguments = ["partner", "quota", "--code", "solarco", "--most", "9", "--until", &until];
    let (answer, code) = output(&database, &arguments);
    assert_eq!((code, answer), (Some(0), json!({"code": "SOLARCO", "daily_installations": 9, "until": until})));
    let stored = "SELECT CAST(daily_installations AS TEXT) AS line FROM partners WHERE code = 'SOLARCO'";
    assert_eq!(db_lines(&database.url, stored), ["9"]);
    for arguments in [
        ["partner", "quota", "--code", "NOBODY", "--most", "9", "--until", &until],
        ["partner", "quota", "--code", "SOLARCO", "--most", "1000001", "--until", &until],
        ["partner", "quota", "--code", "SOLARCO", "--most", "9", "--until", "2026-02-30"],
    ] {
        assert_eq!(output(&database, &arguments).1, Some(1), "{arguments:?}");
    }
}

#[test]
fn register_in_two_processes_at_once_does_not_pass_the_quota_together() {
    run(two_processes(TestDatabase::postgres()));
}

async fn two_processes(database: TestDatabase) {
    let (client_id, secret) = partner_client(&database, "WRITER");
    let other_dir = tempfile::tempdir().unwrap();
    let serve = |data_dir: &std::path::Path| {
        let mut serve = command(&database, data_dir);
        serve.env("GREEN_HOMES_DAILY_INSTALLATIONS", "25").args(["serve", "--metrics-listen", "127.0.0.1:0"]);
        Process::start(serve)
    };
    let servers = [serve(database.data_dir.path()), serve(other_dir.path())];
    let token = token(&servers[0].address, &client_id, &secret).await.unwrap();
    let writers = (0..16).map(|n| {
        let client = Client::new(&servers[n % 2].address).with_token(token.as_str());
        actix_web::rt::spawn(async move {
            let mut created = 0;
            for i in 0..5 {
                match post(&client, &format!("{n}-{i}")).await {
                    (201, _) => created += 1,
                    other => assert_eq!(other, refused()),
                }
            }
            created
        })
    });
    let mut created = 0;
    for writer in writers.collect::<Vec<_>>() {
        created += writer.await.unwrap();
    }
    assert_eq!(created, 25);
    let count = db_lines(&database.url, "SELECT CAST(count(*) AS TEXT) AS line FROM installations");
    assert_eq!(count, ["25"]);
    assert_eq!(output(&database, &["audit"]).1, Some(0));
    for server in servers {
        assert_eq!(server.terminate(), Some(0));
    }
}
