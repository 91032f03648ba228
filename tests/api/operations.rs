//! What operators see: the listener of their own, and readiness in detail.

use serde_json::{Value, json};

use crate::process::output;
use crate::support::{App, Reply, TestDatabase, db_execute, db_lines, home, on_both_databases, progress_at, run};

on_both_databases!(
    ask_verbosely_shows_every_check_and_the_last_audit,
    ask_verbosely_where_a_migration_is_missing_is_not_ready,
    ask_verbosely_where_the_past_was_changed_is_not_ready,
);

#[test]
fn ask_the_operators_listener_gives_metrics_and_health_and_nothing_else() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let (anybody, operator) = (app.public(), app.operator());
        assert_eq!(operator.get("/livez").await.body, json!({"status": "alive"}));
        assert_eq!(operator.get("/readyz").await.body["status"], "ready");
        anybody.get("/readyz").await;
        let metrics = operator.get("/metrics").await;
        assert!(metrics.header("content-type").starts_with("application/openmetrics-text"));
        assert!(metrics.text.contains("route=\"/readyz\",method=\"GET\",status=\"200\""), "{}", metrics.text);
        assert!(metrics.text.contains("green_homes_register_version 1") && metrics.text.ends_with("# EOF\n"));
        assert_eq!(anybody.get("/metrics").await.status, 404, "the public does not see them");
        for path in ["/v1/progress", "/docs/", "/oauth/token"] {
            assert_eq!(operator.get(path).await.status, 404, "{path}");
        }
        for (client, path) in [(&operator, "/metrics"), (&operator, "/readyz"), (&anybody, "/readyz")] {
            let refused = client.post(path, &json!({})).await;
            assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD"), "{path}");
        }
        app.stop().await;
    });
}

async fn ask_verbosely_shows_every_check_and_the_last_audit(database: TestDatabase) {
    let kind = if database.is_sqlite() { "sqlite" } else { "postgres" };
    let app = App::start(database).await;
    let anybody = app.operator();
    assert_eq!(app.public().get("/readyz?verbose").await.status, 422, "only operators see more");
    for cheap in ["/readyz", "/readyz?verbose=false"] {
        let reply = anybody.get(cheap).await;
        assert!(reply.status == 200 && reply.body.get("checks").is_none(), "{cheap}: {}", reply.text);
    }
    app.partner("SOLARCO").await.register(&home("a")).await;
    let version = app.db_version();
    // One that a clock ahead noted, which is right since, does not hide it.
    db_execute(
        &app.database.url,
        "INSERT INTO audits (at, version, ok, findings) VALUES ('2099-01-01 00:00:00', 1, false, 7)",
    )
    .unwrap();
    assert_eq!(output(&app.database, &["audit"]).1, Some(0));
    progress_at(&app.address, version).await;
    let reply = anybody.get("/readyz?verbose=true").await;
    let checks = &reply.body["checks"];
    assert_eq!((reply.status, &reply.body["status"]), (200, &json!("ready")), "{}", reply.text);
    assert_eq!((&checks["database"]["ok"], &checks["database"]["kind"]), (&json!(true), &json!(kind)));
    assert!(checks["database"]["latency_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(checks["migrations"], json!({"ok": true, "pending": 0}));
    assert!(checks["disk"]["free_bytes"].as_u64().unwrap() >= checks["disk"]["floor_bytes"].as_u64().unwrap());
    let drift = json!({"ok": true, "version": version, "head_version": version, "behind": 0, "hash_agrees": true, "rebuilds": 0});
    assert_eq!(checks["drift"], drift);
    assert_eq!((&reply.body["problem"], &checks["clock"]["ok"]), (&Value::Null, &json!(true)));
    let audit = &checks["audit"];
    assert_eq!((&audit["ok"], &audit["version"], &audit["findings"]), (&json!(true), &json!(version), &json!(0)));
    assert!((0..60).contains(&audit["age_seconds"].as_i64().unwrap()), "{audit}");
    assert_eq!(checks["backup"], Value::Null);
    for (query, code) in [("verbose=no", "unknown_value"), ("made_up=1", "unknown_field"), ("verbose&verbose", "")] {
        let refused = anybody.get(&format!("/readyz?{query}")).await;
        assert!(refused.status == 422 && refused.text.contains(code), "{query}: {}", refused.text);
    }
    app.stop().await;
}

#[test]
fn back_up_is_seen_by_operators() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let metric = "green_homes_last_backup_timestamp_seconds ";
        assert!(!app.operator().get("/metrics").await.text.contains(metric));
        let place = tempfile::tempdir().unwrap();
        assert_eq!(output(&app.database, &["backup", place.path().to_str().unwrap()]).1, Some(0));
        assert!(app.operator().get("/metrics").await.text.contains(metric));
        let reply = app.operator().get("/readyz?verbose").await;
        assert_eq!(reply.body["checks"]["backup"]["version"], 1, "{}", reply.text);
        app.stop().await;
    });
}

async fn ask_verbosely_where_a_migration_is_missing_is_not_ready(database: TestDatabase) {
    let app = App::start(database).await;
    let open = green_homes::db::Database::open(&green_homes::db::Url::parse(&app.database.url).unwrap(), 2).unwrap();
    green_homes::db::engine::revert_last(&mut open.connection().unwrap()).unwrap();
    let reply = app.operator().get("/readyz?verbose").await;
    assert_not_ready(&reply);
    assert_eq!(reply.body["checks"]["migrations"], json!({"ok": false, "pending": 1}));
    app.stop().await;
}

async fn ask_verbosely_where_the_past_was_changed_is_not_ready(database: TestDatabase) {
    let app = App::start(database).await;
    app.partner("SOLARCO").await;
    progress_at(&app.address, app.db_version()).await;
    let change = "UPDATE entries SET hash = previous WHERE version = 3";
    if app.database.is_sqlite() {
        let triggers = "SELECT 'DROP TRIGGER ' || name AS line FROM sqlite_master WHERE type = 'trigger'";
        for drop in db_lines(&app.database.url, triggers) {
            db_execute(&app.database.url, &drop).unwrap();
        }
        db_execute(&app.database.url, change).unwrap();
    } else {
        db_execute(&app.database.url, &format!("SET session_replication_role = replica; {change}")).unwrap();
    }
    let reply = app.operator().get("/readyz?verbose").await;
    assert_not_ready(&reply);
    assert_eq!(reply.body["checks"]["drift"]["hash_agrees"], false, "{}", reply.text);
    assert_eq!(app.public().get("/readyz").await.status, 200, "the cheap one does not look");
    app.stop().await;
}

fn assert_not_ready(reply: &Reply) {
    assert_eq!((reply.status, &reply.body["status"]), (503, &json!("not_ready")), "{}", reply.text);
}
