//! Sums of each partner and each project: a site counts by the installations of that scope alone.

use green_homes::domain::records::Role;
use serde_json::{Value, json};

use super::added;
use crate::lifecycle::act;
use crate::support::{App, TestDatabase, home, on_both_databases};

on_both_databases!(add_up_by_partner_and_project_counts_a_site_by_what_is_theirs);

async fn add_up_by_partner_and_project_counts_a_site_by_what_is_theirs(database: TestDatabase) {
    let app = App::start(database).await;
    let (solar, heat) = (app.partner("SOLARCO").await, app.partner("HEATCO").await);
    app.db_add_partner("TRYOUT", true);
    let sandbox = app.client(Role::Partner, Some("TRYOUT")).await;
    let admin = app.role(Role::Admin).await;
    let project = json!({"code": "P-1", "name_vi": "Mái trường xanh", "name_en": "Green roofs"});
    assert_eq!(admin.post("/v1/projects", &project).await.status, 201);
    let reviewer = app.role(Role::Reviewer).await;
    let mut first = home("a");
    first["project_code"] = json!("P-1");
    first["cost_vnd"] = json!(90_000_000);
    sandbox.register(&home("c")).await;
    let id = solar.register(&first).await;
    assert_eq!(act(&reviewer, &id, "verify").await.status, 200);
    let site = solar.get(&format!("/v1/installations/{id}")).await.body["data"]["site"]["id"].clone();
    // Another partner's heater at the same site, which it knows by the reviewer's word.
    let mut second = home("b");
    second["measures"] = json!([{"measure": "solar_water_heater", "quantity": 2}]);
    let other = heat.register(&second).await;
    assert_eq!(act(&reviewer, &other, "verify").await.status, 200);
    app.progress_at(app.db_version()).await;
    let by_partner = added(&reviewer, "?group_by=partner").await;
    let told = |body: &Value, code: &str| -> Vec<(Value, Value)> {
        let rows = body["data"].as_array().unwrap();
        rows.iter().map(|row| (row[code].clone(), row["sites"].clone())).collect()
    };
    let expected = [("HEATCO", 1), ("SOLARCO", 1)].map(|(code, sites)| (json!(code), json!(sites)));
    assert_eq!(told(&by_partner, "partner_code"), expected, "a sandbox counts for nothing: {site}");
    assert_eq!(by_partner["sites_additive"], json!(false));
    assert_eq!(by_partner["data"][1]["cost_vnd"], json!(90_000_000));
    assert!(by_partner["data"][0]["partner_name_vi"].is_string(), "{by_partner:#}");
    let whole = added(&reviewer, "").await["total"].clone();
    let sum: f64 =
        by_partner["data"].as_array().unwrap().iter().map(|row| row["annual_avoided_tco2e"].as_f64().unwrap()).sum();
    let expected = whole["annual_avoided_tco2e"].as_f64().unwrap();
    assert!((sum - expected).abs() < 0.0025, "{sum} is not {expected}");
    let measures = added(&reviewer, "?group_by=measure,partner&partner=HEATCO").await;
    assert_eq!(measures["data"].as_array().unwrap().len(), 1, "{measures:#}");
    assert_eq!(measures["data"][0]["measure_code"], json!("solar_water_heater"));
    let by_project = added(&reviewer, "?group_by=project,province").await;
    assert_eq!(told(&by_project, "project_code"), [(json!("P-1"), json!(1))]);
    assert_eq!(by_project["data"][0]["project_name_en"], json!("Green roofs"));
    // What comes next is counted, too.
    let third = solar.register(&home("d")).await;
    assert_eq!(act(&reviewer, &third, "verify").await.status, 200);
    app.progress_at(app.db_version()).await;
    let again = added(&reviewer, "?group_by=partner&partner=SOLARCO").await;
    assert_eq!(told(&again, "partner_code"), [(json!("SOLARCO"), json!(2))], "{again:#}");
    // A partner is shown what is its own, with its money; of the whole register it sees no money.
    let own = added(&solar, "?group_by=partner").await;
    assert_eq!(told(&own, "partner_code"), [(json!("SOLARCO"), json!(2))]);
    assert_eq!(own["total"]["cost_vnd"], json!(90_000_000));
    let whole = added(&solar, "?group_by=province").await;
    assert_eq!((&whole["total"]["cost_vnd"], &whole["data"][0]["cost_known"]), (&json!(null), &json!(null)));
    for (query, at, code) in
        [("?partner=HEATCO", "partner", "unknown_partner"), ("?group_by=project", "project", "not_allowed_here")]
    {
        let reply = solar.get(&format!("/v1/aggregates{query}")).await;
        assert_eq!((reply.status, reply.errors()), (422, vec![(at.to_owned(), code.to_owned())]), "{query}");
    }
    let unknown = reviewer.get("/v1/aggregates?project=NOPE").await;
    assert_eq!((unknown.status, unknown.errors()), (422, vec![("project".to_owned(), "unknown_project".to_owned())]));
    let warned = &by_project["meta"]["warnings"];
    assert!(warned.as_array().unwrap().contains(&json!("without_project_left_out")), "{warned}");
    let permalink = by_project["meta"]["permalink"].as_str().unwrap();
    assert!(permalink.ends_with("/v1/aggregates?group_by=project,province"), "{permalink}");
    let csv = reviewer.get("/v1/aggregates.csv?group_by=partner").await;
    assert!(csv.status == 200 && csv.text.contains("SOLARCO"), "{}", csv.text);
    app.stop().await;
}
