//! Which site a registration comes to, what is remarked on, and what stays out of the public
//! number.

use green_homes::domain::records::Role;
use serde_json::{Value, json};

use super::{assert_problem, changed};
use crate::support::{App, Client, TestDatabase, home, on_both_databases};

on_both_databases!(
    register_at_a_known_site_counts_it_once_and_keeps_its_facts,
    register_with_a_known_grid_code_finds_the_site_within_one_partner_only,
    register_too_often_at_one_site_is_refused,
    register_something_odd_is_taken_with_a_warning,
    register_by_a_sandbox_partner_never_shows_in_public,
    register_from_before_the_programme_is_counted_apart,
);

async fn register_at_a_known_site_counts_it_once_and_keeps_its_facts(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, other) = (app.partner("SOLARCO").await, app.partner("OTHER").await);
    let (first, warnings) = register(&partner, &home("a")).await;
    assert_eq!(warnings, none());
    let site = first["site"]["id"].clone();
    let by_number = changed(&home("a"), "/external_id", json!("I-2"));
    let by_number = changed(&changed(&by_number, "/site/kind", json!("office")), "/site/province_code", json!("79"));
    let (second, warnings) = register(&partner, &with_measure(&by_number, "roof_insulation")).await;
    assert_eq!((&second["site"]["id"], &second["site"]["kind"]), (&site, &json!("home")));
    assert_eq!(warnings, pairs(&[("/site/kind", "site_differs"), ("/site/province_code", "site_differs")]));
    let elsewhere = json!({"id": site, "former_province_code": "74"});
    let by_id = changed(&changed(&home("b"), "/site", elsewhere), "/external_id", json!("I-5"));
    let (_, warnings) = register(&partner, &with_measure(&by_id, "led_lighting")).await;
    let said = ["/site/province_code", "/site/former_province_code"].map(|pointer| (pointer, "site_differs"));
    assert_eq!(warnings, pairs(&said), "a former province says which of today's is meant");
    let by_id = changed(&changed(&home("b"), "/site", json!({"id": site})), "/external_id", json!("I-3"));
    let by_id = with_measure(&by_id, "cool_roof");
    let (third, warnings) = register(&partner, &by_id).await;
    assert_eq!((&third["site"]["id"], warnings), (&site, pairs(&[("/measures/0/measure", "overlapping_measure")])));

    let (apart, warnings) = register(&other, &home("a")).await;
    assert!(apart["site"]["id"] != site && apart["id"] != first["id"], "another partner's numbers are its own");
    assert_eq!(warnings, none());
    let stolen = other.post("/v1/installations", &changed(&by_id, "/external_id", json!("I-4"))).await;
    assert_problem(&stolen, 422, "invalid_request");
    assert_eq!(stolen.errors(), [("/site/id".to_owned(), "unknown_site".to_owned())]);

    let progress = app.progress_at(app.db_version()).await;
    assert_eq!(
        (&progress["data"]["sites"]["reported"], &progress["data"]["installations"]["reported"]),
        (&json!(2), &json!(5))
    );
    let listed = partner.get(&format!("/v1/installations?site={}", site.as_str().unwrap())).await;
    assert_eq!(listed.body["data"].as_array().unwrap().len(), 4);
    app.stop().await;
}

