//! Two server processes on one PostgreSQL, written to at once: one register without gaps, and
//! both serve the same number, byte for byte.

use std::time::{Duration, Instant};

use crate::process::{Process, output, partner_client};
use crate::serving::give_the_same;
use crate::support::{Client, TestDatabase, home, run, token};

const ROUNDS: usize = 5;

#[test]
fn write_to_two_processes_at_once_gives_one_register_and_the_same_bytes() {
    run(write_to_both(TestDatabase::postgres()));
}

async fn write_to_both(database: TestDatabase) {
    let (client_id, secret) = partner_client(&database, "WRITER");
    let other_dir = tempfile::tempdir().unwrap();
    let servers = [Process::serve(&database, database.data_dir.path()), Process::serve(&database, other_dir.path())];
    // A token of one process is good at the other.
    let token = token(&servers[0].address, &client_id, &secret).await.unwrap();
    let clients: Vec<Client> = servers.iter().map(|s| Client::new(&s.address).with_token(token.as_str())).collect();
    let mut took = Vec::new();
    for round in 0..ROUNDS {
        let writers = (0..16).map(|n| {
            let client = clients[n % 2].clone();
            actix_web::rt::spawn(async move {
                for i in 0..10 {
                    client.register(&home(&format!("{round}-{n}-{i}"))).await;
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        took.push(until_same(&clients, (round + 1) * 160).await);
    }
    // One that starts from the checkpoint sums up in another order.
    let late_dir = tempfile::tempdir().unwrap();
    let late = Process::serve(&database, late_dir.path());
    let mut all = clients.clone();
    all.push(Client::new(&late.address));
    until_same(&all[1..], ROUNDS * 160).await;
    give_the_same(&all).await;
    assert_eq!(late.terminate(), Some(0));
    took.sort();
    assert!(took[ROUNDS / 2] < Duration::from_secs(1), "both agree within one second: {took:?}");
    let (report, code) = output(&database, &["audit"]);
    assert_eq!(code, Some(0), "{report}");
    // The beginning, a partner, a client, and every installation: no version is left out.
    assert_eq!(report["version"], 3 + 160 * ROUNDS);
    for server in servers {
        assert_eq!(server.terminate(), Some(0));
    }
}

/// How long it takes until both serve the same bytes, with this many sites.
async fn until_same(clients: &[Client], sites: usize) -> Duration {
    let began = Instant::now();
    loop {
        let (one, other) = (clients[0].get("/v1/progress").await, clients[1].get("/v1/progress").await);
        if one.body["data"]["live"]["sites"]["reported"] == sites && one.text == other.text {
            assert_eq!(one.header("etag"), other.header("etag"));
            return began.elapsed();
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{}\n{}", one.text, other.text);
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
}
