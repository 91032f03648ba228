//! The log: what a flood of refusals leaves there, and how lines of clients are told from it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Process, command, partner_client};
use crate::support::{Client, TestDatabase, run, token};

const REFUSED: &str = "green_homes::refused";
const CLIENTS: &str = "green_homes::clients";

/// The service with the log that it has unless told otherwise.
fn serve(database: &TestDatabase, log: Option<&str>) -> Process {
    let mut command = command(database, database.data_dir.path());
    match log {
        None => command.env_remove("GREEN_HOMES_LOG"),
        Some(log) => command.env("GREEN_HOMES_LOG", log),
    };
    command.arg("serve");
    Process::start(command)
}

/// The lines of a log that are JSON.
fn lines(log: &str) -> Vec<Value> {
    log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn of<'l>(lines: &'l [Value], target: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["target"] == target).collect()
}

/// How many refusals with this status the lines tell of.
fn refusals(lines: &[Value], status: u16) -> u64 {
    let of_status = |line: &&&Value| line["fields"]["status"] == json!(status);
    of(lines, REFUSED).iter().filter(of_status).map(|line| line["fields"]["requests"].as_u64().unwrap()).sum()
}

#[test]
fn flood_with_refusals_leaves_sums_by_shortened_address_and_every_line_of_a_client() {
    run(async {
        let database = TestDatabase::sqlite();
        let (id, secret) = partner_client(&database, "SOLARCO");
        let server = serve(&database, None);
        let public = Client::new(&server.address);
        let partner = public.with_token(token(&server.address, &id, &secret).await.unwrap());
        for n in 0..300 {
            let from = public.at_address([127, 0, 0, 1 + u8::try_from(n % 100).unwrap()]);
            assert_eq!(from.get(&format!("/wp-admin/{n}")).await.status, 404);
            assert_eq!(from.with_token("forged").get("/v1/installations").await.status, 401);
            if n % 100 == 0 {
                assert_eq!(partner.get("/v1/me").await.status, 200);
                assert_eq!(partner.get("/v1/installations/none").await.status, 404);
            }
        }
        let (code, log) = server.terminate_and_listen();
        assert_eq!(code, Some(0));
        let lines = lines(&log);
        assert_eq!((refusals(&lines, 404), refusals(&lines, 401)), (300, 300), "{log}");
        for line in of(&lines, REFUSED) {
            assert_eq!(line["fields"]["address"], json!("127.0.0.0/24"), "{line}");
        }
        let own = of(&lines, CLIENTS);
        assert!(own.iter().all(|line| line["fields"]["client"] == json!(id)), "{log}");
        let statuses: Vec<u64> = own.iter().map(|line| line["fields"]["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, [200, 200, 404, 200, 404, 200, 404], "the token, then three times two");
        // A request takes a millisecond; sums come every few seconds.
        assert!(lines.len() < 50, "{} lines: {log}", lines.len());
        assert!(!log.contains("wp-admin"), "{log}");
    });
}

#[test]
fn refuse_once_and_then_nothing_more_the_sum_comes_out_by_itself() {
    run(async {
        let database = TestDatabase::sqlite();
        let server = serve(&database, None);
        assert_eq!(Client::new(&server.address).get("/wp-admin").await.status, 404);
        let until = Instant::now() + Duration::from_mins(1);
        while refusals(&lines(&server.log_so_far()), 404) != 1 {
            assert!(Instant::now() < until, "{}", server.log_so_far());
            actix_web::rt::time::sleep(Duration::from_millis(50)).await;
        }
        // It is told once.
        let (_, log) = server.terminate_and_listen();
        assert_eq!(refusals(&lines(&log), 404), 1, "{log}");
    });
}

#[test]
fn filter_the_log_by_target_shows_clients_or_refusals_alone() {
    run(async {
        for (filter, shown, hidden) in
            [("off,green_homes::clients=info", CLIENTS, REFUSED), ("info,green_homes::clients=off", REFUSED, CLIENTS)]
        {
            let database = TestDatabase::sqlite();
            let (id, secret) = partner_client(&database, "SOLARCO");
            let server = serve(&database, Some(filter));
            token(&server.address, &id, &secret).await.unwrap();
            assert_eq!(Client::new(&server.address).get("/wp-admin").await.status, 404);
            let lines = lines(&server.terminate_and_listen().1);
            assert_eq!((of(&lines, shown).len(), of(&lines, hidden).len()), (1, 0), "{filter}: {lines:?}");
        }
    });
}

#[test]
fn send_what_is_no_http_leaves_no_line() {
    let database = TestDatabase::sqlite();
    // Begun before, because the start of a new register is worth a line.
    drop(database.db_open());
    let server = serve(&database, None);
    for garbage in ["\u{16}\u{3}\u{1} no HTTP\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n", "GET / HTTP/9\r\n\r\n"]
    {
        let mut socket = TcpStream::connect(server.address.trim_start_matches("http://")).unwrap();
        socket.write_all(garbage.as_bytes()).unwrap();
        let mut answer = String::new();
        // The service closes; how it does is its own affair.
        let _ = socket.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    let (_, log) = server.terminate_and_listen();
    assert_eq!(lines(&log), Vec::<Value>::new());
}
