//! The person at home: the text they consent to, their code, what they see, dispute and withdraw.

use green_homes::api::MAKE;
use green_homes::domain::records::{Actor, DisputeOutcome, Role, hash_of_code};
use green_homes::domain::refusals::Refusal;
use green_homes::domain::values::hex;
use green_homes::domain::values::{Code, InstallationId};
use green_homes::register::audit::audit;
use green_homes::register::{BatchTransaction, Command, Done, Failure, HomeCommand, HomeDone, Request, system_clock};
use serde_json::{Value, json};

use crate::erasure::{assert_audit_is_clean, assert_no_bytes_linger, identified, notes, verify};
use crate::support::{App, Client, TestDatabase, db_lines, home, on_both_databases, run};
use crate::tampering::{copy_of, db_execute};

on_both_databases!(
    register_a_new_home_with_consent_gives_a_code_that_opens_it,
    issue_a_new_code_stops_the_old_one,
    dispute_what_is_recorded_until_a_reviewer_answers,
    withdraw_consent_erases_the_person_and_leaves_the_count,
    change_a_dispute_behind_the_register_is_found,
);

const ME: &str = "/v1/householder";
const DISPUTE: &str = "/v1/householder/dispute";
const WITHDRAW: &str = "/v1/householder/withdraw-consent";

async fn register_a_new_home_with_consent_gives_a_code_that_opens_it(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let mut body = identified("a");
    body["cost_vnd"] = json!(90_000_000);
    let created = partner.post("/v1/installations", &body).await;
    let given = &created.body["data"]["householder"];
    let code = given["code"].as_str().unwrap();
    assert_eq!((code.len(), code.split('-').count()), (23, 4), "{code}");
    let sentence = given["sentence_vi"].as_str().unwrap();
    assert!(sentence.contains(code) && sentence.contains("https://register.example/docs/"), "{sentence}");
    assert_eq!(created.header("cache-control"), "no-store");

    let again = partner.post("/v1/installations", &body).await;
    let mut second = identified("a");
    second["external_id"] = json!("I-a2");
    let second = partner.post("/v1/installations", &second).await;
    let without = partner.post("/v1/installations", &home("b")).await;
    for (reply, status) in [(again, 200), (second, 201), (without, 201)] {
        assert_eq!((reply.status, reply.body["data"].get("householder")), (status, None), "{}", reply.text);
    }
    assert_eq!(db_lines(&app.database.url, "SELECT site AS line FROM householder_codes").len(), 1);

    let seen = app.public().with_code(code.to_lowercase().replace('-', " ")).get(ME).await;
    assert_eq!((seen.status, seen.header("cache-control")), (200, "no-store"), "{}", seen.text);
    let data = &seen.body["data"];
    let id = created.body["data"]["installation"]["id"].as_str().unwrap();
    let recorded = partner.get(&format!("/v1/installations/{id}")).await;
    assert!(data["private"]["address"].is_string() && data["private"] == recorded.body["data"]["site"]["private"]);
    assert_eq!((&data["recorded_by"], data["installations"].as_array().unwrap().len()), (&json!("Partner SOLARCO"), 2));
    assert_eq!(data["installations"][0]["measures"][0]["quantity"], json!(5.4));
    assert_eq!(data["installations"][0]["cost_vnd"], json!(90_000_000));

    let mut refused = Vec::new();
    for wrong in ["", "x", "00000-00000-00000-00000", &format!("{code}0"), &"9".repeat(4000)] {
        let mut reply = app.public().with_code(wrong).get(ME).await;
        assert_eq!((reply.status, &reply.body["code"]), (401, &json!("wrong_code")), "{wrong}");
        reply.body["request_id"] = Value::Null;
        refused.push(reply.body);
    }
    refused.dedup();
    assert_eq!(refused.len(), 1, "nobody learns what is wrong with a code");
    app.stop().await;
}

async fn issue_a_new_code_stops_the_old_one(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, other) = (app.partner("SOLARCO").await, app.partner("OTHER").await);
    let (id, old) = partner.register_home(&identified("a")).await;
    let path = format!("/v1/installations/{id}/householder-code");
    assert_eq!(other.post(&path, &json!({})).await.status, 404);
    assert_eq!(old.get(ME).await.status, 200);
    let issued = partner.post(&path, &json!({})).await;
    assert_eq!((issued.status, issued.header("cache-control")), (200, "no-store"), "{}", issued.text);
    let code = issued.body["data"]["code"].as_str().unwrap();
    assert_eq!([old.get(ME).await.status, app.public().with_code(code).get(ME).await.status], [401, 200]);
    let entry = "SELECT action || ' ' || cause || ' ' || facts AS line FROM entries JOIN entry_facts USING (version) \
                 ORDER BY version DESC LIMIT 1";
    let entry = db_lines(&app.database.url, entry).remove(0);
    assert!(entry.starts_with("issue_code administration"), "{entry}");
    assert!(!entry.contains(code) && !entry.contains(&hex(&hash_of_code(code))), "{entry}");
    let asked = || {
        let by = Actor { partner: Code::parse("SOLARCO").ok(), ..Actor::operator("c-partner") };
        Request::new(by, Command::Home(HomeCommand::IssueCode { id: InstallationId::parse(&id).unwrap() }))
    };
    let twice = BatchTransaction::new(app.database.db_open(), system_clock()).execute(&[&asked(), &asked()]).results;
    let [Ok(Done::Home(HomeDone::CodeIssued(first))), Ok(Done::Home(HomeDone::CodeIssued(last)))] = &twice[..] else {
        panic!("{twice:?}")
    };
    let opens = async |code: &str| app.public().with_code(code).get(ME).await.status;
    assert_eq!([opens(code).await, opens(&first.to_string()).await, opens(&last.to_string()).await], [401, 401, 200]);
    let bare = partner.register(&home("bare")).await;
    assert_eq!(partner.post(&format!("/v1/installations/{bare}/householder-code"), &json!({})).await.status, 200);
    assert_audit_is_clean(&app.database);
    app.stop().await;
}

