//! How the headline grew.

use serde_json::{Value, json};

use crate::lifecycle::People;
use crate::support::{App, Client, TestDatabase, home, on_both_databases};

on_both_databases!(
    read_the_timeline_by_days_of_installation_ends_at_the_headline,
    ask_for_a_timeline_of_unknown_periods_names_what_is_wrong,
);

async fn rows(anybody: &Client, query: &str) -> Vec<Value> {
    let reply = anybody.get(&format!("/v1/progress/timeline{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["data"].as_array().unwrap().clone()
}

async fn read_the_timeline_by_days_of_installation_ends_at_the_headline(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    for (name, on) in [("a", "2025-11-20"), ("b", "2026-01-05"), ("c", "2026-02-28"), ("old", "2019-08-31")] {
        let mut body = home(name);
        body["installed_on"] = json!(on);
        let id = people.owner.register(&body).await;
        if name == "c" {
            continue;
        }
        let verify = json!({"evidence_tier": "document"});
        assert_eq!(people.reviewer.post(&format!("/v1/installations/{id}/verify"), &verify).await.status, 200);
        if name == "a" {
            let end = json!({"decommissioned_on": "2026-03-10", "reason": "removed"});
            assert_eq!(people.owner.post(&format!("/v1/installations/{id}/decommission"), &end).await.status, 200);
        }
    }
    let headline = app.progress_at(app.db_version()).await["data"].clone();
    let anybody = app.inside().await;
    let months = rows(&anybody, "").await;
    let told = |row: &Value| json!([row["period"], row["sites_verified_new"], row["sites_verified_cumulative"]]);
    let expected = [
        json!(["2025-11", 1, 1]),
        json!(["2025-12", 0, 1]),
        json!(["2026-01", 1, 2]),
        json!(["2026-02", 0, 2]),
        json!(["2026-03", -1, 1]),
    ];
    assert_eq!(months[..5].iter().map(told).collect::<Vec<_>>(), expected, "what is older is no part of it");
    assert_eq!(months[3]["sites_reported_new"], json!(1));
    assert_eq!(
        (&months[0]["period_start"], &months[0]["late_reports_expected"]),
        (&json!("2025-11-01"), &json!(false))
    );
    let late: Vec<bool> = months.iter().map(|row| row["late_reports_expected"].as_bool().unwrap()).collect();
    assert_eq!(late.iter().rev().take(4).collect::<Vec<_>>(), [&true, &true, &true, &false]);
    for interval in ["month", "quarter", "year"] {
        let all = rows(&anybody, &format!("?interval={interval}")).await;
        let last = all.last().unwrap();
        assert_eq!(last["sites_verified_cumulative"], headline["sites"]["verified"], "{interval}");
        assert_eq!(last["capacity_kwp_verified_cumulative"], headline["capacity_kwp"]["verified"], "{interval}");
        assert_eq!(last["avoided_tco2e_cumulative"], headline["to_date"]["avoided_tco2e"], "{interval}");
        let new: i64 = all.iter().map(|row| row["sites_verified_new"].as_i64().unwrap()).sum();
        assert_eq!(json!(new), last["sites_verified_cumulative"], "what is new adds up");
    }
    let years = rows(&anybody, "?interval=year").await;
    assert_eq!((&years[0]["period"], &years[1]["period"]), (&json!("2025"), &json!("2026")));
    assert_eq!(rows(&anybody, "?interval=quarter").await[1]["period"], json!("2026-Q1"));
    // All of it was recorded today.
    let recorded = rows(&anybody, "?basis=recorded_on").await;
    assert_eq!(
        (recorded.len(), &recorded[0]["sites_verified_new"]),
        (1, &headline["sites"]["verified"]),
        "{recorded:?}"
    );
    app.stop().await;
}

async fn ask_for_a_timeline_of_unknown_periods_names_what_is_wrong(database: TestDatabase) {
    let app = App::start(database).await;
    let reply = app.public().get("/v1/progress/timeline?interval=week&basis=other&x=1").await;
    let expected = [("interval", "unknown_value"), ("basis", "unknown_value"), ("x", "unknown_field")];
    assert_eq!(reply.status, 422, "{}", reply.text);
    assert_eq!(reply.errors(), expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
    assert_eq!(rows(&app.inside().await, "").await, Vec::<Value>::new(), "nothing yet");
    app.stop().await;
}
