//! Settings of PostgreSQL and of a pooler before it, on which the promise rests that what was acknowledged is kept.

use serde_json::json;

use crate::process::printed;
use crate::support::{App, TestDatabase, db_execute, db_lines, home, run};

use super::{REGISTER, private, until, with_one_home};

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
