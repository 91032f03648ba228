//! Sites and their corrections: what verified installations there lose, and what a grid customer
//! code names, within a batch and across it.

use green_homes::domain::records::{Actor, GridCode, Role};
use green_homes::domain::rules::{Amend, Registrant, SiteCorrection};
use green_homes::domain::values::{Code, CorrectReason, SiteId};
use green_homes::register::{BatchTransaction, Command, Done, ExpectedRevision, Request, system_clock};
use serde_json::{Value, json};

use super::{People, act, history};
use crate::support::{App, TestDatabase, home, new_installation, on_both_databases};

on_both_databases!(
    correct_a_place_says_which_verifications_it_costs,
    correct_a_part_of_a_place_says_that_it_is_corrected_as_a_whole,
    correct_a_site_to_the_customer_code_of_another_is_refused,
    correct_a_customer_code_and_register_in_one_batch_knows_the_new_one,
    read_the_history_of_a_second_installation_knows_the_site_before_it,
);

async fn correct_a_place_says_which_verifications_it_costs(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let id = people.installation_in("verified", "a").await;
    let mut second = home("a");
    second["external_id"] = json!("I-a2");
    people.owner.register(&second).await;
    let read = people.owner.get(&format!("/v1/installations/{id}")).await;
    let path = format!("/v1/sites/{}", read.body["data"]["site"]["id"].as_str().unwrap());
    let flag = people.owner.patch(&path, "*", &json!({"remote": true, "reason": "other"})).await;
    assert_eq!((flag.status, &flag.body["unverified"]), (200, &json!([])), "{}", flag.text);
    let moved = json!({"province_code": "79", "reason": "other"});
    for query in ["?dry_run=true", ""] {
        let reply = people.owner.patch(&format!("{path}{query}"), "*", &moved).await;
        assert_eq!((reply.status, &reply.body["unverified"]), (200, &json!([id])), "{}", reply.text);
    }
    let stale = people.owner.patch(&path, "\"9.9\"", &json!({"remote": null, "reason": "other"})).await;
    let current = people.owner.get(&path).await;
    assert_eq!((stale.status, stale.header("etag")), (412, current.header("etag")), "a new attempt is one call away");
    app.stop().await;
}

async fn correct_a_part_of_a_place_says_that_it_is_corrected_as_a_whole(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let mut body = home("a");
    body["site"]["commune_code"] = json!("00097");
    let read = people.owner.post("/v1/installations", &body).await;
    let path = format!("/v1/sites/{}", read.body["data"]["installation"]["site"]["id"].as_str().unwrap());
    let part = json!({"commune_code": null, "former_province_code": null, "reason": "other"});
    let refused = people.owner.patch(&path, "*", &part).await;
    let expected = ["/commune_code", "/former_province_code"].map(|at| (at.to_owned(), "not_allowed_here".to_owned()));
    assert_eq!((refused.status, refused.errors()), (422, expected.to_vec()), "{}", refused.text);
    let whole = json!({"province_code": "01", "commune_code": null, "reason": "other"});
    let done = people.owner.patch(&path, "*", &whole).await;
    assert_eq!((done.status, &done.body["data"]["commune_code"]), (200, &json!(null)), "{}", done.text);
    app.stop().await;
}

fn with_code(name: &str, code: &str) -> Value {
    let mut body = home(name);
    body["site"] = json!({"kind": "office", "province_code": "01", "grid_customer_code": code});
    body
}

