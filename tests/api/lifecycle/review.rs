//! What waits for reviewers, and many decisions at once.

use green_homes::domain::records::Role;
use serde_json::{Value, json};

use super::{People, act};
use crate::support::{App, Client, TestDatabase, home, on_both_databases};

on_both_databases!(
    read_the_queue_gives_what_waits_oldest_first_page_by_page,
    warn_of_what_is_odd_wherever_it_is_decided,
    decide_on_many_gives_each_its_own_outcome,
);

async fn queue(reviewer: &Client, query: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = reviewer.get(&format!("/v1/review/queue?limit=2{query}{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        ids.extend(page.body["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        let Some(next) = page.body["page"]["next_cursor"].as_str() else { return ids };
        cursor = format!("&cursor={next}");
    }
}

async fn read_the_queue_gives_what_waits_oldest_first_page_by_page(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let mut waiting = Vec::new();
    for n in 0..5 {
        waiting.push(people.installation_in("installed", &format!("w{n}")).await);
        for status in ["pledged", "verified", "rejected", "withdrawn", "decommissioned"] {
            people.installation_in(status, &format!("{status}{n}")).await;
        }
    }
    let mut office = home("office");
    office["site"] = json!({"kind": "office", "province_code": "79"});
    office["measures"] = json!([{"measure": "led_lighting", "quantity": 200}]);
    waiting.push(people.other.register(&office).await);
    assert_eq!(queue(&people.reviewer, "").await, waiting);
    for filter in ["&kind=office", "&province=79", "&measure=led_lighting", "&partner=OTHER"] {
        assert_eq!(queue(&people.reviewer, filter).await, waiting[5..], "{filter}");
    }
    assert_eq!(queue(&people.reviewer, "&project=NONE").await, Vec::<String>::new());
    app.db_add_partner("TRYING", true);
    let trying = app.client(Role::Partner, Some("TRYING")).await.register(&home("trying")).await;
    assert_eq!(queue(&people.reviewer, "").await, waiting, "who tries things out is asked for by name");
    assert_eq!(queue(&people.reviewer, "&sandbox=true").await, [trying]);
    act(&people.reviewer, &waiting[0], "verify").await;
    act(&people.reviewer, &waiting[1], "reject").await;
    assert_eq!(queue(&people.reviewer, "").await, waiting[2..]);
    act(&people.owner, &waiting[1], "resubmit").await;
    assert_eq!(queue(&people.reviewer, "").await[0], waiting[1], "it has waited longest");
    for (query, name) in [("?kind=castle", "kind"), ("?measure=none", "measure"), ("?status=installed", "status")] {
        let wrong = people.reviewer.get(&format!("/v1/review/queue{query}")).await;
        assert_eq!((wrong.status, wrong.errors()[0].0.as_str()), (422, name), "{}", wrong.text);
    }
    app.stop().await;
}

async fn warn_of_what_is_odd_wherever_it_is_decided(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let id = people.installation_in("installed", "a").await;
    let path = format!("/v1/installations/{id}");
    let codes = |body: &Value| -> Vec<String> {
        body["warnings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
    };
    let odd = json!({"measures": [{"measure": "rooftop_solar_pv", "quantity": 5400}], "installed_on": "2015-03-01",
        "cost_vnd": 1, "support_vnd": 2, "reason": "data_entry_error"});
    let expected = ["pre_programme", "unusual_quantity", "support_above_cost"];
    let asked = people.owner.patch(&format!("{path}?dry_run=true"), "*", &odd).await;
    assert_eq!((asked.status, codes(&asked.body["data"])), (200, expected.map(str::to_owned).to_vec()));
    assert_eq!(codes(&people.owner.get(&path).await.body["data"]), Vec::<String>::new());
    assert_eq!(codes(&people.owner.patch(&path, "*", &odd).await.body["data"]), expected);
    let queue = people.reviewer.get("/v1/review/queue").await;
    assert_eq!(codes(&queue.body["data"][0]), expected, "{}", queue.text);
    let heaters = json!({"measures": [{"measure": "solar_water_heater", "quantity": 2},
        {"measure": "heat_pump_water_heater", "quantity": 1}], "installed_on": "2026-01-15",
        "cost_vnd": null, "support_vnd": null, "reason": "data_entry_error"});
    assert_eq!(codes(&people.owner.patch(&path, "*", &heaters).await.body["data"]), ["overlapping_measure"; 2]);
    app.stop().await;
}

async fn decide_on_many_gives_each_its_own_outcome(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let mut decisions = Vec::new();
    for n in 0..40 {
        let id = people.installation_in("installed", &n.to_string()).await;
        decisions.push(match n % 4 {
            3 => json!({"installation": id, "action": "reject", "reason": "duplicate", "note": "trùng"}),
            _ => json!({"installation": id, "action": "verify", "evidence_tier": "document"}),
        });
    }
    let ended = people.installation_in("withdrawn", "ended").await;
    decisions.push(json!({"installation": ended, "action": "verify", "evidence_tier": "document"}));
    let unknown = uuid::Uuid::now_v7();
    decisions.push(json!({"installation": unknown, "action": "verify", "evidence_tier": "document"}));
    let first = people.reviewer.post("/v1/review/decisions", &json!({"decisions": decisions})).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let outcomes = |reply: &Value| -> Vec<String> {
        reply["data"].as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap().to_owned()).collect()
    };
    let expected = |decided: &'static str| [vec![decided; 40], vec!["refused"; 2]].concat();
    assert_eq!(outcomes(&first.body), expected("changed"));
    let refused = [&first.body["data"][40], &first.body["data"][41]].map(|one| one["problem"]["code"].clone());
    assert_eq!(refused, [json!("invalid_transition"), json!("not_found")]);
    let again = people.reviewer.post("/v1/review/decisions", &json!({"decisions": decisions})).await;
    assert_eq!(outcomes(&again.body), expected("unchanged"));
    let progress = app.progress_at(app.db_version()).await;
    assert_eq!(progress["data"]["sites"]["verified"], 30);
    let most: Vec<Value> = decisions.iter().cycle().take(1000).cloned().collect();
    assert_eq!(people.reviewer.post("/v1/review/decisions", &json!({"decisions": most})).await.status, 200);
    let too_many: Vec<Value> = decisions.iter().cycle().take(1001).cloned().collect();
    let wrong = json!({"installation": "x", "action": "verify", "reason": "other"});
    for (list, errors) in [
        (json!(too_many), vec![("/decisions", "too_many")]),
        (json!([]), vec![("/decisions", "empty")]),
        (
            json!([wrong]),
            vec![
                ("/decisions/0/installation", "not_an_id"),
                ("/decisions/0/evidence_tier", "missing"),
                ("/decisions/0/reason", "unknown_field"),
            ],
        ),
    ] {
        let reply = people.reviewer.post("/v1/review/decisions", &json!({"decisions": list})).await;
        let expected: Vec<_> = errors.into_iter().map(|(at, code)| (at.to_owned(), code.to_owned())).collect();
        assert_eq!((reply.status, reply.errors()), (422, expected));
    }
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}