async fn register_with_a_known_grid_code_finds_the_site_within_one_partner_only(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, other) = (app.partner("SOLARCO").await, app.partner("OTHER").await);
    let coded = |external_id: &str, code: &str| {
        let body = with_measure(&changed(&home("x"), "/external_id", json!(external_id)), "led_lighting");
        let size: f64 = external_id.trim_start_matches("I-").parse().unwrap();
        let body = changed(&body, "/measures/0/quantity", json!(size));
        let body = changed(&body, "/site/external_id", Value::Null);
        let body = changed(&body, "/site/grid_customer_code", json!(code));
        changed(&body, "/consent", json!({"on": "2026-01-02", "text_version": 1}))
    };
    let found = [("/site/grid_customer_code", "site_found_by_grid_customer_code")];
    let (first, warnings) = register(&partner, &coded("I-1", "PD01000123456")).await;
    assert_eq!(warnings, none());
    let path = format!("/v1/installations/{}", first["id"].as_str().unwrap());
    let before = partner.get(&path).await;
    let (second, warnings) = register(&partner, &coded("I-2", " pd 0100-0123.456 ")).await;
    assert_eq!((&second["site"]["id"], warnings), (&first["site"]["id"], pairs(&found)));
    let named = changed(&coded("I-3", "PD01000123456"), "/site/external_id", json!("S-3"));
    let (third, warnings) = register(&partner, &named).await;
    assert_eq!((&third["site"]["id"], warnings), (&first["site"]["id"], pairs(&found)));
    for body in [coded("I-2", "PD01000123456"), named] {
        let again = partner.post("/v1/installations", &body).await;
        assert_eq!((again.status, &again.body["data"]["outcome"]), (200, &json!("unchanged")), "{}", again.text);
    }
    let by_new_number = with_measure(&changed(&home("3"), "/external_id", json!("I-4")), "led_lighting");
    let (fourth, _) = register(&partner, &by_new_number).await;
    assert_eq!(fourth["site"]["id"], first["site"]["id"], "S-3 is that site from now on");
    let shown = partner.get(&path).await;
    assert_eq!((&shown.body, shown.header("etag")), (&before.body, before.header("etag")), "what an ETag stands for");
    let (theirs, warnings) = register(&other, &coded("I-1", "PD01000123456")).await;
    assert!(theirs["site"]["id"] != first["site"]["id"] && warnings == none(), "never across partners");
    let (odd, warnings) = register(&partner, &coded("I-5", "X1")).await;
    assert_eq!(warnings, pairs(&[("/site/grid_customer_code", "unusual_grid_customer_code")]));
    let (odd_again, _) = register(&partner, &coded("I-6", "X1")).await;
    assert_ne!(odd["site"]["id"], odd_again["site"]["id"], "a placeholder stands for any number of homes");
    let progress = app.progress_at(app.db_version()).await;
    assert_eq!(progress["data"]["sites"]["reported"], 4);
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn register_too_often_at_one_site_is_refused(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let at_one = |n: usize| changed(&home("a"), "/external_id", json!(format!("I-{n}")));
    for n in 0..100 {
        partner.register(&at_one(n)).await;
    }
    let refused = partner.post("/v1/installations", &at_one(100)).await;
    assert_problem(&refused, 422, "invalid_request");
    assert_eq!(refused.errors(), [("/site".to_owned(), "site_full".to_owned())]);
    assert_eq!(partner.post("/v1/installations", &at_one(99)).await.status, 200);
    assert_eq!(app.progress_at(app.db_version()).await["data"]["installations"]["reported"], 100);
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn register_something_odd_is_taken_with_a_warning(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let large = changed(&home("a"), "/measures/0/quantity", json!(99_999.999));
    let (view, warnings) = register(&partner, &large).await;
    assert_eq!(warnings, pairs(&[("/measures/0/quantity", "unusual_quantity")]));
    assert_eq!(view["measures"][0]["quantity"].to_string(), "99999.999");
    let again = partner.post("/v1/installations", &large).await;
    assert_eq!((again.status, warnings_of(&again.body)), (200, warnings), "sent again, warned again");
    let second = changed(&home("a"), "/external_id", json!("I-2"));
    let second = changed(&second, "/measures/0/quantity", json!(99_999.999));
    let (_, warnings) = register(&partner, &second).await;
    assert_eq!(warnings, pairs(&[("/measures/0/quantity", "unusual_quantity"), ("/measures/0", "possible_duplicate")]));
    let uncounted = changed(&with_measure(&home("b"), "battery_storage"), "/cost_vnd", json!(100));
    let (_, warnings) = register(&partner, &changed(&uncounted, "/support_vnd", json!(101))).await;
    assert_eq!(warnings, pairs(&[("/measures", "counts_no_site"), ("/support_vnd", "support_above_cost")]));
    let english = [("content-type", "application/json"), ("accept-language", "en")];
    let reply = partner.send("POST", "/v1/installations", &english, Some(large.to_string().into())).await;
    let detail = reply.body["data"]["warnings"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("Above the usual ") && detail.contains("kWp"), "{detail}");
    app.stop().await;
}

async fn register_by_a_sandbox_partner_never_shows_in_public(database: TestDatabase) {
    let app = App::start(database).await;
    app.db_add_partner("TRYOUT", true);
    let partner = app.client(Role::Partner, Some("TRYOUT")).await;
    let reviewer = app.role(Role::Reviewer).await;
    let before = app.progress_at(app.db_version()).await["data"].clone();
    let id = partner.register(&home("a")).await;
    let early = changed(&home("b"), "/installed_on", json!("2019-08-31"));
    partner.register(&early).await;
    assert_eq!(app.progress_at(0).await["data"], before);
    let path = format!("/v1/installations/{id}/verify");
    let verified = reviewer.post(&path, &json!({"evidence_tier": "metered"})).await;
    assert_eq!(verified.body["data"]["status"], "verified", "{}", verified.text);
    assert_eq!(app.progress_at(0).await["data"], before);
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn register_from_before_the_programme_is_counted_apart(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let (_, warnings) = register(&partner, &changed(&home("a"), "/installed_on", json!("2019-08-31"))).await;
    assert_eq!(warnings, pairs(&[("/installed_on", "pre_programme")]));
    let one = json!({"verified": 0, "reported": 1, "pledged": 0, "in_operation": 1});
    let nothing = json!({"verified": 0, "reported": 0, "pledged": 0, "in_operation": 0});
    let data = app.progress_at(app.db_version()).await["data"].clone();
    assert_eq!((&data["sites"], &data["installations"]), (&nothing, &nothing));
    assert_eq!((&data["pre_programme"]["sites"], &data["capacity_kwp"]["reported"]), (&one, &json!(0.0)));
    let (_, warnings) = register(&partner, &changed(&home("b"), "/installed_on", json!("2019-09-01"))).await;
    assert_eq!(warnings, none(), "the first day counts");
    let data = app.progress_at(app.db_version()).await["data"].clone();
    assert_eq!((&data["sites"], &data["pre_programme"]["sites"]), (&one, &one));
    app.stop().await;
}

/// Registers something new: its view, and the pointers and codes of the warnings.
async fn register(partner: &Client, body: &Value) -> (Value, Vec<(String, String)>) {
    let reply = partner.post("/v1/installations", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    (reply.body["data"]["installation"].clone(), warnings_of(&reply.body))
}

fn warnings_of(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let warnings = body["data"]["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| (text(&warning["pointer"]), text(&warning["code"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

fn none() -> Vec<(String, String)> {
    Vec::new()
}

/// The body with something else than solar power.
fn with_measure(body: &Value, measure: &str) -> Value {
    changed(body, "/measures", json!([{"measure": measure, "quantity": 3}]))
}
