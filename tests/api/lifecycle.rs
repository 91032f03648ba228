//! The life of an installation: every action in every status for every role, corrections with their
//! preconditions, what a dry run leaves, what the history tells.

mod corrections;
mod keys;
mod review;
mod sites;

use green_homes::domain::records::Role;
use serde_json::{Value, json};

use crate::support::{App, Client, Reply, TestDatabase, home, on_both_databases};

on_both_databases!(act_in_every_status_and_role_does_what_the_table_says);

const STATUSES: [&str; 6] = ["pledged", "installed", "verified", "rejected", "withdrawn", "decommissioned"];

/// What each action leads to from each status; `-` is refused, `=` so already.
const TABLE: [(&str, [&str; 6]); 7] = [
    ("correct", ["pledged", "installed", "verified", "rejected", "-", "-"]),
    ("complete", ["installed", "-", "-", "-", "-", "-"]),
    ("verify", ["-", "verified", "verified", "-", "-", "-"]),
    ("reject", ["rejected", "rejected", "rejected", "=", "-", "-"]),
    ("resubmit", ["-", "-", "-", "installed", "-", "-"]),
    ("withdraw", ["withdrawn", "withdrawn", "withdrawn", "withdrawn", "=", "-"]),
    ("decommission", ["-", "decommissioned", "decommissioned", "-", "-", "="]),
];

pub struct People {
    pub owner: Client,
    pub other: Client,
    pub dashboard: Client,
    pub reviewer: Client,
    pub admin: Client,
}

impl People {
    pub async fn of(app: &App) -> Self {
        Self {
            owner: app.partner("SOLARCO").await,
            other: app.partner("OTHER").await,
            dashboard: app.role(Role::Dashboard).await,
            reviewer: app.role(Role::Reviewer).await,
            admin: app.role(Role::Admin).await,
        }
    }

    /// An installation brought to a status by those who may.
    pub async fn installation_in(&self, status: &str, name: &str) -> String {
        let mut body = home(name);
        if status == "pledged" {
            body["status"] = json!("pledged");
            body.as_object_mut().unwrap().remove("installed_on");
        }
        let id = self.owner.register(&body).await;
        let done = |reply: Reply| assert_eq!(reply.status, 200, "{}", reply.text);
        match status {
            "verified" => done(act(&self.reviewer, &id, "verify").await),
            "rejected" => done(act(&self.reviewer, &id, "reject").await),
            "withdrawn" => done(act(&self.owner, &id, "withdraw").await),
            "decommissioned" => done(act(&self.owner, &id, "decommission").await),
            _ => {}
        }
        id
    }
}

/// Asks for an action with a body that it takes.
pub async fn act(caller: &Client, id: &str, action: &str) -> Reply {
    let path = format!("/v1/installations/{id}");
    let body = match action {
        "correct" => {
            let body = json!({"cost_vnd": 90_000_000, "reason": "new_evidence"});
            return caller.patch(&path, "*", &body).await;
        }
        "complete" => json!({"installed_on": "2026-02-03"}),
        "resubmit" => json!({"note": "đã bổ sung ảnh"}),
        "withdraw" => json!({"reason": "cancelled"}),
        "decommission" => json!({"decommissioned_on": "2026-03-04", "reason": "replaced"}),
        "verify" => json!({"evidence_tier": "document"}),
        _ => json!({"reason": "evidence_missing"}),
    };
    caller.post(&format!("{path}/{action}"), &body).await
}

async fn act_in_every_status_and_role_does_what_the_table_says(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    for (action, row) in TABLE {
        for (status, expected) in STATUSES.iter().zip(row) {
            let id = people.installation_in(status, &format!("{action}-{status}")).await;
            check_refused_callers(&people, &id, action).await;
            let by_reviewer = matches!(action, "verify" | "reject");
            let caller = if by_reviewer { &people.reviewer } else { &people.owner };
            check_allowed(caller, &id, (action, status, expected)).await;
        }
    }
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

/// Whoever may not is refused, whatever the status; nothing changes.
async fn check_refused_callers(people: &People, id: &str, action: &str) {
    let before = people.owner.get(&format!("/v1/installations/{id}")).await;
    let by_reviewer = matches!(action, "verify" | "reject");
    let (partner, reviewer) = if by_reviewer { (403, 0) } else { (404, 403) };
    let expected = [(&people.other, partner), (&people.dashboard, 403), (&people.admin, 403)];
    for (caller, status) in expected {
        let reply = act(caller, id, action).await;
        assert_eq!(reply.status, status, "{action}: {}", reply.text);
    }
    if by_reviewer {
        assert_eq!(act(&people.owner, id, action).await.status, 403, "{action} by its own partner");
    } else {
        assert_eq!(act(&people.reviewer, id, action).await.status, reviewer, "{action} by a reviewer");
    }
    assert_eq!(act(&people.owner.with_token("none"), id, action).await.status, 401);
    let after = people.owner.get(&format!("/v1/installations/{id}")).await;
    assert_eq!((&before.body, before.header("etag")), (&after.body, after.header("etag")));
}

/// The first time it does what the table says, and the second time it is so already.
async fn check_allowed(caller: &Client, id: &str, (action, status, expected): (&str, &str, &str)) {
    let first = act(caller, id, action).await;
    let what = format!("{action} when {status}: {}", first.text);
    match expected {
        "-" => {
            assert_eq!((first.status, &first.body["code"]), (409, &json!("invalid_transition")), "{what}");
            assert_eq!(first.body["installation"]["status"], status, "{what}");
            return;
        }
        "=" => assert_eq!((first.status, &first.body["outcome"]), (200, &json!("unchanged")), "{what}"),
        after => {
            // The tests verify by the same evidence again: that is so already.
            let outcome = if action == "verify" && status == "verified" { "unchanged" } else { "changed" };
            assert_eq!((first.status, &first.body["outcome"]), (200, &json!(outcome)), "{what}");
            assert_eq!(first.body["data"]["status"], after, "{what}");
        }
    }
    let second = act(caller, id, action).await;
    assert_eq!((second.status, &second.body["outcome"]), (200, &json!("unchanged")), "again {what} {}", second.text);
    assert_eq!(second.body["data"], first.body["data"], "{what}");
}

/// The events of an installation's history, oldest first.
pub async fn history(caller: &Client, id: &str) -> Vec<Value> {
    let reply = caller.get(&format!("/v1/installations/{id}/history")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut events = reply.body["data"].as_array().unwrap().clone();
    events.reverse();
    events
}
