//! A database that does not answer: a commit that waits for a standby, a reply that is lost, a path that stalls, a disk that is full. No
//! acknowledgement is given for what may be lost, and nobody waits for ever.

use std::time::{Duration, Instant};

use green_homes::domain::records::Role;
use serde_json::json;

use crate::postgres::Cluster;
use crate::process::{Process, partner_client, printed};
use crate::support::{App, Client, Path, Proxy, Reply, TestDatabase, db_execute, db_lines, home, run, token};

const REGISTER: &str = "/v1/installations";

/// A database of its own server, which the test may hurt.
fn private() -> (Cluster, TestDatabase) {
    let cluster = Cluster::private();
    let database = TestDatabase { url: cluster.create_database(), data_dir: tempfile::tempdir().unwrap() };
    drop(database.db_open());
    (cluster, database)
}

/// A service on a database of its own server, with a partner that registered one home.
async fn with_one_home() -> (Cluster, App, Client) {
    let (cluster, database) = private();
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    partner.register(&home("a")).await;
    (cluster, app, partner)
}

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

/// Sends a home while something goes on; the answer, when it comes.
fn sent(partner: &Client, name: &str) -> actix_web::rt::task::JoinHandle<Reply> {
    let (partner, body) = (partner.clone(), home(name));
    actix_web::rt::spawn(async move { partner.post(REGISTER, &body).await })
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(100);
    while !holds().await {
        assert!(Instant::now() < until, "{what}");
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
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
            (progress.status, &progress.body["data"]["sites"]["reported"]),
            (200, &json!(1)),
            "{}",
            progress.text
        );
        assert_eq!(app.operator().get("/livez").await.status, 200);
        db_wait_for_standby(&app.database, false);
        app.stop().await;
    });
}

