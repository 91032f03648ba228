//! The keys that sign tokens: shared by processes, withdrawn by an operator.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use green_homes::domain::records::Role;
use serde_json::json;

use crate::support::{App, TestDatabase, clock_at, db_execute, db_lines, on_both_databases, run, token};

on_both_databases!(renew_a_withdrawn_key_does_not_bring_it_back);

#[test]
fn withdraw_a_key_shuts_its_tokens_out() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let (partner, list, url) = (app.partner("SOLARCO").await, "/v1/installations", app.database.url.clone());
        assert_eq!(partner.get(list).await.status, 200);
        db_execute(&url, "DELETE FROM signing_keys").unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        while partner.get(list).await.status == 200 {
            assert!(Instant::now() < until, "the key was withdrawn");
            // Whoever is refused makes the service look for new keys, once a second at most.
            assert_eq!(app.public().with_token("refused").get(list).await.status, 401);
        }
        assert_eq!(app.public().get("/.well-known/jwks.json").await.body["keys"], json!([]));
        app.stop().await;
    });
}

async fn renew_a_withdrawn_key_does_not_bring_it_back(database: TestDatabase) {
    let now = Arc::new(Mutex::new(Utc::now()));
    let app = App::start_at(database, clock_at(now.clone())).await;
    let (id, secret) = app.db_add_client(Role::Reviewer, None);
    let kids = "SELECT kid AS line FROM signing_keys";
    // A process publishes its key before it first signs.
    app.token(&id, &secret).await;
    let kid = db_lines(&app.database.url, kids);
    // Half of its life is over: the next token renews it.
    *now.lock().unwrap() += TimeDelta::days(20);
    app.token(&id, &secret).await;
    *now.lock().unwrap() += TimeDelta::days(20);
    app.token(&id, &secret).await;
    assert_eq!(db_lines(&app.database.url, kids), kid);
    db_execute(&app.database.url, "DELETE FROM signing_keys").unwrap();
    *now.lock().unwrap() += TimeDelta::days(20);
    for _ in 0..2 {
        assert_eq!(token(&app.address, &id, &secret).await, None);
    }
    assert_eq!(db_lines(&app.database.url, kids), Vec::<String>::new());
    let database = app.stop().await;
    std::fs::remove_file(database.data_dir.path().join("signing-key.pem")).unwrap();
    let app = App::start_at(database, clock_at(now)).await;
    app.token(&id, &secret).await;
    assert!(!db_lines(&app.database.url, kids).contains(&kid[0]));
    app.stop().await;
}

#[test]
fn two_services_on_one_database_accept_each_others_tokens() {
    run(async {
        let first = App::start(TestDatabase::sqlite()).await;
        let (id, secret) = first.db_add_client(Role::Admin, None);
        let data_dir = tempfile::tempdir().unwrap();
        let second = App::start(TestDatabase { url: first.database.url.clone(), data_dir }).await;
        for (issuer, taker) in [(&first, &second), (&second, &first)] {
            let token = issuer.token(&id, &secret).await;
            let caller = taker.public().with_token(token);
            // The taker may have read the published keys a moment before the issuer published its own.
            let until = Instant::now() + Duration::from_secs(10);
            while caller.get("/v1/partners").await.status != 200 {
                assert!(Instant::now() < until, "the other's token is not accepted");
                actix_web::rt::time::sleep(Duration::from_millis(20)).await;
            }
        }
        second.stop().await;
        first.stop().await;
    });
}