async fn dispute_what_is_recorded_until_a_reviewer_answers(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let (id, householder) = partner.register_home(&identified("a")).await;
    let elsewhere = partner.register(&home("b")).await;
    let counted = app.counted_at(app.db_version()).await;
    let foreign = householder.post(DISPUTE, &json!({"installation": elsewhere, "reason": "other"})).await;
    assert_eq!(foreign.errors(), [("/installation".to_owned(), "not_at_this_site".to_owned())]);
    let mut ids = Vec::new();
    for number in 0..10 {
        let body = json!({"installation": id, "reason": "wrong_facts", "note": format!("phản ánh {number}")});
        let opened = householder.post(DISPUTE, &body).await;
        assert_eq!(opened.status, 201, "{}", opened.text);
        ids.push(opened.body["data"]["id"].as_i64().unwrap());
    }
    let repeated = json!({"installation": id, "reason": "wrong_facts", "note": "phản ánh 3"});
    let again = householder.post(DISPUTE, &repeated).await;
    assert_eq!((again.status, &again.body["data"]["id"]), (200, &json!(ids[3])), "{}", again.text);
    // A partner that is complained of does not take over the complaint.
    let code = partner.post(&format!("/v1/installations/{id}/householder-code"), &json!({})).await;
    assert_eq!((code.status, &code.body["code"]), (409, &json!("dispute_open")), "{}", code.text);
    let full = householder.post(DISPUTE, &json!({"reason": "no_consent"})).await;
    assert_eq!((full.status, &full.body["code"]), (409, &json!("too_many_disputes")), "{}", full.text);

    assert_eq!(listed(&reviewer).await, ids, "oldest first, page by page");
    let first = reviewer.get("/v1/review/disputes?limit=1").await;
    assert_eq!(first.body["data"][0]["dispute"]["note"], "phản ánh 0", "{}", first.text);
    let close = |id: i64| format!("/v1/review/disputes/{id}/close");
    let upheld = json!({"outcome": "upheld", "note": "sẽ sửa"});
    let of_the_partner = Actor { affiliation: Code::parse("SOLARCO").ok(), ..Actor::operator("c-reviewer") };
    let command =
        Command::Home(HomeCommand::CloseDispute { id: ids[0], outcome: DisputeOutcome::Dismissed, note: None });
    let engine = BatchTransaction::new(app.database.db_open(), system_clock());
    let own = engine.execute(&[&Request::new(of_the_partner, command)]).results.remove(0);
    assert!(matches!(own, Err(Failure::Refused(Refusal::NotFound))), "nobody answers for their own: {own:?}");
    for (body, status) in [(&upheld, 200), (&upheld, 200), (&json!({"outcome": "dismissed"}), 409)] {
        let closed = reviewer.post(&close(ids[0]), body).await;
        assert_eq!(closed.status, status, "{}", closed.text);
    }
    assert_eq!(reviewer.post(&close(1), &upheld).await.status, 404);
    assert_eq!(listed(&reviewer).await, ids[1..]);
    assert_eq!(householder.post(DISPUTE, &json!({"reason": "no_consent"})).await.status, 201);
    let seen = householder.get(ME).await.body["data"]["disputes"].clone();
    assert_eq!((seen.as_array().unwrap().len(), &seen[0]["outcome"]), (11, &json!("upheld")), "{seen}");
    assert_eq!((&seen[0]["note"], &seen[0]["answer"]), (&json!("phản ánh 0"), &json!("sẽ sửa")), "{seen}");
    let events = partner.get(&format!("/v1/installations/{id}/history?limit=50")).await.body["data"].clone();
    let told = |action: &str| {
        let event = events.as_array().unwrap().iter().find(|event| event["action"] == action).unwrap();
        json!([event["by"], event["reason"], event["note"]])
    };
    assert_eq!(told("close_dispute"), json!(["reviewer", "upheld", "sẽ sửa"]));
    assert_eq!(told("dispute"), json!(["householder", "no_consent", null]));
    assert_eq!(app.counted_at(app.db_version()).await, counted, "a dispute moves no number");
    assert_audit_is_clean(&app.database);
    app.stop().await;
}

