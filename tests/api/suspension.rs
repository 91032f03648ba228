//! What nobody verified of a suspended partner counts for nothing, step by step, and counts again when the partner is resumed.

use std::time::{Duration, Instant};

use chrono::Days;
use green_homes::db::records::suspended;
use green_homes::domain::records::{Actor, NewPartner, Role};
use green_homes::domain::reference::{Place, parse_province};
use green_homes::domain::rules::{Registrant, SiteCorrection};
use green_homes::domain::values::{
    Code, CorrectReason, DecommissionReason, InstallationId, Name, RejectReason, SiteId, Tier,
};
use green_homes::register::{
    BatchTransaction, Command, DirectoryChange, Done, ExpectedRevision, InstallationChange, Request, SitesChange,
    system_clock,
};
use serde_json::{Value, json};

use crate::process::{Process, output, partner_client};
use crate::support::{
    App, Client, Passing, TestDatabase, db_lines, home, new_installation, on_both_databases, progress_at, run, token,
};

on_both_databases!(
    suspend_a_partner_takes_out_what_nobody_verified_until_it_is_resumed,
    suspend_a_partner_at_a_shared_site_leaves_what_is_the_others,
    reject_what_is_set_aside_leaves_nothing_to_give_back,
    suspend_a_partner_of_thousands_goes_on_in_steps_after_a_kill_and_lets_others_write,
);

const SUSPENDED: &str = "SELECT CAST(count(*) AS TEXT) AS line FROM entries WHERE cause = 'suspended'";
const SET_ASIDE: &str = "SELECT CAST(count(*) AS TEXT) AS line FROM installations WHERE set_aside";

/// Waits until a condition holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + Duration::from_mins(1);
    while !holds().await {
        assert!(Instant::now() < until, "{what} does not come");
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
}

fn number(url: &str, sql: &str) -> i64 {
    db_lines(url, sql)[0].parse().unwrap()
}

impl Passing {
    fn suspend(&self, code: &str, suspend: bool) {
        let code = Code::parse(code).unwrap();
        let change = if suspend { DirectoryChange::SuspendPartner } else { DirectoryChange::ResumePartner };
        self.change(Command::Directory(change(code))).unwrap();
    }

    /// The sites of the headline, once so many installations are set aside and the number is of the last entry.
    async fn sites_once_aside(&self, aside: i64) -> Value {
        until("the last step", async || number(&self.app.database.url, SET_ASIDE) == aside).await;
        self.app.progress_at(self.app.db_version()).await["data"]["sites"].clone()
    }

    async fn installation(&self, reader: &Client, id: InstallationId) -> Value {
        reader.get(&format!("/v1/installations/{id}")).await.body["data"].clone()
    }
}

fn sites(verified: i64, reported: i64, pledged: i64) -> Value {
    json!({"verified": verified, "reported": reported, "pledged": pledged, "in_operation": verified + reported})
}

