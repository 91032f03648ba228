//! Commits that wait for a synchronous standby which does not answer.

use std::time::{Duration, Instant};

use green_homes::domain::records::Role;
use serde_json::json;

use crate::process::serve_a_partner;
use crate::support::{App, Client, TestDatabase, db_execute, db_lines, home, run};

use super::{REGISTER, private, sent, until, with_one_home};

/// Has commits wait for a standby that is not there, or no longer.
fn db_wait_for_standby(database: &TestDatabase, waits: bool) {
    let names = if waits { "nobody" } else { "" };
    db_execute(&database.url, &format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'")).unwrap();
    db_execute(&database.url, "SELECT pg_reload_conf()").unwrap();
    let setting = "SELECT current_setting('synchronous_standby_names') AS line";
    let until = Instant::now() + Duration::from_secs(20);
    while db_lines(&database.url, setting) != [names] {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn waiting_commits(database: &TestDatabase) -> Vec<String> {
    db_lines(&database.url, "SELECT CAST(pid AS TEXT) AS line FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
}

#[test]
fn cancel_a_commit_that_waits_for_a_standby_acknowledges_nothing() {
    run(async {
        let (_cluster, app, partner) = with_one_home().await;
        db_wait_for_standby(&app.database, true);
        let reply = sent(&partner, "b");
        // Somebody cancels every commit that waits, as often as one does: PostgreSQL commits and warns, and diesel hears of success.
        let began = Instant::now();
        while !reply.is_finished() && began.elapsed() < Duration::from_mins(1) {
            if began.elapsed() > Duration::from_millis(1_500) {
                for pid in waiting_commits(&app.database) {
                    db_execute(&app.database.url, &format!("SELECT pg_cancel_backend({pid})")).unwrap();
                }
            }
            actix_web::rt::time::sleep(Duration::from_millis(1_100)).await;
        }
        let reply = reply.await.unwrap();
        assert_eq!((reply.status, &reply.body["code"]), (503, &json!("outcome_unknown")), "{}", reply.text);
        assert!(
            reply.header("retry-after") == "1" && reply.body["detail"].as_str().unwrap().contains("Idempotency-Key")
        );
        // Public reads go on, the process lives, and is not ready.
        assert_eq!(app.public().get("/v1/progress").await.status, 200);
        assert_eq!(app.operator().get("/livez").await.status, 200);
        until("not ready", async || app.operator().get("/readyz").await.status == 503).await;
        db_wait_for_standby(&app.database, false);
        until("ready", async || app.operator().get("/readyz").await.status == 200).await;
        // Sending it again is safe, whatever became of it.
        let again = partner.post(REGISTER, &home("b")).await;
        assert!([200, 201].contains(&again.status), "{}", again.text);
        let progress = app.progress_at(app.db_version()).await;
        assert_eq!(progress["data"]["sites"]["reported"], json!(2));
        assert!(app.db_audit().ok);
        app.stop().await;
    });
}

#[test]
fn break_the_confirmation_of_a_commit_says_that_the_outcome_is_unknown() {
    run(async {
        let (_cluster, app, partner) = with_one_home().await;
        db_wait_for_standby(&app.database, true);
        let reply = sent(&partner, "b");
        // The commit is cancelled after more than a second, which diesel hears of as success. So a second commit, which waits as well, is
        // to confirm it; its connection breaks.
        let steps = [("> interval '1200 ms'", "pg_cancel_backend"), ("< interval '1 s'", "pg_terminate_backend")];
        for (age, then) in steps {
            let url = &app.database.url;
            let waiting = format!(
                "SELECT CAST(pid AS TEXT) AS line FROM pg_stat_activity \
                 WHERE wait_event = 'SyncRep' AND clock_timestamp() - state_change {age}"
            );
            until(then, async || !db_lines(url, &waiting).is_empty()).await;
            db_execute(url, &format!("SELECT {then}(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")).unwrap();
        }
        let reply = reply.await.unwrap();
        assert_eq!((reply.status, &reply.body["code"]), (503, &json!("outcome_unknown")), "{}", reply.text);
        let written = db_lines(&app.database.url, "SELECT 'x' AS line FROM installations");
        assert_eq!(written.len(), 2, "it is on the disk of this machine");
        db_wait_for_standby(&app.database, false);
        assert_eq!(partner.post(REGISTER, &home("b")).await.status, 200);
        app.stop().await;
    });
}

/// A client has no key that brings its secret back, so one whose answer was lost is found by its name and shut out.
#[test]
fn lose_the_answer_with_a_secret_leaves_a_client_that_is_listed_and_can_be_revoked() {
    run(async {
        let (_cluster, database) = private();
        let app = App::start(database).await;
        let admin = app.role(Role::Admin).await;
        db_wait_for_standby(&app.database, true);
        let lost = admin.post("/v1/clients", &json!({"role": "dashboard", "name": "whose answer was lost"})).await;
        assert_eq!((lost.status, &lost.body["code"]), (503, &json!("outcome_unknown")), "{}", lost.text);
        assert!(lost.body["detail"].as_str().unwrap().contains("/v1/clients"), "{}", lost.text);
        db_wait_for_standby(&app.database, false);
        let named = async || {
            let clients = admin.get("/v1/clients").await.body["data"].as_array().unwrap().clone();
            clients.into_iter().find(|client| client["name"] == "whose answer was lost")
        };
        until("it is listed", async || named().await.is_some()).await;
        let id = named().await.unwrap()["client_id"].as_str().unwrap().to_owned();
        let revoked = admin.post(&format!("/v1/clients/{id}/revoke"), &json!({})).await;
        assert_eq!(revoked.status, 200, "{}", revoked.text);
        assert!(!named().await.unwrap()["revoked_at"].is_null());
        app.stop().await;
    });
}

#[test]
fn start_where_no_commit_returns_serves_what_is_known() {
    run(async {
        let (_cluster, database) = private();
        let app = App::start(database).await;
        app.partner("SOLARCO").await.register(&home("a")).await;
        let database = app.stop().await;
        db_wait_for_standby(&database, true);
        let app = App::start(database).await;
        let progress = app.public().get("/v1/progress").await;
        assert_eq!(
            (progress.status, &progress.body["data"]["live"]["sites"]["reported"]),
            (200, &json!(1)),
            "{}",
            progress.text
        );
        assert_eq!(app.operator().get("/livez").await.status, 200);
        db_wait_for_standby(&app.database, false);
        app.stop().await;
    });
}

/// A fresh connection cannot commit either, so there is nothing to be gained by a new start.
#[test]
fn wait_where_nobody_can_commit_keeps_the_process_and_its_public_reads() {
    run(async {
        let (_cluster, database) = private();
        let (server, partner) = serve_a_partner(&database).await;
        partner.register(&home("a")).await;
        db_wait_for_standby(&database, true);
        let reply = sent(&partner, "b");
        let tried = "the writer has not come round for long";
        until("the watchdog tried to commit", async || server.log_so_far().contains(tried)).await;
        assert_eq!(reply.await.unwrap().body["code"], json!("outcome_unknown"));
        let public = Client::new(&server.address);
        assert_eq!((public.get("/livez").await.status, public.get("/v1/progress").await.status), (200, 200));
        // A wrong secret is looked for among what other processes wrote, which the writer cannot read just now.
        let began = Instant::now();
        assert_eq!(public.ask_for_token("c-unknown", "wrong").await.status, 401);
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        assert_eq!(Client::new(&server.metrics_address).get("/readyz").await.status, 503);
        db_wait_for_standby(&database, false);
        until("ready", async || public.get("/readyz").await.status == 200).await;
        assert_eq!(partner.post(REGISTER, &home("b")).await.status, 200);
        assert_eq!(server.terminate(), Some(0));
    });
}

#[test]
fn terminate_while_a_commit_waits_answers_and_ends_within_half_a_minute() {
    run(async {
        let (_cluster, database) = private();
        let (server, partner) = serve_a_partner(&database).await;
        partner.register(&home("a")).await;
        db_wait_for_standby(&database, true);
        let reply = sent(&partner, "b");
        until("the commit waits", async || !waiting_commits(&database).is_empty()).await;
        let began = Instant::now();
        let ended = actix_web::rt::task::spawn_blocking(move || server.terminate());
        let reply = reply.await.unwrap();
        assert_eq!((reply.status, &reply.body["code"]), (503, &json!("outcome_unknown")), "{}", reply.text);
        assert_eq!(ended.await.unwrap(), Some(1), "it says that something is open");
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
        db_wait_for_standby(&database, false);
    });
}