/// The ids of all open disputes, three at a time.
async fn listed(reviewer: &Client) -> Vec<i64> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = reviewer.get(&format!("/v1/review/disputes?limit=3{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        ids.extend(page.body["data"].as_array().unwrap().iter().map(|one| one["dispute"]["id"].as_i64().unwrap()));
        let Some(next) = page.body["page"]["next_cursor"].as_str() else { return ids };
        cursor = format!("&cursor={next}");
    }
}

async fn withdraw_consent_erases_the_person_and_leaves_the_count(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let (id, householder) = partner.register_home(&identified("a")).await;
    verify(&reviewer, &id, "gặp chủ nhà").await;
    let noted = json!({"cost_vnd": 1, "reason": "other", "note": "chủ nhà đi vắng 4716"});
    assert_eq!(partner.patch(&format!("/v1/installations/{id}"), "*", &noted).await.status, 200);
    let dispute = json!({"reason": "no_consent", "note": "Tôi không đồng ý"});
    assert_eq!(householder.post(DISPUTE, &dispute).await.status, 201);
    let counted = app.counted_at(app.db_version()).await;
    assert_eq!(householder.post(WITHDRAW, &json!({"sure": true})).await.status, 422);
    let withdrawn = householder.post(WITHDRAW, &json!({})).await;
    assert_eq!(
        (withdrawn.status, &withdrawn.body["data"]["outcome"]),
        (200, &json!("withdrawn")),
        "{}",
        withdrawn.text
    );
    let version = app.db_version();
    let again = householder.post(WITHDRAW, &json!({})).await;
    assert_eq!((&again.body["data"]["outcome"], app.db_version()), (&json!("unchanged"), version), "{}", again.text);
    let seen = householder.get(ME).await;
    let private = &seen.body["data"]["private"];
    assert_eq!(private["consent_withdrawn_on"], withdrawn.body["data"]["consent_withdrawn_on"]);
    assert!(["address", "grid_customer_code", "location"].iter().all(|held| private[held].is_null()), "{private}");
    assert_eq!(seen.body["data"]["disputes"][0].get("note"), None);
    assert_eq!(notes(&app.database), Vec::<String>::new(), "the reviewers', too");
    let entry = format!("SELECT actor || ' ' || action AS line FROM entries WHERE version = {version}");
    assert_eq!(db_lines(&app.database.url, &entry), ["householder erase"]);
    assert_eq!(app.counted_at(version).await, counted);
    assert_audit_is_clean(&app.database);
    let database = app.stop().await;
    assert_no_bytes_linger(&database);
}

async fn change_a_dispute_behind_the_register_is_found(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let (_, householder) = partner.register_home(&identified("a")).await;
    let opened = householder.post(DISPUTE, &json!({"reason": "not_here"})).await.body["data"]["id"].clone();
    let close = json!({"outcome": "dismissed"});
    assert_eq!(reviewer.post(&format!("/v1/review/disputes/{opened}/close"), &close).await.status, 200);
    let database = app.stop().await;
    assert_audit_is_clean(&copy_of(&database));
    let dispute = format!("dispute {opened}");
    let changes = [
        ("UPDATE disputes SET reason = 'other'", dispute.as_str()),
        ("UPDATE disputes SET outcome = 'upheld'", &dispute),
        ("UPDATE disputes SET opened_at = '2026-01-01 00:00:00'", &dispute),
        ("UPDATE disputes SET closed_at = NULL, closed_version = NULL, outcome = NULL", "facts "),
        ("DELETE FROM disputes", "facts "),
        ("UPDATE householder_codes SET site = 'nowhere'", "householder_codes"),
    ];
    for (change, what) in changes {
        let copy = copy_of(&database);
        db_execute(&copy.url, change);
        let report = audit(&copy.db_open(), MAKE).unwrap();
        assert!(report.findings.iter().any(|found| found.what.starts_with(what)), "{change}: {:?}", report.findings);
    }
}

#[test]
fn get_the_consent_text_by_version_gives_both_languages_and_its_first_day() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        for (version, from) in [(1, "2026-01-01"), (2, "2026-11-27")] {
            let reply = app.public().get(&format!("/v1/consent/{version}")).await;
            let data = &reply.body["data"];
            let head = (&data["version"], &data["in_force_from"]);
            assert_eq!(head, (&json!(version), &json!(from)), "{}", reply.text);
            assert_eq!(data["publisher"], "Publisher");
            assert!(data["text_vi"].as_str().unwrap().contains("91/2025/QH15"));
            assert!(data["text_en"].as_str().unwrap().contains("91/2025/QH15"));
        }
        for unknown in ["0", "3", "01", "+1", "one"] {
            assert_eq!(app.public().get(&format!("/v1/consent/{unknown}")).await.status, 404, "{unknown}");
        }
        app.stop().await;
    });
}
