//! A database that does not answer: a commit that waits for a standby, a reply that is lost, a path that stalls, a disk that is full. No
//! acknowledgement is given for what may be lost, and nobody waits for ever.

mod durability;
mod full_disk;
mod standby;

use std::time::{Duration, Instant};

use serde_json::json;

use crate::postgres::Cluster;
use crate::process::{Process, partner_client};
use crate::support::{App, Client, PathFault, Proxy, Reply, TestDatabase, db_lines, home, run, token};

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

#[test]
fn lose_the_reply_of_a_commit_settles_it_by_the_head() {
    run(async {
        let database = TestDatabase::postgres();
        let (proxy, over) = Proxy::before(&database.url);
        let app = App::start(TestDatabase { url: over, data_dir: database.data_dir }).await;
        let partner = app.partner("SOLARCO").await;
        partner.register(&home("a")).await;
        // The entry is on disk, and its reply is lost: whoever asks again learns so.
        proxy.open_ones(PathFault::KeepsAnswersToCommits);
        let reply = sent(&partner, "b");
        let direct = database.url.clone();
        until("it is written", async || db_lines(&direct, "SELECT 'x' AS line FROM installations").len() == 2).await;
        proxy.cut();
        let reply = reply.await.unwrap();
        let again = partner.post(REGISTER, &home("b")).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
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
        proxy.open_ones(PathFault::Stalls);
        let reply = sent(&partner, "b").await.unwrap();
        assert_eq!((reply.status, &reply.body["code"]), (503, &json!("outcome_unknown")), "{}", reply.text);
        // A token, whose key would be read again, comes or is refused, and does not hang.
        let began = Instant::now();
        let asked = Client::new(&server.address).ask_for_token(&id, &secret).await;
        assert!([200, 503].contains(&asked.status), "{}", asked.text);
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
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
