//! `Idempotency-Key`: a request that carries one is carried out once.

use std::time::{Duration, Instant};

use chrono::Utc;
use green_homes::db::ledger::idempotency_keys;
use serde_json::{Value, json};

use super::People;
use crate::support::{App, Client, Reply, TestDatabase, db_execute, db_lines, home, on_both_databases};

on_both_databases!(
    send_a_key_again_replays_the_answer_and_does_nothing,
    send_a_key_with_another_request_is_refused,
    send_a_key_with_what_is_so_already_moves_nothing_that_is_published,
    send_a_key_many_times_at_once_is_carried_out_once,
    send_a_key_to_administration_repeats_what_is_no_secret,
    write_on_and_on_forgets_old_keys_all_the_same,
);

async fn send(caller: &Client, method: &str, path: &str, key: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("idempotency-key", key), ("if-match", "*")];
    caller.send(method, path, &headers, Some(body.to_string().into())).await
}

async fn send_a_key_again_replays_the_answer_and_does_nothing(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let mut body = home("a");
    body["site"]["address"] = json!("Hẻm 4711");
    body["consent"] = json!({"on": "2026-01-02", "text_version": 1});
    let first = send(&people.owner, "POST", "/v1/installations", "\"k-1\"", &body).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (201, ""), "{}", first.text);
    let id = first.body["data"]["installation"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/installations/{id}");
    // Whatever became of it meanwhile, the answer to the same request is the same.
    let withdraw = json!({"reason": "cancelled"});
    let withdrawn = send(&people.owner, "POST", &format!("{path}/withdraw"), "k-2", &withdraw).await;
    assert_eq!(withdrawn.status, 200, "{}", withdrawn.text);
    let version = app.db_version();
    let database = app.stop().await;
    let app = App::start(database).await;
    let owner = app.public().with_token(people.owner.token.clone().unwrap());
    let again = send(&owner, "POST", "/v1/installations", "k-1", &body).await;
    // But for the code of the householder, which is shown once.
    let mut expected = first.body.clone();
    assert!(expected["data"].as_object_mut().unwrap().remove("householder").is_some(), "{}", first.text);
    assert_eq!((again.status, &again.body, again.header("idempotent-replayed")), (201, &expected, "true"));
    assert_eq!((again.header("etag"), again.header("location")), (first.header("etag"), first.header("location")));
    let again = send(&owner, "POST", &format!("{path}/withdraw"), "k-2", &withdraw).await;
    assert_eq!((again.status, &again.text), (200, &withdrawn.text));
    assert_eq!(app.db_version(), version);
    let kept = db_lines(&app.database.url, "SELECT coalesce(response, '') AS line FROM idempotency_keys");
    assert!(kept.len() == 2 && kept.iter().all(|line| !line.contains("4711")), "{kept:?}");
    // A key is its client's own.
    assert_eq!(send(&people_other(&app).await, "POST", "/v1/installations", "k-1", &home("x")).await.status, 201);
    app.stop().await;
}

/// The same version is the same bytes, in every process.
async fn send_a_key_with_what_is_so_already_moves_nothing_that_is_published(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let id = people.installation_in("withdrawn", "a").await;
    let withdraw = json!({"reason": "cancelled"});
    let path = format!("/v1/installations/{id}/withdraw");
    for n in 0..20 {
        // Each is asked for right after a change, before the next snapshot is made.
        people.owner.register(&home(&format!("b{n}"))).await;
        let again = send(&people.owner, "POST", &path, &format!("k-{n}"), &withdraw).await;
        assert_eq!((again.status, &again.body["outcome"]), (200, &json!("unchanged")), "{}", again.text);
        let version = app.db_version();
        let published = app.progress_at(version).await;
        let sql = "SELECT CAST(recorded_at AS TEXT) AS line FROM register_head";
        let head = db_lines(&app.database.url, sql).remove(0);
        let (date, time) = head.split_once(' ').unwrap();
        let at = published["meta"]["generated_at"].as_str().unwrap();
        assert!(at.starts_with(&format!("{date}T{}", time.trim_end_matches('0'))), "{at} is not {head}");
    }
    app.stop().await;
}

async fn people_other(app: &App) -> Client {
    app.partner("THIRD").await
}

async fn send_a_key_with_another_request_is_refused(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let create = "/v1/installations";
    assert_eq!(send(&people.owner, "POST", create, "k", &home("a")).await.status, 201);
    for (path, body) in [(create, home("b")), ("/v1/installations?dry_run=false", home("a"))] {
        let other = send(&people.owner, "POST", path, "k", &body).await;
        assert_eq!((other.status, &other.body["code"]), (422, &json!("idempotency_key_reused")), "{}", other.text);
    }
    // What was refused left no trace: the key is free.
    assert_eq!(send(&people.owner, "POST", create, "free", &json!({})).await.status, 422);
    assert_eq!(send(&people.owner, "POST", create, "free", &home("b")).await.status, 201);
    for key in ["", "with space", "ñ", &"x".repeat(201)] {
        let reply = send(&people.owner, "POST", create, key, &home("c")).await;
        assert_eq!((reply.status, reply.errors()[0].0.as_str()), (422, "Idempotency-Key"), "{key}: {}", reply.text);
    }
    app.stop().await;
}

