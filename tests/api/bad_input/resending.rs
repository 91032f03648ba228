//! Sending again and deciding again: the same is never an error, another content always is.

use green_homes::domain::records::Role;
use serde_json::{Value, json};

use super::{assert_problem, changed};
use crate::support::{App, Client, Reply, TestDatabase, home, on_both_databases};

on_both_databases!(
    resend_the_same_in_another_form_is_unchanged,
    resend_other_content_names_every_difference,
    resend_what_was_verified_is_unchanged_and_what_was_rejected_has_ended,
    verify_again_is_unchanged_and_a_lower_tier_is_refused,
);

async fn resend_the_same_in_another_form_is_unchanged(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let body = everything(&app).await;
    let first = partner.post("/v1/installations", &body).await;
    assert_eq!((first.status, &first.body["data"]["outcome"]), (201, &json!("created")), "{}", first.text);
    let id = first.body["data"]["installation"]["id"].as_str().unwrap();
    assert_eq!(first.header("location"), format!("https://register.example/v1/installations/{id}"));
    let version = app.db_version();
    let mut lines = body["measures"].as_array().unwrap().clone();
    lines.reverse();
    let forms = [
        body.clone(),
        changed(&body, "/measures", json!(lines)),
        changed(&body, "/external_id", json!(" I-a ")),
        changed(&changed(&body, "/status", json!("pledged")), "/installed_on", Value::Null),
    ];
    let spaced = serde_json::to_string_pretty(&body).unwrap().replace("5.4", "5.400");
    for form in forms.iter().map(ToString::to_string).chain([spaced]) {
        let reply = partner.post_raw("/v1/installations", form).await;
        assert_eq!((reply.status, &reply.body["data"]["outcome"]), (200, &json!("unchanged")), "{}", reply.text);
        assert_eq!(reply.body["data"]["installation"], first.body["data"]["installation"]);
        for name in ["location", "etag"] {
            assert_eq!(reply.header(name), first.header(name));
        }
    }
    assert_eq!(app.db_version(), version);
    app.stop().await;
}

async fn resend_other_content_names_every_difference(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let body = everything(&app).await;
    let id = partner.register(&body).await;
    let etag = partner.get(&format!("/v1/installations/{id}")).await.header("etag").to_owned();
    let version = app.db_version();
    let standing = json!({"id": id, "status": "installed", "revision": 1, "etag": etag});
    let recorded_lines = json!([
        {"measure": "rooftop_solar_pv", "quantity": 5.4, "inverter_kw": 5.0},
        {"measure": "led_lighting", "quantity": 12.0}
    ]);
    let cases = [
        ("/installed_on", json!("2026-01-16"), "/installed_on", json!("2026-01-15")),
        ("/measures/0/quantity", json!(5.401), "/measures", recorded_lines.clone()),
        ("/measures/0/inverter_kw", Value::Null, "/measures", recorded_lines),
        ("/project_code", Value::Null, "/project_code", json!("P-1")),
        ("/cost_vnd", json!(90_000_001), "/cost_vnd", json!(90_000_000)),
        ("/support_vnd", Value::Null, "/support_vnd", json!(10_000_000)),
        ("/finance", json!("own"), "/finance", json!("loan")),
        ("/system_owner", json!("third_party"), "/system_owner", json!("occupant")),
        ("/power_use", json!("sells_all"), "/power_use", json!("sells_surplus")),
        ("/attributes_sold", json!("rec"), "/attributes_sold", json!("none")),
        ("/site/external_id", json!("S-b"), "/site/external_id", json!("S-a")),
    ];
    for (pointer, value, at, recorded) in cases {
        let reply = partner.post("/v1/installations", &changed(&body, pointer, value)).await;
        assert_problem(&reply, 409, "different_content");
        assert_eq!(reply.body["differences"], json!([{"pointer": at, "recorded": recorded}]), "{pointer}");
        assert_eq!(reply.body["installation"], standing);
    }
    let all = json!({"external_id": "I-a", "status": "installed", "installed_on": "2026-01-16", "site": body["site"],
        "measures": [{"measure": "led_lighting", "quantity": 12}]});
    let reply = partner.post("/v1/installations", &all).await;
    assert_eq!(reply.body["differences"].as_array().unwrap().len(), 9, "{}", reply.text);
    assert_eq!(app.db_version(), version);
    app.stop().await;
}