async fn suspend_a_partner_takes_out_what_nobody_verified_until_it_is_resumed(database: TestDatabase) {
    let days = Passing::begin_on(database, "2027-03-09").await;
    let first = days.today();
    let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
    let pledge = green_homes::domain::rules::NewInstallation { installed_on: None, ..new_installation("pledged") };
    days.change(Command::Register { by, new: Box::new(pledge) }).unwrap();
    let (installed, _) = days.register_a_home("installed");
    let (verified, _) = days.verify_a_home("verified");
    let (rejected, _) = days.register_a_home("rejected");
    let reject = InstallationChange::Reject { expected: ExpectedRevision::Any, reason: RejectReason::Other };
    days.change(reject.of(rejected)).unwrap();
    let (ended, _) = days.register_a_home("ended");
    let (on, reason) = (first - Days::new(1), DecommissionReason::Removed);
    days.change(InstallationChange::Decommission { on, reason }.of(ended)).unwrap();
    assert_eq!(days.sites_once_aside(0).await, sites(1, 1, 1));
    let second = first + Days::new(1);
    days.pass_to(second).await;
    let before = days.app.db_version();
    days.suspend("SOLARCO", true);
    // A request that was under way when its client was shut out.
    assert_eq!(days.sites_once_aside(3).await, sites(1, 0, 0));
    let (late, _) = days.register_a_home("late");
    assert_eq!(days.sites_once_aside(4).await, sites(1, 0, 0));
    // The suspension, each that is set aside, and the late one twice: nothing more is written.
    assert_eq!(days.app.db_version(), before + 1 + 3 + 2);
    let (admin, reviewer) = (days.app.role(Role::Admin).await, days.app.role(Role::Reviewer).await);
    for (id, aside) in [(installed, true), (verified, false), (rejected, false), (ended, true), (late, true)] {
        assert_eq!(days.installation(&admin, id).await["set_aside"], json!(aside), "{id}");
    }
    let history = admin.get(&format!("/v1/installations/{installed}/history")).await.body["data"].clone();
    let event = &history[0];
    assert_eq!((&event["action"], &event["cause"]), (&json!("set_aside"), &json!("suspended")), "{history:#}");
    let flags = ["before", "after"].map(|state| event[state]["installation"]["set_aside"].clone());
    assert_eq!(flags, [json!(false), json!(true)]);
    let estimate = admin.get(&format!("/v1/installations/{installed}/estimate")).await.body["data"].clone();
    assert_eq!(estimate["measures"][0]["counts"], json!(false), "{estimate}");
    let by_partner = days.app.role(Role::Reviewer).await.get("/v1/aggregates?group_by=partner,stage").await.body;
    let counted = &by_partner["total"]["installations"];
    assert_eq!(counted, &json!(1), "what is verified: {by_partner:#}");
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    // A reviewer who has seen one makes it count, although its partner is suspended.
    let path = format!("/v1/installations/{installed}/verify");
    let seen = reviewer.post(&path, &json!({"evidence_tier": "document"})).await;
    assert_eq!((seen.status, &seen.body["data"]["set_aside"]), (200, &json!(false)), "{}", seen.text);
    assert_eq!(days.sites_once_aside(3).await, sites(2, 0, 0));
    let third = second + Days::new(1);
    days.pass_to(third).await;
    days.suspend("SOLARCO", false);
    assert_eq!(days.sites_once_aside(0).await, sites(2, 1, 1), "the late one, and the pledge");
    // Three clients, the verification, the resumption, and each that is given back.
    assert_eq!(days.app.db_version(), before + 1 + 3 + 2 + 3 + 1 + 1 + 3);
    days.pass_to(third + Days::new(1)).await;
    for (from, to, cause, reported) in [(first, second, "suspended", -2), (second, third, "reinstated", 1)] {
        let bridge = days.app.inside().await.get(&format!("/v1/progress/bridge?from={from}&to={to}")).await.body;
        let row = bridge["data"].as_array().unwrap().iter().find(|row| row["cause"] == json!(cause)).unwrap();
        assert_eq!(row["sites_reported"], json!(reported), "{bridge:#}");
    }
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}