async fn send_a_key_many_times_at_once_is_carried_out_once(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let id = people.installation_in("rejected", "a").await;
    let path = format!("/v1/installations/{id}/resubmit");
    let version = app.db_version();
    let asked: Vec<_> = (0..20)
        .map(|_| {
            let (owner, path) = (people.owner.clone(), path.clone());
            actix_web::rt::spawn(async move { send(&owner, "POST", &path, "once", &json!({})).await })
        })
        .collect();
    let mut done = 0;
    for one in asked {
        let reply = one.await.unwrap();
        match reply.status {
            200 => done += usize::from(reply.header("idempotent-replayed").is_empty()),
            409 => {
                assert_eq!(reply.body["code"], "idempotency_key_in_flight", "{}", reply.text);
                assert_eq!(reply.header("retry-after"), "1");
            }
            other => panic!("{other} {}", reply.text),
        }
    }
    assert_eq!((done, app.db_version()), (1, version + 1));
    app.stop().await;
}

async fn send_a_key_to_administration_repeats_what_is_no_secret(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let partner = json!({"code": "NEW", "name": "New"});
    let made = send(&people.admin, "POST", "/v1/partners", "p", &partner).await;
    let again = send(&people.admin, "POST", "/v1/partners", "p", &partner).await;
    assert_eq!(
        [(made.status, &made.text), (again.status, &again.text)],
        [(201, &made.text); 2],
        "not a code that is taken"
    );
    let mut body = home("a");
    body["consent"] = json!({"on": "2026-01-02", "text_version": 1});
    let id = people.owner.register(&body).await;
    let client = json!({"role": "dashboard", "name": "once"});
    let secrets = [
        (&people.admin, "/v1/clients".to_owned(), client),
        (&people.owner, format!("/v1/installations/{id}/householder-code"), json!({})),
    ];
    for (caller, path, body) in secrets {
        let made = send(caller, "POST", &path, "s", &body).await;
        assert!([200, 201].contains(&made.status), "{}", made.text);
        let version = app.db_version();
        let again = send(caller, "POST", &path, "s", &body).await;
        assert_eq!((again.status, &again.body["code"]), (409, &json!("answer_not_kept")), "{}", again.text);
        assert_eq!(app.db_version(), version, "it was done once");
    }
    let kept = db_lines(&app.database.url, "SELECT coalesce(response, 'nothing') AS line FROM idempotency_keys");
    assert_eq!(kept.iter().filter(|line| *line == "nothing").count(), 2, "{kept:?}");
    app.stop().await;
}

async fn write_on_and_on_forgets_old_keys_all_the_same(database: TestDatabase) {
    drop(database.db_open());
    db_execute(&database.url, &old_keys(database.is_sqlite())).unwrap();
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    assert_eq!(send(&partner, "POST", "/v1/installations", "new", &home("a")).await.status, 201);
    let left = "SELECT key AS line FROM idempotency_keys";
    let until = Instant::now() + Duration::from_secs(30);
    // The writer never has a second for itself.
    for n in 0.. {
        partner.register(&home(&format!("b{n}"))).await;
        if n % 10 == 0 && db_lines(&app.database.url, left) == ["new"] {
            break;
        }
        assert!(Instant::now() < until, "old keys are kept");
    }
    app.stop().await;
}

/// A client with 5,000 keys that are older than two days: more than two steps take.
fn old_keys(is_sqlite: bool) -> String {
    let (numbers, digest) = if is_sqlite {
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000)", "x'00'")
    } else {
        ("WITH n(i) AS (SELECT generate_series(1, 5000))", "'\\x00'")
    };
    let client = "INSERT INTO clients (client_id, name, role, created_at) \
                  VALUES ('c-old', 'old', 'admin', '2026-01-01 00:00:00')";
    let keys = "INSERT INTO idempotency_keys (client_id, key, request_digest, created_at)";
    format!("{client}; {numbers} {keys} SELECT 'c-old', 'k-' || i, {digest}, '2026-01-01 00:00:00' FROM n")
}

#[test]
fn forget_takes_no_more_than_it_may_and_the_oldest_first() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres()] {
        let open = database.db_open();
        db_execute(&database.url, &old_keys(database.is_sqlite())).unwrap();
        db_execute(&database.url, "UPDATE idempotency_keys SET created_at = '2025-01-01 00:00:00' WHERE key = 'k-17'")
            .unwrap();
        let connection = &mut open.connection().unwrap();
        let mut forget = |most| idempotency_keys::forget(connection, Utc::now(), most).unwrap();
        assert_eq!(forget(1), 1);
        let left = "SELECT key AS line FROM idempotency_keys WHERE key = 'k-17'";
        assert_eq!(db_lines(&database.url, left), Vec::<String>::new());
        assert_eq!([forget(2_000), forget(2_000), forget(2_000), forget(2_000)], [2_000, 2_000, 999, 0]);
    }
}