async fn correct_a_site_to_the_customer_code_of_another_is_refused(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let site = async |name: &str, code: &str| {
        let made = people.owner.post("/v1/installations", &with_code(name, code)).await;
        made.body["data"]["installation"]["site"]["id"].as_str().unwrap().to_owned()
    };
    let (first, _) = (site("a", "PE01000000001").await, site("b", "PE01000000002").await);
    let correct = |code: &str| json!({"grid_customer_code": code, "reason": "data_entry_error"});
    let path = format!("/v1/sites/{first}");
    let taken = people.owner.patch(&path, "*", &correct("PE01000000002")).await;
    let expected = vec![("/grid_customer_code".to_owned(), "grid_customer_code_of_another".to_owned())];
    assert_eq!((taken.status, taken.errors()), (422, expected), "{}", taken.text);
    for (code, outcome) in [("PE01000000001", "unchanged"), ("PE01000000003", "changed")] {
        let reply = people.owner.patch(&path, "*", &correct(code)).await;
        assert_eq!((reply.status, &reply.body["outcome"]), (200, &json!(outcome)), "{}", reply.text);
    }
    // The code of another partner's site is nobody's business.
    people.other.register(&with_code("c", "PE01000000004")).await;
    assert_eq!(people.owner.patch(&path, "*", &correct("PE01000000004")).await.status, 200);
    app.stop().await;
}

async fn correct_a_customer_code_and_register_in_one_batch_knows_the_new_one(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let made = people.owner.post("/v1/installations", &with_code("a", "PE01000000001")).await;
    let site = SiteId::parse(made.body["data"]["installation"]["site"]["id"].as_str().unwrap()).unwrap();
    let partner = Code::parse("SOLARCO").unwrap();
    let by = Actor { role: Role::Partner, partner: Some(partner.clone()), ..Actor::operator("c-partner") };
    let code = |text: &str| GridCode::parse(text).unwrap();
    let correction = SiteCorrection { grid_customer_code: Amend::Set(code("PE01000000002")), ..Default::default() };
    let correct = Request::new(
        by.clone(),
        Command::CorrectSite {
            id: site,
            expected: ExpectedRevision::Any,
            correction: Box::new(correction),
            reason: CorrectReason::DataEntryError,
            note: None,
        },
    );
    let register = |name: &str, text: &str| {
        let mut new = new_installation(name);
        new.private.grid_customer_code = Some(code(text));
        let by_partner = Registrant { partner: partner.clone(), sandbox: false };
        Request::new(by.clone(), Command::Register { by: by_partner, new: Box::new(new) })
    };
    let (old, new) = (register("old", "PE01000000001"), register("new", "PE01000000002"));
    let executed = BatchTransaction::new(app.database.db_open(), system_clock()).execute(&[&correct, &old, &new]);
    assert_eq!(executed.committed.len(), 1, "one batch");
    let site_of = |result: &Result<Done, _>| match result {
        Ok(Done::Registered { record, .. }) => record.site.id,
        other => panic!("{other:?}"),
    };
    assert_ne!(site_of(&executed.results[1]), site, "the old code names nothing any more");
    assert_eq!(site_of(&executed.results[2]), site, "the new code names the site");
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn read_the_history_of_a_second_installation_knows_the_site_before_it(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let first = people.installation_in("installed", "a").await;
    let mut second = home("a");
    second["external_id"] = json!("I-a2");
    let second = people.owner.register(&second).await;
    let read = people.owner.get(&format!("/v1/installations/{second}")).await;
    let path = format!("/v1/sites/{}", read.body["data"]["site"]["id"].as_str().unwrap());
    let flag = |value: Value| json!({"remote": value, "reason": "other"});
    assert_eq!(people.owner.patch(&path, "*", &flag(json!(true))).await.status, 200);
    assert_eq!(people.owner.patch(&path, "*", &flag(json!(false))).await.status, 200);
    act(&people.reviewer, &first, "verify").await;
    let remote = |event: &Value, when: &str| event[when]["site"]["remote"].clone();
    let events = history(&people.owner, &second).await;
    let told: Vec<_> = events.iter().map(|event| event["action"].clone()).collect();
    assert_eq!(told, ["register", "correct_site", "correct_site"], "not what was done to the first");
    assert_eq!((remote(&events[1], "before"), remote(&events[1], "after")), (json!(null), json!(true)));
    assert_eq!(events[1]["before"]["site"]["province_code"], "01", "it stood there already");
    // A page that begins in the middle knows what came before it.
    let newest = people.owner.get(&format!("/v1/installations/{second}/history?limit=1")).await;
    assert_eq!(newest.body["data"], json!([events[2]]), "{}", newest.text);
    assert_eq!(remote(&newest.body["data"][0], "before"), json!(true));
    app.stop().await;
}