async fn suspend_a_partner_at_a_shared_site_leaves_what_is_the_others(database: TestDatabase) {
    let days = Passing::begin_on(database, "2027-03-09").await;
    let (code, name) = (Code::parse("HEATCO").unwrap(), Name::parse("Heatco").unwrap());
    let new = NewPartner { code: code.clone(), name, kind: None, vcca_role: None, listed: false, sandbox: false };
    days.change(Command::Directory(DirectoryChange::AddPartner(new))).unwrap();
    let register = |name: &str| -> (InstallationId, SiteId) {
        let by = Registrant { partner: code.clone(), sandbox: false };
        let done = days.change(Command::Register { by, new: Box::new(new_installation(name)) });
        let Ok(Done::Registered { id, record, .. }) = done else { panic!("{done:?}") };
        (id, record.site.id)
    };
    // One site, recorded by the partner that stays, with an installation of each; and one where the other's is verified.
    let (_, stays) = register("stays");
    let (_, goes) = days.register_a_home("goes");
    days.change(Command::Sites(SitesChange::Merge { from: goes, into: stays })).unwrap();
    let (_, seen) = register("seen");
    let (verified, moved) = days.verify_a_home("verified");
    days.change(Command::Sites(SitesChange::Merge { from: moved, into: seen })).unwrap();
    assert_eq!(days.sites_once_aside(0).await, sites(1, 1, 0));
    days.suspend("SOLARCO", true);
    assert_eq!(days.sites_once_aside(1).await, sites(1, 1, 0), "the other one's installation counts the site");
    // Another partner corrects the place of its site: what the reviewer saw there was another one.
    let correction = SiteCorrection {
        place: Place::new(parse_province("79").unwrap(), None, None).ok(),
        ..SiteCorrection::default()
    };
    let engine = BatchTransaction::new(days.app.database.db_open(), days.app.db_clock());
    let by = Actor { role: Role::Partner, partner: Some(code.clone()), ..Actor::operator("test") };
    let correct = Command::CorrectSite {
        id: seen,
        expected: ExpectedRevision::Any,
        correction: Box::new(correction),
        reason: CorrectReason::DataEntryError,
        note: None,
    };
    engine.execute(&[&Request::new(by, correct)]).results.remove(0).unwrap();
    assert_eq!(days.sites_once_aside(2).await, sites(0, 2, 0), "it counts as reported, by the one that stays");
    days.suspend("HEATCO", true);
    assert_eq!(days.sites_once_aside(4).await, sites(0, 0, 0));
    days.change(InstallationChange::Verify { tier: Tier::Document }.of(verified)).unwrap();
    assert_eq!(days.sites_once_aside(3).await, sites(1, 0, 0));
    for code in ["SOLARCO", "HEATCO"] {
        days.suspend(code, false);
    }
    assert_eq!(days.sites_once_aside(0).await, sites(1, 1, 0));
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}

/// More than two steps.
const THOUSANDS: usize = 1_300;

async fn reject_what_is_set_aside_leaves_nothing_to_give_back(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let admin = app.role(Role::Admin).await;
    let (url, id) = (app.database.url.clone(), partner.register(&home("a")).await);
    partner.register(&home("b")).await;
    assert_eq!(admin.post("/v1/partners/SOLARCO/suspend", &json!({})).await.status, 200);
    until("both are set aside", async || number(&url, SET_ASIDE) == 2).await;
    let reject = json!({"reason": "not_eligible"});
    assert_eq!(reviewer.post(&format!("/v1/installations/{id}/reject"), &reject).await.status, 200);
    let seen = reviewer.get(&format!("/v1/installations/{id}")).await.body["data"].clone();
    assert_eq!((&seen["status"], &seen["set_aside"]), (&json!("rejected"), &json!(false)));
    assert_eq!(admin.post("/v1/partners/SOLARCO/resume", &json!({})).await.status, 200);
    until("the other one is given back", async || number(&url, SET_ASIDE) == 0).await;
    let given_back = "SELECT subject AS line FROM entries WHERE action = 'give_back'";
    let given_back = db_lines(&url, given_back);
    assert!(given_back.len() == 1 && !given_back[0].ends_with(&id), "{given_back:?}");
    assert!(app.db_audit().ok);
    app.stop().await;
}

