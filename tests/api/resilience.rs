//! Nothing acknowledged is lost: the server is killed at random moments under 32 writers, again
//! and again, and everything it said yes to is there once.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use green_homes::register::Clock;
use serde_json::Value;

use crate::process::{Process, output, partner_client};
use crate::support::{App, Client, TestDatabase, home, on_both_databases, run, token};

const WRITERS: usize = 32;
const KILLS: u64 = 20;
/// Answers that each round waits for, so that a slow machine kills a server at work, too.
const LEAST_A_ROUND: usize = 10;

on_both_databases!(kill_under_32_writers_loses_nothing_acknowledged, terminate_answers_what_was_accepted_and_exits_0);

/// What the writers know, over all rounds.
#[derive(Default)]
struct Ledger {
    next: usize,
    acknowledged: BTreeSet<String>,
    /// Sent, and no answer came: each is sent again.
    unknown: Vec<String>,
}

async fn kill_under_32_writers_loses_nothing_acknowledged(database: TestDatabase) {
    let (client_id, secret) = partner_client(&database, "WRITER");
    let ledger = Rc::new(RefCell::new(Ledger::default()));
    for round in 0..KILLS {
        let server = Process::serve(&database, database.data_dir.path());
        let token = token(&server.address, &client_id, &secret).await.expect("a token after a restart");
        let client = Client::new(&server.address).with_token(token);
        let writers: Vec<_> =
            (0..WRITERS).map(|_| actix_web::rt::spawn(write(client.clone(), ledger.clone()))).collect();
        let before = ledger.borrow().acknowledged.len();
        let until = Instant::now() + Duration::from_secs(30);
        while ledger.borrow().acknowledged.len() < before + LEAST_A_ROUND {
            assert!(Instant::now() < until, "nothing is acknowledged");
            actix_web::rt::time::sleep(Duration::from_millis(2)).await;
        }
        // Then a random moment: the point is not to wait for anything.
        actix_web::rt::time::sleep(Duration::from_millis(40 + (round * 7919) % 260)).await;
        server.kill();
        for writer in writers {
            writer.await.unwrap();
        }
        if round % 5 == 4 {
            let (report, code) = output(&database, &["audit"]);
            assert_eq!(code, Some(0), "after kill {round}: {report}");
        }
    }
    check(&database, &ledger.take(), &client_id, &secret).await;
}

/// Sends until the connection breaks; first what was not answered before.
async fn write(client: Client, ledger: Rc<RefCell<Ledger>>) {
    loop {
        let name = {
            let mut ledger = ledger.borrow_mut();
            let again = ledger.unknown.pop();
            again.unwrap_or_else(|| {
                ledger.next += 1;
                format!("K{}", ledger.next)
            })
        };
        let body = home(&name).to_string().into_bytes();
        let headers = [("content-type", "application/json")];
        match client.try_send("POST", "/v1/installations", &headers, Some(body)).await {
            Some(reply) if reply.status == 200 || reply.status == 201 => {
                ledger.borrow_mut().acknowledged.insert(format!("I-{name}"));
            }
            Some(reply) => panic!("{} {}", reply.status, reply.text),
            None => {
                ledger.borrow_mut().unknown.push(name);
                return;
            }
        }
    }
}

async fn check(database: &TestDatabase, ledger: &Ledger, client_id: &str, secret: &str) {
    let server = Process::serve(database, database.data_dir.path());
    let token = token(&server.address, client_id, secret).await.unwrap();
    let recorded = external_ids(&Client::new(&server.address).with_token(token)).await;
    let once: BTreeSet<String> = recorded.iter().cloned().collect();
    assert_eq!(once.len(), recorded.len(), "each is there once");
    let lost: Vec<_> = ledger.acknowledged.difference(&once).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let sent: BTreeSet<String> = (1..=ledger.next).map(|n| format!("I-K{n}")).collect();
    assert!(once.is_subset(&sent));
    // Whole: site, measures, entry, facts and journal agree for each, or the audit says so.
    let (report, code) = output(database, &["audit"]);
    assert_eq!((code, &report["ok"], &report["sites"]), (Some(0), &Value::Bool(true), &once.len().into()), "{report}");
    assert_eq!(server.terminate(), Some(0));
}

async fn external_ids(client: &Client) -> Vec<String> {
    let (mut all, mut path) = (Vec::new(), "/v1/installations?limit=200".to_owned());
    loop {
        let page = client.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let ids = page.body["data"].as_array().unwrap().iter();
        all.extend(ids.map(|installation| installation["external_id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page.body["page"]["next_cursor"].as_str() else { return all };
        path = format!("/v1/installations?limit=200&cursor={cursor}");
    }
}

#[test]
fn the_writer_dies_and_the_service_ends_with_an_error() {
    run(async {
        let dies = Arc::new(AtomicBool::new(false));
        let asked = dies.clone();
        // The writer asks the clock for the day, four times a second.
        let clock: Clock = Arc::new(move || {
            let is_writer = std::thread::current().name() == Some("register-writer");
            assert!(!(is_writer && asked.load(Ordering::Relaxed)), "the writer dies, as this test wants");
            chrono::Utc::now()
        });
        let app = App::start_at(TestDatabase::sqlite(), clock).await;
        app.partner("SOLARCO").await.register(&home("a")).await;
        dies.store(true, Ordering::Relaxed);
        let ended = actix_web::rt::time::timeout(Duration::from_secs(30), app.ended()).await.expect("it ends");
        assert!(ended.unwrap_err().to_string().contains("the writer"));
    });
}

async fn terminate_answers_what_was_accepted_and_exits_0(database: TestDatabase) {
    let (client_id, secret) = partner_client(&database, "WRITER");
    let server = Process::serve(&database, database.data_dir.path());
    let token = token(&server.address, &client_id, &secret).await.unwrap();
    let client = Client::new(&server.address).with_token(token);
    let bodies = (0..64).map(|n| home(&format!("T{n}")).to_string().into_bytes());
    let asked: Vec<_> = bodies
        .map(|body| {
            let client = client.clone();
            let headers = [("content-type", "application/json")];
            actix_web::rt::spawn(
                async move { client.try_send("POST", "/v1/installations", &headers, Some(body)).await },
            )
        })
        .collect();
    // One answer means that the server is at work on the others.
    assert_eq!(client.post("/v1/installations", &home("first")).await.status, 201);
    let exited = actix_web::web::block(move || server.terminate()).await.unwrap();
    assert_eq!(exited, Some(0));
    let mut answered = 0;
    for reply in asked {
        let reply = reply.await.unwrap();
        assert!(reply.as_ref().is_none_or(|reply| reply.status == 201), "{reply:?}");
        answered += i64::from(reply.is_some());
    }
    let (report, code) = output(&database, &["audit"]);
    assert_eq!(code, Some(0), "{report}");
    assert!(report["sites"].as_i64().unwrap() > answered, "every 201 is there: {report}");
    let checkpoint = green_homes::db::ledger::checkpoint_version(&mut database.db_open().connection().unwrap());
    assert_eq!(report["version"], checkpoint.unwrap(), "the checkpoint moved to the head");
}
