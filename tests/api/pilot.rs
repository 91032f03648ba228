//! The main job on real input: the 601 homes of the pilot go in as an installer sends them, a
//! reviewer verifies them, and the public number is 601, exactly, on both databases.

use green_homes::domain::records::Role;
use rand_order::shuffled;
use serde_json::{Value, json};

use crate::support::{App, Client, TestDatabase, on_both_databases, pilot};

on_both_databases!(
    send_the_pilot_twice_then_verify_it_gives_601_homes_exactly,
    send_the_pilot_by_sixteen_clients_at_once_gives_the_same_numbers,
);

async fn send_the_pilot_twice_then_verify_it_gives_601_homes_exactly(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("PILOT").await, app.role(Role::Reviewer).await);
    assert_eq!(outcomes(&partner).await, (601, 0));
    assert_eq!(outcomes(&partner).await, (0, 601), "sent again");
    let waiting = app.progress_at(app.db_version()).await;
    assert_eq!(waiting["data"]["sites"], json!({"verified": 0, "reported": 601, "pledged": 0, "in_operation": 601}));

    verify_all(&partner, &reviewer).await;

    let data = app.counted_at(app.db_version()).await;
    assert_eq!(data["sites"], json!({"verified": 601, "reported": 0, "pledged": 0, "in_operation": 601}));
    assert_eq!(data["installations"]["verified"], 601);
    assert_eq!(data["by_kind"]["home"]["verified"], 601);
    assert_eq!(data["by_evidence_tier"]["document"], 601);
    assert_eq!(data["capacity_kwp"]["verified"].to_string(), capacity_of_the_file());
    assert_eq!(data["percent_of_target"], json!(0.0601));
    assert_eq!(data["target"], json!({"sites": 1_000_000, "by": "2030-12-31", "version": 1}));
    assert!(app.db_audit().ok, "{:?}", app.db_audit());

    let database = app.stop().await;
    let again = App::start(database).await;
    assert_eq!(again.counted_at(0).await, data, "after a restart");
    again.stop().await;
}

async fn send_the_pilot_by_sixteen_clients_at_once_gives_the_same_numbers(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("PILOT").await;
    let all = (0..16).map(|seed| {
        let partner = partner.clone();
        actix_web::rt::spawn(async move { send(&partner, shuffled(pilot(), seed)).await })
    });
    let mut created = 0;
    for one in all.collect::<Vec<_>>() {
        let (fresh, unchanged) = one.await.unwrap();
        assert_eq!(fresh + unchanged, 601);
        created += fresh;
    }
    assert_eq!(created, 601, "each line was created by one of the sixteen");
    let progress = app.progress_at(app.db_version()).await;
    assert_eq!(progress["data"]["sites"]["reported"], 601);
    assert_eq!(progress["data"]["capacity_kwp"]["reported"].to_string(), capacity_of_the_file());
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

/// Sends the whole file; how many were created, and how many unchanged.
pub async fn outcomes(partner: &Client) -> (usize, usize) {
    send(partner, pilot()).await
}

async fn send(partner: &Client, lines: Vec<Value>) -> (usize, usize) {
    let (mut created, mut unchanged) = (0, 0);
    for line in lines {
        let reply = partner.post("/v1/installations", &line).await;
        match (reply.status, reply.body["data"]["outcome"].as_str()) {
            (201, Some("created")) => created += 1,
            (200, Some("unchanged")) => unchanged += 1,
            _ => panic!("{} {}", reply.status, reply.text),
        }
    }
    (created, unchanged)
}

/// Verifies everything that the list shows, page by page.
pub async fn verify_all(partner: &Client, reviewer: &Client) {
    let mut path = "/v1/installations?status=installed&limit=200".to_owned();
    loop {
        let page = partner.get(&path).await;
        for installation in page.body["data"].as_array().unwrap() {
            let id = installation["id"].as_str().unwrap();
            let reply =
                reviewer.post(&format!("/v1/installations/{id}/verify"), &json!({"evidence_tier": "document"})).await;
            assert_eq!((reply.status, &reply.body["data"]["status"]), (200, &json!("verified")), "{}", reply.text);
        }
        let Some(cursor) = page.body["page"]["next_cursor"].as_str() else { return };
        path = format!("/v1/installations?status=installed&limit=200&cursor={cursor}");
    }
}

/// The sum of the file's kWp by decimal arithmetic, to the last digit.
fn capacity_of_the_file() -> String {
    let mut thousandths = 0;
    for line in pilot() {
        for measure in line["measures"].as_array().unwrap() {
            if measure["measure"] == "rooftop_solar_pv" {
                let text = measure["quantity"].to_string();
                let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
                thousandths += whole.parse::<i64>().unwrap() * 1000;
                thousandths += format!("{fraction:0<3}").parse::<i64>().unwrap();
            }
        }
    }
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    let trimmed = text.trim_end_matches('0');
    if trimmed.ends_with('.') { format!("{trimmed}0") } else { trimmed.to_owned() }
}

mod rand_order {
    /// The items in an order that depends on the seed alone.
    pub fn shuffled<T>(mut items: Vec<T>, seed: u64) -> Vec<T> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
        for i in (1..items.len()).rev() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            items.swap(i, usize::try_from(state % (i as u64 + 1)).unwrap());
        }
        items
    }
}