async fn suspend_a_partner_of_thousands_goes_on_in_steps_after_a_kill_and_lets_others_write(database: TestDatabase) {
    let (other_id, other_secret) = partner_client(&database, "HEATCO");
    let _ = partner_client(&database, "SOLARCO");
    let engine = BatchTransaction::new(database.db_open(), system_clock());
    let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
    let homes: Vec<Request> = (0..THOUSANDS)
        .map(|n| Command::Register { by: by.clone(), new: Box::new(new_installation(&n.to_string())) })
        .map(|command| Request::new(Actor::operator("test"), command))
        .collect();
    for batch in homes.chunks(250) {
        assert!(engine.execute(&batch.iter().collect::<Vec<_>>()).results.iter().all(Result::is_ok));
    }
    let server = Process::serve(&database, database.data_dir.path());
    let token = token(&server.address, &other_id, &other_secret).await.unwrap();
    let other = Client::new(&server.address).with_token(token);
    // Whoever writes meanwhile has its turn before the last step.
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let other = other.clone();
            actix_web::rt::spawn(async move {
                let headers = [("content-type", "application/json")];
                for n in 0.. {
                    let body = home(&format!("{writer}-{n}")).to_string().into();
                    let Some(reply) = other.try_send("POST", "/v1/installations", &headers, Some(body)).await else {
                        break;
                    };
                    assert_eq!(reply.status, 201, "{}", reply.text);
                }
            })
        })
        .collect();
    assert_eq!(output(&database, &["partner", "suspend", "--code", "SOLARCO"]).1, Some(0));
    let first = "(SELECT min(version) FROM entries WHERE cause = 'suspended')";
    let between = format!(
        "SELECT CAST(min(version) AS TEXT) AS line FROM entries WHERE action = 'register' AND version > {first}"
    );
    until("a turn of somebody else", async || {
        db_lines(&database.url, &format!("SELECT line FROM ({between}) AS found WHERE line IS NOT NULL")).len() == 1
    })
    .await;
    server.kill();
    for writer in writers {
        writer.await.unwrap();
    }
    let after_kill = number(&database.url, SUSPENDED);
    assert!(after_kill % 500 == 0 || after_kill == 1_300, "a step is whole or was not: {after_kill}");
    let written = number(&database.url, &between);
    // Any process goes on, and where there are two no step is made twice.
    let other_dir = tempfile::tempdir().unwrap();
    let mut servers = vec![Process::serve(&database, database.data_dir.path())];
    if !database.is_sqlite() {
        servers.push(Process::serve(&database, other_dir.path()));
    }
    until("the last step", async || number(&database.url, SET_ASIDE) == 1_300).await;
    let last = "SELECT CAST(max(version) AS TEXT) AS line FROM entries WHERE cause = 'suspended'";
    assert!(written < number(&database.url, last), "it was written between two steps");
    let others =
        number(&database.url, "SELECT CAST(count(*) AS TEXT) AS line FROM installations WHERE partner = 'HEATCO'");
    let reported = |progress: &Value| progress["data"]["live"]["sites"]["reported"].clone();
    for server in &servers {
        let version = number(&database.url, "SELECT CAST(version AS TEXT) AS line FROM register_head");
        assert_eq!(reported(&progress_at(&server.address, version).await), json!(others));
    }
    assert_eq!(output(&database, &["partner", "resume", "--code", "SOLARCO"]).1, Some(0));
    until("the last step", async || number(&database.url, SET_ASIDE) == 0).await;
    assert_eq!(number(&database.url, SUSPENDED), 1_300, "none was set aside twice");
    let reinstated = SUSPENDED.replace("suspended", "reinstated");
    assert_eq!(number(&database.url, &reinstated), 1_300);
    let (report, code) = output(&database, &["audit"]);
    assert_eq!(code, Some(0), "{report}");
    for server in servers {
        assert_eq!(server.terminate(), Some(0));
    }
}

#[test]
fn suspend_a_sandbox_partner_sets_nothing_aside() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        app.db_add_partner("TRYOUT", true);
        let (trying, admin) = (app.client(Role::Partner, Some("TRYOUT")).await, app.role(Role::Admin).await);
        let id = trying.register(&home("a")).await;
        assert_eq!(admin.post("/v1/partners/TRYOUT/suspend", &json!({})).await.status, 200);
        let open = app.database.db_open();
        let to_settle = suspended::are_to_settle(&mut open.connection().unwrap()).unwrap();
        assert!(!to_settle, "no step is due");
        let view = admin.get(&format!("/v1/installations/{id}")).await.body["data"].clone();
        assert_eq!((&view["set_aside"], number(&app.database.url, SUSPENDED)), (&json!(false), 0));
        app.stop().await;
    });
}