async fn resend_what_was_verified_is_unchanged_and_what_was_rejected_has_ended(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let body = home("a");
    let id = partner.register(&body).await;
    assert_eq!(verify(&reviewer, &id, "document").await.status, 200);
    let reply = partner.post("/v1/installations", &body).await;
    assert_eq!((reply.status, &reply.body["data"]["outcome"]), (200, &json!("unchanged")), "{}", reply.text);
    let view = &reply.body["data"]["installation"];
    assert_eq!((&view["status"], &view["revision"]), (&json!("verified"), &json!(2)));
    let other = partner.post("/v1/installations", &changed(&body, "/cost_vnd", json!(1))).await;
    assert_problem(&other, 409, "different_content");
    assert_eq!(other.body["installation"]["status"], "verified");

    assert_eq!(reject(&reviewer, &id).await.status, 200);
    let version = app.db_version();
    for sent in [&body, &changed(&body, "/cost_vnd", json!(1))] {
        let ended = partner.post("/v1/installations", sent).await;
        assert_problem(&ended, 409, "installation_ended");
        let standing = &ended.body["installation"];
        assert_eq!(
            (&standing["id"], &standing["status"], &standing["revision"]),
            (&json!(id), &json!("rejected"), &json!(3))
        );
        assert!(ended.body["differences"].is_null(), "{}", ended.text);
    }
    assert_eq!(app.db_version(), version);
    app.stop().await;
}

async fn verify_again_is_unchanged_and_a_lower_tier_is_refused(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let id = partner.register(&home("a")).await;
    let first = verify(&reviewer, &id, "inspected").await;
    assert_eq!((first.status, &first.body["data"]["revision"]), (200, &json!(2)), "{}", first.text);
    let version = app.db_version();
    let again = verify(&reviewer, &id, "inspected").await;
    assert_eq!((again.status, &again.body["outcome"]), (200, &json!("unchanged")), "{}", again.text);
    assert_eq!((&again.body["data"], again.header("etag")), (&first.body["data"], first.header("etag")));
    assert_eq!(app.db_version(), version);
    let lower = verify(&reviewer, &id, "document").await;
    assert_problem(&lower, 409, "invalid_transition");
    let standing = json!({"id": id, "status": "verified", "revision": 2, "etag": first.header("etag")});
    assert_eq!(lower.body["installation"], standing);
    let sampled = verify(&reviewer, &id, "sampled").await;
    assert_problem(&sampled, 422, "invalid_request");
    assert_eq!(sampled.errors(), [("/evidence_tier".to_owned(), "tier_not_available".to_owned())]);
    assert_eq!(app.db_version(), version);
    let higher = verify(&reviewer, &id, "metered").await;
    assert_eq!(
        (&higher.body["data"]["evidence_tier"], &higher.body["data"]["revision"]),
        (&json!("metered"), &json!(3))
    );

    let rejected = reject(&reviewer, &id).await;
    assert_eq!((&rejected.body["data"]["status"], &rejected.body["data"]["revision"]), (&json!("rejected"), &json!(4)));
    assert_eq!(reject(&reviewer, &id).await.body["data"], rejected.body["data"]);
    assert_problem(&verify(&reviewer, &id, "metered").await, 409, "invalid_transition");
    let pledge = changed(&changed(&home("b"), "/status", json!("pledged")), "/installed_on", Value::Null);
    let pledged = partner.register(&pledge).await;
    assert_problem(&verify(&reviewer, &pledged, "document").await, 409, "invalid_transition");
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

/// A home with every optional term, in a project that is made for it.
async fn everything(app: &App) -> Value {
    let project = json!({"code": "P-1", "name_vi": "Dự án", "name_en": "Project"});
    let made = app.role(Role::Admin).await.post("/v1/projects", &project).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let mut body = home("a");
    body["measures"] = json!([
        {"measure": "rooftop_solar_pv", "quantity": 5.4, "inverter_kw": 5},
        {"measure": "led_lighting", "quantity": 12}
    ]);
    let terms = json!({"project_code": "P-1", "cost_vnd": 90_000_000, "support_vnd": 10_000_000, "finance": "loan",
        "system_owner": "occupant", "power_use": "sells_surplus", "attributes_sold": "none"});
    body.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
    body
}

async fn verify(reviewer: &Client, id: &str, tier: &str) -> Reply {
    reviewer.post(&format!("/v1/installations/{id}/verify"), &json!({"evidence_tier": tier})).await
}

async fn reject(reviewer: &Client, id: &str) -> Reply {
    reviewer.post(&format!("/v1/installations/{id}/reject"), &json!({"reason": "evidence_missing"})).await
}
