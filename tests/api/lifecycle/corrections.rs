//! Corrections of installations and sites: preconditions, what they cost a verification, dry runs,
//! and what the history tells of them.

use serde_json::json;

use super::{People, act, history};
use crate::support::{App, TestDatabase, home, on_both_databases};

on_both_databases!(
    correct_a_verified_installation_keeps_its_tier_only_while_what_was_seen_stays,
    correct_with_a_stale_or_missing_etag_is_refused_and_a_repetition_is_unchanged,
    correct_a_site_is_for_the_partner_that_recorded_it,
    correct_a_site_after_the_consent_was_withdrawn_needs_a_new_one,
    correct_wrong_values_names_them_all_and_leaves_everything,
    ask_with_dry_run_leaves_nothing_behind,
    read_the_history_tells_before_after_who_and_why,
);

async fn correct_a_verified_installation_keeps_its_tier_only_while_what_was_seen_stays(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let physical = [
        json!({"installed_on": "2026-01-14"}),
        json!({"measures": [{"measure": "rooftop_solar_pv", "quantity": 6}]}),
        json!({"measures": [{"measure": "rooftop_solar_pv", "quantity": 5.4, "inverter_kw": 5}]}),
    ];
    let other = [
        json!({"cost_vnd": 1, "support_vnd": 1}),
        json!({"finance": "loan", "system_owner": "occupant", "power_use": "self_only", "attributes_sold": "none"}),
        json!({"measures": [{"measure": "rooftop_solar_pv", "quantity": 5.4}], "cost_vnd": 2}),
    ];
    let cases = physical.iter().map(|body| (body, "installed")).chain(other.iter().map(|body| (body, "verified")));
    for (n, (fields, status)) in cases.enumerate() {
        let id = people.installation_in("verified", &n.to_string()).await;
        let mut body = fields.clone();
        body["reason"] = json!("data_entry_error");
        let reply = people.owner.patch(&format!("/v1/installations/{id}"), "*", &body).await;
        assert_eq!((reply.status, &reply.body["data"]["status"]), (200, &json!(status)), "{}", reply.text);
        let tier = if status == "verified" { json!("document") } else { json!(null) };
        assert_eq!(reply.body["data"]["evidence_tier"], tier, "{fields}");
    }
    let progress = app.progress_at(app.db_version()).await;
    let counts = &progress["data"]["sites"];
    assert_eq!((&counts["verified"], &counts["reported"]), (&json!(3), &json!(3)), "{counts}");
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn correct_with_a_stale_or_missing_etag_is_refused_and_a_repetition_is_unchanged(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let id = people.installation_in("installed", "a").await;
    let path = format!("/v1/installations/{id}");
    let etag = people.owner.get(&path).await.header("etag").to_owned();
    let correct = |cost: i64| json!({"cost_vnd": cost, "reason": "new_evidence"});
    let headers = [("content-type", "application/json")];
    let missing = people.owner.send("PATCH", &path, &headers, Some(correct(1).to_string().into())).await;
    assert_eq!((missing.status, &missing.body["code"]), (428, &json!("precondition_required")), "{}", missing.text);
    let weak = people.owner.patch(&path, &format!("W/{etag}"), &correct(1)).await;
    assert_eq!(weak.status, 412, "{}", weak.text);
    for malformed in ["2.1", "\"", "", "\"1.1\", *"] {
        let reply = people.owner.patch(&path, malformed, &correct(1)).await;
        assert_eq!((reply.status, &reply.body["code"]), (400, &json!("malformed_if_match")), "{malformed}");
    }
    let done = people.owner.patch(&path, &format!("\"9.9\", {etag}"), &correct(1)).await;
    assert_eq!((done.status, &done.body["outcome"]), (200, &json!("changed")), "{}", done.text);
    assert_ne!(done.header("etag"), etag);
    // The answer was lost, the client sends it again: it is so already.
    let again = people.owner.patch(&path, &etag, &correct(1)).await;
    assert_eq!((again.status, &again.body["outcome"]), (200, &json!("unchanged")), "{}", again.text);
    let stale = people.owner.patch(&path, &etag, &correct(2)).await;
    assert_eq!((stale.status, &stale.body["code"]), (412, &json!("stale")), "{}", stale.text);
    assert_eq!(stale.body["installation"]["etag"], done.header("etag"), "a new attempt is one call away");
    // The tag stands for the site, too.
    let site = done.body["data"]["site"]["id"].as_str().unwrap();
    let flag = json!({"remote": true, "reason": "site_change"});
    assert_eq!(people.owner.patch(&format!("/v1/sites/{site}"), "*", &flag).await.status, 200);
    assert_eq!(people.owner.patch(&path, done.header("etag"), &correct(3)).await.status, 412);
    app.stop().await;
}

async fn correct_a_site_is_for_the_partner_that_recorded_it(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let id = people.installation_in("verified", "a").await;
    let read = people.owner.get(&format!("/v1/installations/{id}")).await;
    let site = read.body["data"]["site"]["id"].as_str().unwrap();
    let path = format!("/v1/sites/{site}");
    let flags = json!({"low_income": true, "woman_headed": null, "reason": "new_evidence"});
    assert_eq!(people.other.patch(&path, "*", &flags).await.status, 404, "not known to it");
    let own = people.owner.get(&path).await;
    assert_eq!((own.status, own.header("etag")), (200, own.body["data"]["etag"].as_str().unwrap()), "{}", own.text);
    let flagged = people.owner.patch(&path, own.header("etag"), &flags).await;
    assert_eq!((flagged.status, &flagged.body["data"]["low_income"]), (200, &json!(true)), "{}", flagged.text);
    let status = || async { people.owner.get(&format!("/v1/installations/{id}")).await.body["data"]["status"].clone() };
    assert_eq!(status().await, "verified", "flags are not what a reviewer saw");
    assert_eq!(
        people.owner.patch(&path, own.header("etag"), &json!({"remote": true, "reason": "other"})).await.status,
        412
    );
    // Personal data of a home needs consent.
    let address = json!({"address": "12 Hàng Bài", "reason": "new_evidence"});
    let refused = people.owner.patch(&path, "*", &address).await;
    assert_eq!(refused.errors(), [("/consent".to_owned(), "consent_required".to_owned())], "{}", refused.text);
    let consent = json!({"consent": {"on": "2026-01-02", "text_version": 1}, "reason": "new_evidence"});
    assert_eq!(people.owner.patch(&path, "*", &consent).await.status, 200);
    assert_eq!(status().await, "verified", "consent neither");
    let with_address = people.owner.patch(&path, "*", &address).await;
    assert_eq!(
        (with_address.status, &with_address.body["data"]["private"]),
        (200, &json!(null)),
        "{}",
        with_address.text
    );
    assert_eq!(status().await, "installed", "the place is");
    assert_eq!(people.owner.get(&path).await.body["data"]["private"]["address"], "12 Hàng Bài");
    // The place is corrected as a whole, and moves the numbers.
    let moved =
        people.owner.patch(&path, "*", &json!({"province_code": "79", "kind": "office", "reason": "other"})).await;
    assert_eq!((moved.status, &moved.body["data"]["province_code"]), (200, &json!("79")), "{}", moved.text);
    let progress = app.progress_at(app.db_version()).await;
    assert_eq!(progress["data"]["by_kind"]["office"]["reported"], 1, "{}", progress["data"]);
    // Another partner that works there sees it, and may not correct it.
    let mut theirs = home("theirs");
    theirs["site"] = json!({"id": site});
    assert_eq!(people.other.post("/v1/installations", &theirs).await.status, 422, "its id is no secret, and no right");
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn correct_a_site_after_the_consent_was_withdrawn_needs_a_new_one(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let mut body = home("a");
    body["site"]["address"] = json!("12 Hàng Bài");
    body["consent"] = json!({"on": "2026-01-02", "text_version": 1});
    let made = people.owner.post("/v1/installations", &body).await;
    let site = made.body["data"]["installation"]["site"]["id"].as_str().unwrap();
    let code = [
        ("householder-code", made.body["data"]["householder"]["code"].as_str().unwrap()),
        ("content-type", "application/json"),
    ];
    let withdrawn = app.public().send("POST", "/v1/householder/withdraw-consent", &code, Some(b"{}".to_vec())).await;
    assert_eq!(withdrawn.status, 200, "{}", withdrawn.text);
    let path = format!("/v1/sites/{site}");
    let correct = |consent: Option<&str>| {
        let mut body = json!({"address": "12 Hàng Bài", "reason": "other"});
        if let Some(on) = consent {
            body["consent"] = json!({"on": on, "text_version": 1});
        }
        body
    };
    let today = green_homes::domain::values::day_of(chrono::Utc::now()).to_string();
    for old in [None, Some("2026-01-02"), Some(today.as_str())] {
        let reply = people.owner.patch(&path, "*", &correct(old)).await;
        assert_eq!(reply.errors(), [("/consent".to_owned(), "consent_required".to_owned())], "{old:?} {}", reply.text);
    }
    let private = people.owner.get(&path).await.body["data"]["private"].clone();
    assert_eq!((&private["address"], &private["consent_withdrawn_on"]), (&json!(null), &json!(today)));
    app.stop().await;
}

async fn correct_wrong_values_names_them_all_and_leaves_everything(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let (pledged, installed) =
        (people.installation_in("pledged", "p").await, people.installation_in("installed", "i").await);
    let withdrawn = people.installation_in("withdrawn", "w").await;
    let ended = people.installation_in("decommissioned", "d").await;
    let version = app.db_version();
    let cases = [
        (&pledged, json!({"installed_on": "2026-01-01", "reason": "other"}), ("/installed_on", "not_allowed_here")),
        (
            &installed,
            json!({"decommissioned_on": "2026-01-20", "reason": "other"}),
            ("/decommissioned_on", "not_allowed_here"),
        ),
        (&installed, json!({"installed_on": null, "reason": "other"}), ("/installed_on", "wrong_type")),
        (&installed, json!({"installed_on": "2999-01-01", "reason": "other"}), ("/installed_on", "in_the_future")),
        (&installed, json!({"project_code": "NONE", "reason": "other"}), ("/project_code", "unknown_project")),
        (&installed, json!({"measures": [], "reason": "other"}), ("/measures", "empty")),
        (&installed, json!({"cost_vnd": 1}), ("/reason", "missing")),
        (&installed, json!({"external_id": "other", "reason": "other"}), ("/external_id", "not_allowed_here")),
        (
            &ended,
            json!({"decommissioned_on": "2026-01-14", "reason": "other"}),
            ("/decommissioned_on", "before_installation"),
        ),
    ];
    for (id, body, (pointer, code)) in cases {
        let reply = people.owner.patch(&format!("/v1/installations/{id}"), "*", &body).await;
        assert_eq!((reply.status, reply.errors()), (422, vec![(pointer.to_owned(), code.to_owned())]), "{body}");
    }
    // What is final is so first, whatever else is wrong.
    for wrong in [
        json!({"decommissioned_on": "2026-01-20", "reason": "other"}),
        json!({"project_code": "NONE", "reason": "other"}),
    ] {
        let reply = people.owner.patch(&format!("/v1/installations/{withdrawn}"), "*", &wrong).await;
        assert_eq!((reply.status, &reply.body["code"]), (409, &json!("invalid_transition")), "{wrong}");
        assert!(reply.body["detail"].as_str().unwrap().contains("không sửa được nữa"), "{}", reply.text);
    }
    assert_eq!(app.db_version(), version, "nothing was recorded");
    let end = json!({"decommissioned_on": "2026-03-05", "reason": "data_entry_error"});
    let corrected = people.owner.patch(&format!("/v1/installations/{ended}"), "*", &end).await;
    assert_eq!((corrected.status, &corrected.body["data"]["decommissioned_on"]), (200, &json!("2026-03-05")));
    app.stop().await;
}

async fn ask_with_dry_run_leaves_nothing_behind(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let id = people.installation_in("installed", "a").await;
    let version = app.db_version();
    let created = people.owner.post("/v1/installations?dry_run=true", &home("new")).await;
    let data = &created.body["data"];
    assert_eq!((created.status, &data["outcome"], &data["dry_run"]), (200, &json!("created"), &json!(true)));
    assert_eq!(data["installation"]["id"], uuid::Uuid::nil().to_string(), "what is new has no id yet");
    let mut again = home("a");
    assert_eq!(people.owner.post("/v1/installations?dry_run=true", &again).await.body["data"]["outcome"], "unchanged");
    again["installed_on"] = json!("2026-01-16");
    assert_eq!(people.owner.post("/v1/installations?dry_run=true", &again).await.status, 409);
    let patch = json!({"cost_vnd": 7, "reason": "other"});
    let asked = people.owner.patch(&format!("/v1/installations/{id}?dry_run=true"), "*", &patch).await;
    assert_eq!((asked.status, &asked.body["dry_run"]), (200, &json!(true)), "{}", asked.text);
    assert_eq!((&asked.body["outcome"], &asked.body["data"]["cost_vnd"]), (&json!("changed"), &json!(7)));
    let wrong = people.owner.post("/v1/installations?dry_run=maybe", &home("new")).await;
    assert_eq!(wrong.errors(), [("dry_run".to_owned(), "unknown_value".to_owned())]);
    assert_eq!(app.db_version(), version);
    assert_eq!(people.owner.get(&format!("/v1/installations/{id}")).await.body["data"]["cost_vnd"], json!(null));
    assert_eq!(people.owner.post("/v1/installations?dry_run=false", &home("new")).await.status, 201);
    app.stop().await;
}

async fn read_the_history_tells_before_after_who_and_why(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let id = people.installation_in("verified", "a").await;
    let read = people.owner.get(&format!("/v1/installations/{id}")).await;
    let site = read.body["data"]["site"]["id"].as_str().unwrap();
    let flag = json!({"remote": true, "reason": "site_change", "note": "đường đất"});
    assert_eq!(people.owner.patch(&format!("/v1/sites/{site}"), "*", &flag).await.status, 200);
    let more = json!({"measures": [{"measure": "rooftop_solar_pv", "quantity": 6.6}], "reason": "data_entry_error"});
    assert_eq!(people.owner.patch(&format!("/v1/installations/{id}"), "*", &more).await.status, 200);
    let reject = json!({"reason": "evidence_inconsistent", "note": "ảnh của nhà khác"});
    assert_eq!(people.reviewer.post(&format!("/v1/installations/{id}/reject"), &reject).await.status, 200);
    assert_eq!(act(&people.owner, &id, "resubmit").await.status, 200);
    let events = history(&people.owner, &id).await;
    let words: Vec<_> = events.iter().map(|e| [e["action"].as_str().unwrap(), e["by"].as_str().unwrap()]).collect();
    let expected = [
        ["register", "partner"],
        ["verify", "reviewer"],
        ["correct_site", "partner"],
        ["correct", "partner"],
        ["reject", "reviewer"],
        ["resubmit", "partner"],
    ];
    assert_eq!(words, expected);
    assert_eq!(events[0]["before"], json!(null));
    let quantity =
        |event: &serde_json::Value, when: &str| event[when]["installation"]["measures"][0]["quantity"].clone();
    assert_eq!((quantity(&events[3], "before"), quantity(&events[3], "after")), (json!(5.4), json!(6.6)));
    let status = |event: &serde_json::Value, when: &str| event[when]["installation"]["status"].clone();
    assert_eq!((status(&events[3], "before"), status(&events[3], "after")), (json!("verified"), json!("installed")));
    assert_eq!(
        (&events[2]["before"]["site"]["remote"], &events[2]["after"]["site"]["remote"]),
        (&json!(null), &json!(true))
    );
    assert_eq!(
        (&events[4]["reason"], &events[4]["note"]),
        (&json!("evidence_inconsistent"), &json!("ảnh của nhà khác"))
    );
    assert_eq!(events[4]["client_id"], json!(null), "a partner need not know which reviewer");
    assert!(events[3]["client_id"].is_string() && history(&people.reviewer, &id).await[4]["client_id"].is_string());
    assert_eq!(people.other.get(&format!("/v1/installations/{id}/history")).await.status, 404);
    assert_eq!(people.admin.get(&format!("/v1/installations/{id}/history")).await.status, 200);
    let page = people.owner.get(&format!("/v1/installations/{id}/history?limit=4")).await;
    let cursor = page.body["page"]["next_cursor"].as_str().unwrap();
    let rest = people.owner.get(&format!("/v1/installations/{id}/history?limit=4&cursor={cursor}")).await;
    let all = [page.body["data"].as_array().unwrap().clone(), rest.body["data"].as_array().unwrap().clone()].concat();
    assert_eq!((all.len(), &rest.body["page"]["next_cursor"]), (6, &json!(null)));
    assert_eq!(all.into_iter().rev().collect::<Vec<_>>(), events);
    app.stop().await;
}