#[test]
fn terminate_while_a_commit_waits_answers_and_ends_within_half_a_minute() {
    run(async {
        let (_cluster, database) = private();
        let (id, secret) = partner_client(&database, "SOLARCO");
        let server = Process::serve(&database, database.data_dir.path());
        let partner = Client::new(&server.address).with_token(token(&server.address, &id, &secret).await.unwrap());
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

#[test]
fn lose_the_reply_of_a_commit_settles_it_by_the_head() {
    run(async {
        let database = TestDatabase::postgres();
        let (proxy, over) = Proxy::before(&database.url);
        let app = App::start(TestDatabase { url: over, data_dir: database.data_dir }).await;
        let partner = app.partner("SOLARCO").await;
        partner.register(&home("a")).await;
        // The entry is on disk, and its reply is lost: whoever asks again learns so.
        proxy.open_ones(Path::KeepsAnswersToCommits);
        let reply = sent(&partner, "b");
        let direct = database.url.clone();
        until("it is written", async || db_lines(&direct, "SELECT 'x' AS line FROM installations").len() == 2).await;
        proxy.cut();
        let reply = reply.await.unwrap();
        let again = partner.post(REGISTER, &home("b")).await;
        assert!(reply.status == 201 || reply.body["code"] == json!("outcome_unknown"), "{}", reply.text);
        assert_eq!(again.status, 200, "{}", again.text);
        assert_eq!(app.progress_at(app.db_version()).await["data"]["sites"]["reported"], json!(2));
        app.stop().await;
    });
}

#[test]
fn stall_the_path_of_a_writer_ends_the_process_when_a_new_connection_can_write() {
    run(async {
        let database = TestDatabase::postgres();
        let (id, secret) = partner_client(&database, "SOLARCO");
        let (proxy, over) = Proxy::before(&database.url);
        let direct = database.url.clone();
        let database = TestDatabase { url: over, data_dir: database.data_dir };
        let server = Process::serve(&database, database.data_dir.path());
        let partner = Client::new(&server.address).with_token(token(&server.address, &id, &secret).await.unwrap());
        partner.register(&home("a")).await;
        let operator = Client::new(&server.metrics_address);
        proxy.open_ones(Path::Stalls);
        let reply = sent(&partner, "b").await.unwrap();
        assert_eq!((reply.status, &reply.body["code"]), (503, &json!("outcome_unknown")), "{}", reply.text);
        // A token, whose key would be read again, comes or is refused, and does not hang.
        let began = Instant::now();
        let _ = token(&server.address, &id, &secret).await;
        assert!(began.elapsed() < Duration::from_secs(20));
        until("not ready", async || operator.get("/readyz").await.status == 503).await;
        let ended = actix_web::rt::task::spawn_blocking(move || server.ended()).await.unwrap();
        assert_eq!(ended, Some(1), "to be started anew");
        let again = Process::serve(&database, database.data_dir.path());
        let partner = Client::new(&again.address).with_token(token(&again.address, &id, &secret).await.unwrap());
        let reply = partner.post(REGISTER, &home("b")).await;
        assert!([200, 201].contains(&reply.status), "{}", reply.text);
        assert_eq!(db_lines(&direct, "SELECT 'x' AS line FROM installations").len(), 2);
        assert_eq!(again.terminate(), Some(0));
    });
}

#[test]
fn keep_what_the_operator_set_higher_and_raise_what_is_lower() {
    run(async {
        let (_cluster, database) = private();
        let app = App::start(database).await;
        let partner = app.partner("SOLARCO").await;
        for (set, used) in [("remote_apply", "remote_apply"), ("local", "on"), ("off", "on")] {
            db_execute(&app.database.url, &format!("ALTER SYSTEM SET synchronous_commit = '{set}'")).unwrap();
            db_execute(&app.database.url, "SELECT pg_reload_conf()").unwrap();
            let asked = "SELECT current_setting('synchronous_commit') AS line";
            until("reloaded", async || db_lines(&app.database.url, asked) == [set]).await;
            db_execute(&app.database.url, "CREATE TABLE IF NOT EXISTS seen (value TEXT)").unwrap();
            db_execute(
                &app.database.url,
                "CREATE OR REPLACE FUNCTION note_seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                   INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$;
                 CREATE OR REPLACE TRIGGER seen AFTER INSERT ON installations FOR EACH ROW EXECUTE FUNCTION note_seen()",
            )
            .unwrap();
            partner.register(&home(set)).await;
            assert_eq!(db_lines(&app.database.url, "SELECT value AS line FROM seen").last().unwrap(), used, "{set}");
        }
        app.stop().await;
    });
}

#[test]
fn switch_off_what_keeps_commits_acknowledges_nothing_on_a_new_connection() {
    run(async {
        let (_cluster, app, partner) = with_one_home().await;
        let reload = async |value: &str| {
            db_execute(&app.database.url, &format!("ALTER SYSTEM SET full_page_writes = '{value}'")).unwrap();
            db_execute(&app.database.url, "SELECT pg_reload_conf()").unwrap();
            let asked = "SELECT current_setting('full_page_writes') AS line";
            until("reloaded", async || db_lines(&app.database.url, asked) == [value]).await;
        };
        reload("off").await;
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        db_execute(&app.database.url, others).unwrap();
        let refused = partner.post(REGISTER, &home("b")).await;
        assert_eq!((refused.status, &refused.body["code"]), (503, &json!("unavailable")), "{}", refused.text);
        until("not ready", async || app.operator().get("/readyz").await.status == 503).await;
        assert_eq!(app.public().get("/v1/progress").await.status, 200);
        reload("on").await;
        until("ready", async || app.operator().get("/readyz").await.status == 200).await;
        partner.register(&home("b")).await;
        app.stop().await;
    });
}

#[test]
fn fill_the_disk_says_so_and_goes_on_when_there_is_room() {
    run(async {
        let mount = Tmpfs::mounted("6m");
        let database =
            TestDatabase { url: format!("sqlite://{}/test.db", mount.path()), data_dir: tempfile::tempdir().unwrap() };
        let app = App::start(database).await;
        let partner = app.partner("SOLARCO").await;
        partner.register(&home("a")).await;
        app.progress_at(app.db_version()).await;
        let filling = format!("{}/filling", mount.path());
        let _ = std::fs::write(&filling, vec![0; 8 << 20]);
        let mut acknowledged = 1;
        let refused = loop {
            let reply = partner.post(REGISTER, &home(&format!("b{acknowledged}"))).await;
            if reply.status != 201 {
                break reply;
            }
            acknowledged += 1;
            assert!(acknowledged < 10_000, "the disk does not fill");
        };
        assert_eq!((refused.status, &refused.body["code"]), (503, &json!("storage_full")), "{}", refused.text);
        assert_eq!(refused.header("retry-after"), "60");
        until("not ready", async || app.operator().get("/readyz").await.status == 503).await;
        let code = app.operator().get("/readyz").await.body["problem"]["code"].clone();
        assert!([json!("storage_full"), json!("writes_fail")].contains(&code), "{code}");
        let progress = app.public().get("/v1/progress").await;
        assert_eq!(progress.status, 200);
        std::fs::remove_file(filling).unwrap();
        until("ready", async || app.operator().get("/readyz").await.status == 200).await;
        partner.register(&home("after")).await;
        acknowledged += 1;
        assert_eq!(app.progress_at(app.db_version()).await["data"]["sites"]["reported"], json!(acknowledged));
        assert!(app.db_audit().ok);
        app.stop().await;
    });
}

#[test]
fn go_through_a_pooler_works_by_sessions_and_names_what_is_wrong_by_transactions() {
    run(async {
        let (cluster, database) = private();
        let direct = database.url;
        let by_session = cluster.bouncer("session");
        let app = App::start(TestDatabase { url: by_session.over(&direct), data_dir: database.data_dir }).await;
        let partner = app.partner("SOLARCO").await;
        partner.register(&home("a")).await;
        assert_eq!(app.progress_at(app.db_version()).await["data"]["sites"]["reported"], json!(1));
        let by_transaction = cluster.bouncer("transaction");
        let over = TestDatabase { url: by_transaction.over(&direct), data_dir: app.stop().await.data_dir };
        // Whether a command finds out depends on the sessions that it is given.
        let mut said = String::new();
        for round in 0..8 {
            let code = format!("ROUND-{round}");
            said = printed(&over, &["partner", "add", "--code", &code, "--name", "P"]).1;
            if said.contains("pool_mode = session") {
                break;
            }
        }
        assert!(said.contains("pool_mode = session"), "{said}");
    });
}

/// A small disk.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    fn mounted(size: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        let options = format!("size={size}");
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(place.path())
            .status();
        assert!(mounted.is_ok_and(|status| status.success()), "a disk of {size} needs the right to mount");
        Self(place)
    }

    fn path(&self) -> String {
        self.0.path().display().to_string()
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}
